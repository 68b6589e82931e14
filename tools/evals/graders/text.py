"""Graders of text: exact, normalised, contains, regex, similarity."""

from functools import lru_cache
from typing import Any, Literal

from pydantic import Field, field_validator

from tools.evals.graders.base import UNGRADED, Grade, GraderBase, Item, passed, plain


class Exact(GraderBase):
    """The completion is the target, letter for letter; blanks and line ends around it do not count."""

    type: Literal["exact"] = "exact"

    def _grade(self, completion: str, target: str) -> Grade:
        return passed(completion.strip() == target.strip())


class Normalised(GraderBase):
    """The completion is the target but for case, punctuation, underscores and spacing."""

    type: Literal["normalised"] = "normalised"

    def _grade(self, completion: str, target: str) -> Grade:
        return passed(plain(completion) == plain(target))


class Contains(GraderBase):
    """The target stands somewhere in the completion as whole words; also passes a completion that says everything."""

    type: Literal["contains"] = "contains"
    normalise: bool = True

    def _grade(self, completion: str, target: str) -> Grade:
        if not self.normalise:
            return passed(target.strip() in completion)
        wanted = plain(target)
        return passed(f" {wanted} " in f" {plain(completion)} ") if wanted else UNGRADED


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False  # a wrong pattern is an error of ours to tell, not a line on standard error
    return re2.compile(pattern, options)


class Regex(GraderBase):
    """A pattern (RE2: it cannot be made to run long) found in the completion.

    With a group named `answer`, what it caught must equal the target (normalised); without, finding it is enough.
    """

    type: Literal["regex"] = "regex"
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _valid(cls, value: str) -> str:
        import re2

        try:
            _compiled(value)
        except re2.error as e:
            raise ValueError(f"not a pattern RE2 can read ({e})") from None
        return value

    def grade(self, completion: str | None, target: str | None, item: Item | None = None) -> Grade:
        """See GraderBase; a target is needed only for the group `answer`."""
        if completion is None:
            return UNGRADED
        compiled = _compiled(self.pattern)
        found = compiled.search(completion)
        if "answer" not in compiled.groupindex:
            return passed(found is not None)
        if target is None:
            return UNGRADED
        caught = found.group("answer") if found else None
        return passed(caught is not None and plain(caught) == plain(target), answer=caught)


class Pattern(GraderBase):
    """Each sample's target is itself a pattern (RE2) that must be found in the completion."""

    type: Literal["pattern"] = "pattern"

    def _grade(self, completion: str, target: str) -> Grade:
        import re2

        try:
            return passed(_compiled(target).search(completion) is not None)
        except re2.error:
            return UNGRADED


class Similarity(GraderBase):
    """How alike completion and target are, 0 to 1, by rapidfuzz; not a judgement of meaning.

    `rouge_l` is the F-measure of the longest common subsequence of words (Lin 2004), without stemming.
    """

    type: Literal["similarity"] = "similarity"
    measure: Literal["ratio", "levenshtein", "jaro_winkler", "token_set", "rouge_l"] = "ratio"
    pass_threshold: float | None = Field(default=None, ge=0, le=1)
    """At or above it a completion passes; None: a score without pass or fail."""

    def _grade(self, completion: str, target: str) -> Grade:
        score = alike(self.measure, completion, target)
        return Grade(score, None if self.pass_threshold is None else score >= self.pass_threshold)


def alike(measure: str, completion: str, target: str) -> float:
    """Likeness of two texts, 0 to 1, by one of the measures of Similarity."""
    from rapidfuzz import fuzz
    from rapidfuzz.distance import JaroWinkler, LCSseq, Levenshtein

    if measure == "levenshtein":
        return Levenshtein.normalized_similarity(completion, target)
    if measure == "jaro_winkler":
        return JaroWinkler.normalized_similarity(completion, target)
    if measure == "rouge_l":
        said, wanted = plain(completion).split(), plain(target).split()
        if not said or not wanted:
            return float(said == wanted)
        return 2 * LCSseq.similarity(said, wanted) / (len(said) + len(wanted))
    scorer = fuzz.token_set_ratio if measure == "token_set" else fuzz.ratio
    return scorer(completion, target) / 100
