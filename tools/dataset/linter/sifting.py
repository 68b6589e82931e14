"""What the sieve lets through, as the survey remembers it; the tools in it are judged here."""

from collections import Counter
from collections.abc import Iterable, Sequence

from tools.dataset.linter.gate_tools import NO_TOOLS, Definitions, Schemas, fits
from tools.dataset.linter.plan import Plan, Plans
from tools.dataset.linter.rule import Rule
from tools.dataset.linter.survey import Passed, Survey
from tools.dataset.linter.triggers import Marks
from tools.dataset.sieve import Sieve, Sifted, roles_of

LEAST_SIFTED = 0.75
"""Of a block with fewer sound lines for the sieve, all are decoded together: that takes less than one by one."""
_MOST_ORDERS = 10_000


class Sifting:
    """One block's sound lines on their way into the survey.

    Args:
        sifted: what the sieve says.
        lines: all lines of the block.
        rules: which rules must be asked about which lines.
    """

    def __init__(self, sifted: Sifted, lines: int, rules: dict[int, list[Rule]]) -> None:
        self._all = len(sifted.indexes)
        self.kept: Sequence[int] = range(self._all)
        """The rows of the sieve that pass."""
        self.passed = Passed()
        self.refused = set(range(lines)).difference(sifted.indexes) if self._all < lines else set()
        """Indexes of the other lines."""
        self.rules = rules
        self.texts, self.ends = sifted.texts, sifted.ends
        """The texts of all lines that the sieve let through, joined; how many stand before the end of each."""
        self.definitions: dict[int, list[str]] = {}
        """What else is to be counted: texts of definitions, by index of the passed."""

    def drop(self, lines: dict[int, int]) -> None:
        """Leave out what the sieve let through: its row -> index of the line."""
        self.kept = [row for row in self.kept if row not in lines]
        self.refused.update(lines.values())

    def rows(self) -> Sequence[int]:
        """Where in the survey each of the sieve's rows stands, once they are taken; -1 for those left out."""
        if len(self.kept) == self._all:
            return self.passed.rows
        rows = [-1] * self._all
        for row, taken in zip(self.kept, self.passed.rows, strict=True):
            rows[row] = taken
        return rows


class Sifter:
    """Sifts blocks.

    Args:
        survey: what is remembered so far.
        plans: what orders of roles come to.
        schemas: reads definitions of tools.
        undefined: the rule for calls of tools that are not defined; None when it is not asked.
        count: whether the texts are counted.
    """

    def __init__(self, survey: Survey, plans: Plans, schemas: Schemas, undefined: Rule | None, *, count: bool) -> None:
        self._survey, self._plans, self._schemas, self._undefined = survey, plans, schemas, undefined
        self._count = count
        from tools.tokens.engine import MARK

        self._sieve = Sieve(MARK)
        self._by_order: dict[int, Plan] = {}

    def sift(self, numbers: Sequence[int], text: bytes, lines: int, marks: Marks) -> Sifting | None:
        """Take the sound lines out of a block; None when they are too few.

        Args:
            numbers: of its lines.
            text: the block.
            lines: how many lines.
            marks: which rules must look at which.
        """
        labels = self._survey.labels is not None
        sifted = self._sieve.sift(text, lines, marks.all_rules, texts=self._count, answers=labels)
        if len(sifted.indexes) < LEAST_SIFTED * (lines - len(marks.all_rules)):
            return None
        found = Sifting(sifted, lines, dict(marks.rules))
        # An answer with calls is no label, and no part of the texts.
        drop = {row: sifted.indexes[row] for row, answer in enumerate(sifted.answers) if answer is None}
        tools = self._tools(sifted, found.rules, drop)
        if drop:
            found.drop(drop)
        self._fill(found.passed, sifted, found.kept, numbers)
        places = {row: index for index, row in enumerate(found.kept)} if drop and tools else None
        for row, definitions in tools.items():
            index = row if places is None else places[row]
            found.passed.keys[index] ^= definitions.hash
            found.passed.prompts[index] ^= definitions.hash
            found.passed.tokens[index] += definitions.fixed
            found.definitions[index] = definitions.texts
        found.passed.with_tools = len(tools)
        return found

    def _fill(self, passed: Passed, sifted: Sifted, kept: Sequence[int], numbers: Sequence[int]) -> None:
        indexes, keys, prompts, orders = sifted.indexes, sifted.keys, sifted.prompts, sifted.orders
        chars, answers = sifted.answer_chars, sifted.answers
        systems: Iterable[int] = sifted.systems
        if len(kept) < len(indexes):
            systems = [sifted.systems[row] for row in kept]
            indexes, keys, prompts, orders, chars = (
                [column[row] for row in kept] for column in (indexes, keys, prompts, orders, chars)
            )
            answers = [answers[row] for row in kept] if answers else []
        passed.systems = [
            (sifted.system_texts[row], numbers[sifted.indexes[row]], times)
            for row, times in Counter(systems).items()
            if row in sifted.system_texts
        ]
        passed.lines = [numbers[index] for index in indexes]
        passed.keys, passed.prompts, passed.chars, passed.answers = keys, prompts, chars, [a or "" for a in answers]
        known = self._by_order
        for order in {*orders}.difference(known):
            known[order] = self._plans[roles_of(order)]
        passed.plans = [known[order] for order in orders]
        passed.tokens = [plan.overhead for plan in passed.plans]
        if len(known) > _MOST_ORDERS:  # conversations of ever new lengths
            known.clear()

    def _tools(self, sifted: Sifted, rules: dict[int, list[Rule]], drop: dict[int, int]) -> dict[int, Definitions]:
        """The definitions of the lines that have some, by row.

        Adds the lines whose tools are not surely sound to `drop`, and to `rules` where a tool is not defined.
        """
        found: dict[int, Definitions] = {}
        for row, written, keys, calls in sifted.tools:
            if row in drop:
                continue
            index = sifted.indexes[row]
            defined = self._schemas.defined(written) if written else NO_TOOLS
            # Equal keys are silently merged by the decoder; their number gives them away.
            if defined is None or defined.keys != keys:
                drop[row] = index
                continue
            known = all([call.name in defined.schemas for call in calls])
            sound = all([fits(call.name, call.arguments, defined.schemas) for call in calls])
            if not sound or not (known or self._undefined):
                drop[row] = index
                continue
            if not known and self._undefined:
                rules[index] = [self._undefined, *rules.get(index, ())]
            if written:
                found[row] = defined
        return found
