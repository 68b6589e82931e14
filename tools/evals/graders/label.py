"""The grader of labels: one word or a few out of a fixed set."""

from functools import cached_property
from typing import Literal

from pydantic import Field

from tools.evals.graders.base import Grade, GraderBase, passed, plain


class Label(GraderBase):
    """The completion is the target's label: case, punctuation, underscores and spacing do not count.

    The whole completion must be the label; a sentence that mentions it is not an answer a program can use. With
    `labels` known, a slip of one letter in a word of five or more is read as the one label it is nearest to.
    """

    type: Literal["label"] = "label"
    labels: tuple[str, ...] = ()
    """All labels there are; empty: unknown, and no slip is forgiven."""
    variants: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Other spellings that count as a label, such as {"cancelled": ["canceled"]}."""

    def _grade(self, completion: str, target: str) -> Grade:
        read = self.read(completion)
        return passed(read == self._canonical.get(plain(target), plain(target)), read=read)

    def read(self, completion: str) -> str:
        """The label a completion is read as; its own plain text where it is none."""
        said = plain(completion)
        known = self._canonical.get(said)
        if known is not None or not self.labels or len(said) < 5:
            return said if known is None else known
        from rapidfuzz.distance import OSA

        near = {
            label for spelling, label in self._canonical.items() if OSA.distance(said, spelling, score_cutoff=1) <= 1
        }
        return near.pop() if len(near) == 1 else said

    @cached_property
    def _canonical(self) -> dict[str, str]:
        """Plain spelling -> plain label."""
        found = {plain(label): plain(label) for label in self.labels}
        for label, spellings in self.variants.items():
            found |= {plain(label): plain(label)} | {plain(s): plain(label) for s in spellings}
        return found
