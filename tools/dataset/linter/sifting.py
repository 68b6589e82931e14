"""What the sieve lets through, as the survey remembers it; the tools that it does not judge are judged here."""

from collections.abc import Collection, Sequence

from tools.dataset.linter.gate_tools import NO_TOOLS, Definitions, Schemas, fits
from tools.dataset.linter.rule import Rule
from tools.dataset.linter.survey import Passed, Survey
from tools.dataset.linter.triggers import Marks
from tools.dataset.sieve import Costs, Sieve, Sifted, WithTools

LEAST_SIFTED = 0.75
"""Of a block with fewer sound lines for the sieve, all are decoded together: that takes less than one by one."""


class Sifting:
    """One block's sound lines on their way into the survey.

    Args:
        sifted: what the sieve says.
        numbers: of all lines of the block.
        tools: the definitions of those that have some, by row.
        rules: which rules must be asked about which lines.
    """

    def __init__(
        self, sifted: Sifted, numbers: Sequence[int], tools: dict[int, Definitions], rules: dict[int, list[Rule]]
    ) -> None:
        self.refused = set(sifted.left)
        """Indexes of the other lines."""
        self.rules = rules
        self.texts, self.ends = sifted.texts, sifted.ends
        """The texts, joined; how many stand before the end of each line."""
        self.definitions = {row: defined.texts for row, defined in tools.items()}
        """What else is to be counted, by row."""
        self.passed = passed = Passed()
        passed.lines = numbers
        if self.refused:
            passed.lines = [number for index, number in enumerate(numbers) if index not in self.refused]
        passed.keys, passed.prompts, passed.tokens = sifted.keys, sifted.prompts, sifted.fixed
        passed.chars, passed.answers, passed.roles = sifted.answer_chars, sifted.answers, sifted.roles
        passed.systems = [(system, numbers[index], times) for system, index, times in sifted.systems]
        passed.with_tools = sifted.defined + len(tools)
        for row, defined in tools.items():
            passed.keys[row] ^= defined.hash
            passed.prompts[row] ^= defined.hash
            passed.tokens[row] += defined.fixed


class Sifter:
    """Sifts blocks.

    Args:
        survey: what is remembered so far.
        costs: what the chat format costs.
        schemas: reads definitions of tools.
        undefined: the rule for calls of tools that are not defined; None when it is not asked.
    """

    def __init__(self, survey: Survey, costs: Costs, schemas: Schemas, undefined: Rule | None) -> None:
        self._survey, self._schemas, self._undefined = survey, schemas, undefined
        from tools.tokens.engine import MARK

        self._sieve = Sieve(MARK, costs)

    def sift(self, numbers: Sequence[int], text: bytes, marks: Marks) -> Sifting | None:
        """Take the sound lines out of a block; None when they are too few.

        Args:
            numbers: of its lines.
            text: the block.
            marks: which rules must look at which.
        """
        sifted = self._sifted(text, len(numbers), marks.all_rules)
        if len(sifted.keys) < LEAST_SIFTED * (len(numbers) - len(marks.all_rules)):
            return None
        rules = dict(marks.rules)
        known = {one.line: self._definitions(one, rules) for one in sifted.tools}
        unsound = {line for line, defined in known.items() if defined is None}
        if unsound:  # with these left out, there may be room to judge more lines in the sieve
            sifted = self._sifted(text, len(numbers), marks.all_rules | unsound)
        tools = {one.row: d for one in sifted.tools if one.definitions and (d := known[one.line]) is not None}
        return Sifting(sifted, numbers, tools, rules)

    def _sifted(self, text: bytes, lines: int, skip: Collection[int]) -> Sifted:
        return self._sieve.sift(text, lines, skip, answers=self._survey.labels is not None)

    def _definitions(self, one: WithTools, rules: dict[int, list[Rule]]) -> Definitions | None:
        """The definitions of a line; None where its tools are not surely sound.

        Adds the line to `rules` where a tool is not defined.
        """
        defined = self._schemas.defined(one.definitions) if one.definitions else NO_TOOLS
        # Equal keys are silently merged by the decoder; their number gives them away.
        if defined is None or defined.keys != one.keys:
            return None
        known = all([call.name in defined.schemas for call in one.calls])
        if not (known or self._undefined) or not all([fits(*call, defined.schemas) for call in one.calls]):
            return None
        if not known and self._undefined:
            rules[one.line] = [self._undefined, *rules.get(one.line, ())]
        return defined
