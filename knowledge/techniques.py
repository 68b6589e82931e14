"""A card for each rung of the ladder and each technique: what it is, when it fits, what it needs, its risks."""

from functools import cache
from typing import Literal

from knowledge.load import Record, read


class Claim(Record):
    """One statement and the source it stands on."""

    text: str
    source: str
    """A key of knowledge/sources/."""


class Technique(Record):
    """One way to make a model do a task better, or to get ready for that."""

    name: str
    kind: Literal["groundwork", "rung", "training", "adapter"]
    """groundwork: before any change; rung: without training; training: changes weights; adapter: how it does."""
    short: str
    """A label of a few words, for a button or a chart."""
    what: str
    """One plain sentence."""
    analogy: str
    fits: tuple[Claim, ...]
    does_not_fit: tuple[Claim, ...]
    needs: tuple[Claim, ...]
    """What must be there first; figures with their source."""
    costs: str
    """Effort and money in words; prices live with the providers."""
    effort: Literal["minutes", "hours", "days", "weeks"]
    """From the start to a first measured result, for one person who has what `needs` names."""
    risks: tuple[Claim, ...]
    first_steps: tuple[str, ...]
    page: str
    """Id of the page that answers the question behind this card."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of all sources of the card, in order of first use."""
        claims = (*self.fits, *self.does_not_fit, *self.needs, *self.risks)
        return tuple(dict.fromkeys(c.source for c in claims))


@cache
def techniques() -> dict[str, Technique]:
    """All cards by id: the decisions and techniques of a recommendation, then few-shot and the adapters."""
    return read("techniques.yaml", dict[str, Technique])
