"""What is remembered of every example while the file streams by: numbers and hashes, a few bytes each."""

from array import array
from collections import Counter
from collections.abc import Iterable, Sequence

from tools.dataset.example import Example, Turn
from tools.dataset.linter.columns import Lines
from tools.dataset.linter.deep import Deep, asked_and_answered
from tools.dataset.linter.gate_tools import tools_hash
from tools.dataset.linter.plan import Plan
from tools.dataset.sieve import ROLES, conversation

MAX_DISTINCT = 5_000
"""Distinct answers or system prompts kept; more than that, and they are no labels."""
MAX_LABEL_CHARS = 80


def conversation_hash(turns: Sequence[Turn]) -> int:
    """The same for the same roles and texts; only within one process."""
    return conversation((t.role or "", t.said) for t in turns)


class Passed:
    """Sound examples of one block, columns with one entry an example, on their way into the survey."""

    __slots__ = (
        "answers", "asked", "chars", "contents", "ends", "keys", "lines", "plans", "prompts", "roles", "rows",
        "systems", "texts", "tokens", "with_tools",
    )  # fmt: skip

    def __init__(self) -> None:
        self.lines: Sequence[int] = []
        self.keys, self.prompts = array("q"), array("q")
        self.tokens = array("I")
        """Tokens of all but the texts."""
        self.chars = array("I")
        """Characters of the answers."""
        self.answers: list[str] = []
        """The answers, as long as they may be labels or are compared."""
        self.plans: list[Plan] = []
        self.roles: Sequence[int] = ()
        """Turns of each of ROLES, where there are no plans."""
        self.texts: list[str] = []
        """What is to be counted, of all examples."""
        self.ends: list[int] = []
        """How many of the texts stand before the end of each example."""
        self.systems: list[tuple[str, int, int]] = []
        """(system prompt, a line with it, how many of those that passed have it)"""
        self.rows = array("I")
        """Where in the survey those that were taken stand."""
        self.asked: list[str] = []
        """What is asked, where near-duplicates are looked for."""
        self.with_tools = 0
        self.contents = 0
        """Contents of all their messages."""


class Survey:
    """Columns over all examples of one file; index i is the i-th example."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.keys = array("q")
        """Hash of all that is taught."""
        self.prompts = array("q")
        """Hash of the input."""
        self.tokens = array("I")
        self.answer_chars = array("I")
        self.over_limit = 0
        self.labels: Counter[str] | None = Counter()
        """Answers and how often each occurs; None once there are too many or too long ones to be labels."""
        self.label_lines: dict[str, int] = {}
        """First line of each answer."""
        self.systems: Counter[str] = Counter()
        self.system_lines: dict[str, int] = {}
        self.roles: Counter[str] = Counter()
        self.images = 0
        """Examples that hold images."""
        self.most_images = 0
        self.image_addresses: set[str] = set()
        """Kinds of address that images stand at: https, data, file."""
        self.deep: Deep | None = None
        """Near-duplicates and languages, where they are looked at."""
        self.with_tools = 0
        """Examples that define tools."""

    def __len__(self) -> int:
        return len(self.lines)

    def add(self, example: Example, tokens: int) -> None:
        """Remember one example."""
        target = example.target
        said = target.said if target is not None else None
        tools = tools_hash(example.tools)
        if example.shape == "preference":
            key = hash(tuple(conversation_hash(t) for t in (example.turns, example.chosen, example.rejected)))
            prompt = conversation_hash(example.turns)
        else:
            key = conversation_hash(example.turns)
            prompt = conversation_hash(example.prompt)
        if not example.turns:
            key = prompt = tools = 0
        self.remember(example.line, key ^ tools, prompt ^ tools, said, example.system, tokens)
        if self.deep is not None and example.turns:
            self.deep.see(example.line, *asked_and_answered(example))
        for turn in example.all_turns:
            self.roles[turn.role or "none"] += 1
        if example.has_images:
            self._images(example)
        self.with_tools += bool(example.tools)

    def _images(self, example: Example) -> None:
        urls = []
        for turn in example.all_turns:
            for part in turn.parts:
                given = part.get("image_url")
                urls.append(given.get("url") if isinstance(given, dict) else given)
        found = [u for u in urls if isinstance(u, str)]
        self.images += 1
        self.most_images = max(self.most_images, len(found))
        self.image_addresses.update(u.split(":", 1)[0][:8] if ":" in u[:12] else "file" for u in found)

    def remember(self, line: int, key: int, prompt: int, said: str | None, system: str | None, tokens: int) -> None:
        """Remember one example by its parts."""
        self.lines.append(line)
        self.keys.append(key)
        self.prompts.append(prompt)
        self.tokens.append(tokens)
        self.answer_chars.append(len(said) if said is not None else 0)
        if self.labels is not None and said is not None:
            self._label(said, line, len(self))
        if system is not None:
            self._system(system, line)

    def take(self, passed: Passed, start: int, stop: int) -> None:
        """Remember the examples from `start` to `stop`."""
        first = len(self.lines)
        passed.rows.extend(range(first, first + stop - start))
        lines = passed.lines[start:stop]
        self.lines.extend(lines)
        self.keys.extend(passed.keys[start:stop])
        self.prompts.extend(passed.prompts[start:stop])
        self.tokens.extend(passed.tokens[start:stop])
        self.answer_chars.extend(passed.chars[start:stop])
        for plan in passed.plans[start:stop]:
            plan.examples += 1
        if self.labels is None and self.deep is None:
            return
        answers = passed.answers[start:stop]
        for index in range(len(lines)):
            if self.labels is None:
                break
            self._label(answers[index], lines[index], first + index + 1)
        if self.deep is not None:
            for see in zip(lines, passed.asked[start:stop], answers, strict=True):
                self.deep.see(*see)

    def take_common(self, passed: Passed) -> None:
        """Remember what all that passed have in common."""
        for system, line, times in passed.systems:
            self._system(system, line, times)
        for role, turns in zip(ROLES, passed.roles, strict=False):  # none where there are plans
            if turns:
                self.roles[role] += turns
        self.with_tools += passed.with_tools

    def finish(self, plans: Iterable[Plan]) -> None:
        """Add up the roles of what passed together."""
        for plan in plans:
            for role in plan.roles:
                self.roles[role] += plan.examples
            plan.examples = 0

    def _system(self, system: str, line: int, times: int = 1) -> None:
        if system in self.systems:
            self.systems[system] += times
            self.system_lines[system] = min(line, self.system_lines[system])
        elif len(self.systems) < MAX_DISTINCT:
            self.systems[system], self.system_lines[system] = times, line

    def _label(self, said: str, line: int, seen: int) -> None:
        """Note an answer; `seen`: examples up to this one."""
        assert self.labels is not None
        long = len(said) > MAX_LABEL_CHARS
        many = len(self.labels) >= MAX_DISTINCT or (seen > 200 and len(self.labels) > seen // 2)
        if long or many:
            # One long answer among labels is a fault to be shown; a file of long answers has no labels.
            if many or self.labels.total() < 20 * (1 + self.label_lines.get("\0long", 0)):
                self.labels = None
                self.label_lines.clear()
            else:
                self.label_lines["\0long"] = self.label_lines.get("\0long", 0) + 1
            return
        if said not in self.labels:
            self.label_lines[said] = line
        self.labels[said] += 1

    def label_table(self) -> Counter[str] | None:
        """The answers where they are labels: few against the number of examples; else None."""
        labels = self.labels
        if not labels or len(self) < 10:
            return None
        return labels if len(labels) <= max(2, labels.total() // 3) else None
