"""What a rule is. One rule, one file: `rules/ftNNN_slug.py` with its manual and cases in `rules/ftNNN_slug.yaml`."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from tools.dataset.records import Severity

if TYPE_CHECKING:
    from tools.dataset.linter.context import Context

Level = Literal["file", "line", "example", "dataset"]
CHAT, PREFERENCE, PROMPT = "chat", "preference", "prompt"
ALL_SHAPES = (CHAT, PREFERENCE, PROMPT)

# The hundred of an id names what the rules of that group look at.
GROUPS: dict[str, str] = {
    "FT0": "file and encoding",
    "FT1": "JSON",
    "FT2": "messages",
    "FT3": "tools",
    "FT4": "images",
    "FT5": "preference pairs",
    "FT6": "reinforcement prompts and grader",
    "FT7": "sizes and limits",
    "FT8": "the set as a whole",
    "FT9": "secrets and personal data",
}


class Found(NamedTuple):
    """One place where a rule found something."""

    message: str
    """What is wrong and why it matters; no line number, no remedy."""
    place: str = ""
    excerpt: str = ""
    """Raw text of the place; it is cut and escaped when the finding is made."""
    line: int | None = None
    """For rules that see more than one line."""
    severity: Severity | None = None
    """Where it differs from the rule's own, such as when a provider was named."""
    offer: str = ""
    """A fix that a person may ask for."""
    file: str | None = None
    """Where it differs from the file under check."""
    remedy: str = ""
    """Where it differs from the manual's."""


Check = Callable[[Any, "Context"], Iterable[Found]]
DROP = object()
"""What a fix returns to leave a line out."""


@dataclass(frozen=True)
class Rule:
    """A rule: what it looks at, how bad it is, and how it looks."""

    id: str
    severity: Severity
    """The most common one; a Found may say otherwise."""
    level: Level
    check: Check
    shapes: tuple[str, ...] = ALL_SHAPES
    """Shapes of examples it is for (level "example")."""
    fix: Callable[[Any], Any] | None = None
    """Safe repair. Level "line": raw bytes -> raw bytes or DROP; level "example": value -> value or DROP."""
    triggers: tuple[bytes, ...] = ()
    """Level "example": patterns (hyperscan) over the raw line, of which one must match for the rule to find anything.
    A rule without triggers must hold on every line that `gate.py` lets pass."""
    module: str = field(default="", compare=False)

    @property
    def group(self) -> str:
        """What it looks at, in words."""
        return GROUPS[self.id[:3]]


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    return tuple(sorted(_load(), key=lambda r: r.id))


def rules_of(level: Level, shape: str | None = None) -> tuple[Rule, ...]:
    """The rules of one level, for one shape of examples where given."""
    return tuple(r for r in all_rules() if r.level == level and (shape is None or shape in r.shapes))


def _load() -> Iterator[Rule]:
    from tools.dataset.linter import rules

    for found in pkgutil.iter_modules(rules.__path__):
        if found.name.startswith("ft"):
            module = importlib.import_module(f"{rules.__name__}.{found.name}")
            rule: Rule = module.RULE
            yield rule
