"""Graders of text: exact, normalised, contains, regex, similarity."""

from functools import lru_cache
from typing import Any, ClassVar, Literal

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
    """How alike completion and target are, 0 to 1; not a judgement of meaning.

    Edit likeness by rapidfuzz, ROUGE (Lin 2004; F-measure, without stemming) by rouge-score, chrF (Popović 2015) and
    BLEU by sacrebleu, GLEU by nltk. ROUGE's words are those of any script, not of English alone.
    """

    type: Literal["similarity"] = "similarity"
    version: ClassVar[int] = 2
    measure: Literal[
        "ratio", "levenshtein", "jaro_winkler", "token_set", "rouge_1", "rouge_2", "rouge_l", "chrf", "bleu", "gleu"
    ] = "ratio"
    pass_threshold: float | None = Field(default=None, ge=0, le=1)
    """At or above it a completion passes; None: a score without pass or fail."""

    def _grade(self, completion: str, target: str) -> Grade:
        score = alike(self.measure, completion, target)
        return Grade(score, None if self.pass_threshold is None else score >= self.pass_threshold)


def alike(measure: str, completion: str, target: str) -> float:
    """Likeness of two texts, 0 to 1, by one of the measures of Similarity, or `rouge_3` to `rouge_5`."""
    if measure.startswith("rouge_"):
        return _rouge(measure, completion, target)
    if measure in ("chrf", "bleu", "gleu"):
        return _overlap(measure, completion, target)
    from rapidfuzz import fuzz
    from rapidfuzz.distance import JaroWinkler, Levenshtein

    if measure == "levenshtein":
        return Levenshtein.normalized_similarity(completion, target)
    if measure == "jaro_winkler":
        return JaroWinkler.normalized_similarity(completion, target)
    scorer = fuzz.token_set_ratio if measure == "token_set" else fuzz.ratio
    return scorer(completion, target) / 100


def _overlap(measure: str, completion: str, target: str) -> float:
    if not completion.strip() or not target.strip():
        return float(completion.strip() == target.strip())
    if measure == "gleu":
        from nltk.translate.gleu_score import sentence_gleu

        return float(sentence_gleu([target.split()], completion.split()))
    import sacrebleu

    found = (
        sacrebleu.sentence_chrf(completion, [target])
        if measure == "chrf"
        else sacrebleu.sentence_bleu(completion, [target])
    )
    return min(1.0, float(found.score) / 100)


class _Words:
    """Splits text for rouge-score, whose own tokenizer drops every letter beyond a to z."""

    def tokenize(self, text: str) -> list[str]:
        return plain(text).split()


@lru_cache(maxsize=8)
def _scorer(kind: str) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([kind], tokenizer=_Words())


def _rouge(measure: str, completion: str, target: str) -> float:
    if not plain(completion) or not plain(target):
        return float(plain(completion) == plain(target))
    kind = "rougeL" if measure == "rouge_l" else f"rouge{measure[-1]}"
    return float(_scorer(kind).score(target, completion)[kind].fmeasure)
