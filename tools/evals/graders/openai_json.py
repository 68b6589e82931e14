"""The grader JSON of OpenAI's fine-tuning and evals, read as it is: string_check, text_similarity, multi.

`{{item.FIELD}}` and `{{sample.output_text}}`, `{{sample.output_json.FIELD}}` are filled in from the sample. Graders
that need a model (score_model, label_model) or run code (python) are refused with the reason: a judge has to be named
and compared with people first, and code runs nowhere here.
"""

import json
import math
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from tools.evals.graders.arithmetic import calculate, names_in
from tools.evals.graders.base import UNGRADED, Grade, GraderBase, Item, plain

OPENAI_TYPES = ("string_check", "text_similarity", "multi", "score_model", "label_model", "python")
_REFUSED = {
    "score_model": "score_model asks a model to judge: name the judge and compare it with people's grades first",
    "label_model": "label_model asks a model to judge: name the judge and compare it with people's grades first",
    "python": "python graders run code, and no sandbox for it is here",
}
_PLACE = re.compile(r"\{\{\s*([a-zA-Z_][\w.\[\]-]*)\s*\}\}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    name: str = ""


class StringCheck(_Part):
    """Equal, not equal, contained (`like`), contained in any case (`ilike`)."""

    type: Literal["string_check"]
    input: str
    reference: str
    operation: Literal["eq", "ne", "like", "ilike"]

    def score(self, places: Item) -> float | None:
        """1 or 0; None where a field it refers to is missing."""
        text, reference = _filled(self.input, places), _filled(self.reference, places)
        if text is None or reference is None:
            return None
        ok = {
            "eq": text == reference,
            "ne": text != reference,
            "like": reference in text,
            "ilike": reference.casefold() in text.casefold(),
        }[self.operation]
        return float(ok)


class TextSimilarity(_Part):
    """Likeness of two texts, 0 to 1: `fuzzy_match` by rapidfuzz, `rouge_1` to `rouge_5` and `rouge_l` as F-measures."""

    type: Literal["text_similarity"]
    input: str
    reference: str
    evaluation_metric: Literal["fuzzy_match", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l"]

    def score(self, places: Item) -> float | None:
        """0 to 1; None where a field it refers to is missing."""
        text, reference = _filled(self.input, places), _filled(self.reference, places)
        if text is None or reference is None:
            return None
        from tools.evals.graders.text import alike

        if self.evaluation_metric == "fuzzy_match":
            return alike("ratio", text, reference)
        if self.evaluation_metric == "rouge_l":
            return alike("rouge_l", text, reference)
        return _rouge(int(self.evaluation_metric[-1]), text, reference)


class Multi(_Part):
    """Several graders and a formula over their names."""

    type: Literal["multi"]
    graders: dict[str, Annotated[StringCheck | TextSimilarity, Field(discriminator="type")]]
    calculate_output: str

    @field_validator("calculate_output")
    @classmethod
    def _computable(cls, value: str) -> str:
        names_in(value)
        return value

    def score(self, places: Item) -> float | None:
        """The formula's value; None where a grader has none."""
        found = {name: grader.score(places) for name, grader in self.graders.items()}
        if any(v is None for v in found.values()):
            return None
        return calculate(self.calculate_output, {k: v for k, v in found.items() if v is not None})


class OpenAIGrader(GraderBase):
    """A grader as OpenAI writes it."""

    type: Literal["openai"] = "openai"
    grader: Annotated[StringCheck | TextSimilarity | Multi, Field(discriminator="type")]
    pass_threshold: float = 1.0
    """At or above it a completion passes."""

    @field_validator("grader", mode="before")
    @classmethod
    def _supported(cls, value: Any) -> Any:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind in _REFUSED:
            raise ValueError(_REFUSED[kind])
        return value

    def grade(self, completion: str | None, target: str | None, item: Item | None = None) -> Grade:
        """See GraderBase."""
        if completion is None:
            return UNGRADED
        places = {
            "item": item or {"target": target, "reference_answer": target},
            "sample": {"output_text": completion, "output_json": _json(completion)},
        }
        score = self.grader.score(places)
        if score is None or not math.isfinite(score):
            return UNGRADED
        return Grade(score, score >= self.pass_threshold)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _filled(template: str, places: Item) -> str | None:
    """The template with its places filled; None when one of them does not exist."""
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        value: Any = places
        for key in match.group(1).replace("[", ".").replace("]", "").split("."):
            if isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            else:
                value = value.get(key) if isinstance(value, dict) else None
        missing = missing or value is None
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    filled = _PLACE.sub(fill, template)
    return None if missing else filled


def _rouge(n: int, text: str, reference: str) -> float:
    """ROUGE-N as an F-measure over word n-grams (Lin 2004), without stemming."""
    from collections import Counter

    def grams(words: list[str]) -> "Counter[tuple[str, ...]]":
        return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))

    said, wanted = grams(plain(text).split()), grams(plain(reference).split())
    total = sum(said.values()) + sum(wanted.values())
    return 2 * sum((said & wanted).values()) / total if total else 0.0
