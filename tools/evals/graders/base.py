"""What every grader shares: settings that are data, a version, and a grade that may be unknown."""

import re
import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from tools.evals.graders.judge import Judge

Item = dict[str, Any]


class Ask(Protocol):
    """Puts one question to a judge model and gives its reply; nothing is asked twice."""

    def __call__(
        self, judge: "Judge", messages: list[dict[str, Any]], response_format: dict[str, Any] | None = None
    ) -> str:
        """The reply's text. Raises what tools.endpoint.Endpoint.complete raises."""


class Grade(NamedTuple):
    """What a grader gave one completion."""

    score: float | None
    """None: it could not be graded (no completion, no target), which is not 0."""
    correct: bool | None = None
    details: dict[str, Any] | None = None


UNGRADED = Grade(None)


class GraderBase(BaseModel):
    """Settings of a grader. Frozen: a changed setting is another grader."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    version: ClassVar[int] = 1
    """Raised whenever the same settings may score the same completion differently."""

    @property
    def judges(self) -> "tuple[Judge, ...]":
        """The models that this grader asks; empty for a grader that is a rule."""
        return ()

    def judged(self, ask: Ask, asked: str, completion: str | None, target: str | None, item: Item) -> Grade:
        """Score one completion with the help of judges; a grader that is a rule needs none.

        Args:
            ask: reaches the judge.
            asked: the input that the completion answers.
            completion: see `grade`.
            target: see `grade`.
            item: see `grade`.
        """
        return self.grade(completion, target, item)

    def close(self) -> None:
        """Let go of what grading holds (a process)."""

    def grade(self, completion: str | None, target: str | None, item: Item | None = None) -> Grade:
        """Score one completion against its target; a completion that never came is ungraded.

        Args:
            completion: what the model produced.
            target: what it should have.
            item: the other fields of the sample's line, for graders that refer to them.
        """
        if completion is None or target is None:
            return UNGRADED
        return self._grade(completion, target)

    def _grade(self, completion: str, target: str) -> Grade:
        raise NotImplementedError

    def spec(self) -> str:
        """The settings as JSON: what `evals.grader_spec` holds, and what makes the grader again."""
        return self.model_dump_json(exclude_defaults=True, exclude={"type"})


def passed(ok: bool, **details: Any) -> Grade:
    """A grade of pass or fail."""
    return Grade(1.0 if ok else 0.0, ok, details or None)


_PUNCTUATION = re.compile(r"[^\w\s]|_", re.UNICODE)


def plain(text: str) -> str:
    """Text without what rarely matters: case, punctuation, underscores, accents' encoding, runs of blanks.

    >>> plain(" Card_Arrival. ")
    'card arrival'
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_PUNCTUATION.sub(" ", folded).split())
