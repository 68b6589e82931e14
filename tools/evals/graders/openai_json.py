"""The grader JSON of OpenAI's fine-tuning and evals, read as it is.

`{{item.FIELD}}` and `{{sample.output_text}}`, `{{sample.output_json.FIELD}}` are filled in from the sample.
`score_model` and `label_model` ask the model they name, at the address of `judge`; `python` runs in the sandbox.
"""

import json
import math
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from tools.errors import InputError
from tools.evals.graders.arithmetic import calculate, names_in
from tools.evals.graders.base import UNGRADED, Ask, Grade, GraderBase, Item
from tools.evals.graders.judge import Judge
from tools.evals.graders.openai_models import LabelModel, ScoreModel
from tools.evals.graders.openai_own import JsonSchemaPart, NumericPart
from tools.evals.graders.openai_parts import Part, filled

OPENAI_TYPES = ("string_check", "text_similarity", "multi", "score_model", "label_model", "python")
_NOT_HERE = {
    "cosine": "cosine compares embeddings, and no embedding model is here; fuzzy_match, bleu, gleu or rouge_* are",
    "meteor": "meteor needs WordNet, which is not here; fuzzy_match, bleu, gleu or rouge_* are",
}


class StringCheck(Part):
    """Equal, not equal, contained (`like`), contained in any case (`ilike`)."""

    type: Literal["string_check"]
    input: str
    reference: str
    operation: Literal["eq", "ne", "like", "ilike"]

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """1 or 0; None where a field it refers to is missing."""
        text, reference = filled(self.input, places), filled(self.reference, places)
        if text is None or reference is None:
            return None
        ok = {
            "eq": text == reference,
            "ne": text != reference,
            "like": reference in text,
            "ilike": reference.casefold() in text.casefold(),
        }[self.operation]
        return float(ok)


class TextSimilarity(Part):
    """Likeness of two texts, 0 to 1: `fuzzy_match`, `bleu`, `gleu`, `rouge_1` to `rouge_5`, `rouge_l`."""

    type: Literal["text_similarity"]
    input: str
    reference: str
    evaluation_metric: Literal[
        "fuzzy_match", "bleu", "gleu", "rouge_1", "rouge_2", "rouge_3", "rouge_4", "rouge_5", "rouge_l"
    ]
    pass_threshold: float | None = None

    @field_validator("evaluation_metric", mode="before")
    @classmethod
    def _here(cls, value: Any) -> Any:
        if value in _NOT_HERE:
            raise ValueError(_NOT_HERE[value])
        return value

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """0 to 1; None where a field it refers to is missing."""
        text, reference = filled(self.input, places), filled(self.reference, places)
        if text is None or reference is None:
            return None
        from tools.evals.graders.text import alike

        return alike("ratio" if self.evaluation_metric == "fuzzy_match" else self.evaluation_metric, text, reference)


class Python(Part):
    """What `grade(sample, item)` says, run in the sandbox: no network, no files, little memory and time."""

    type: Literal["python"]
    source: str = Field(min_length=1, max_length=256 * 1024)
    image_tag: str | None = None
    """Which image the provider runs it in; not read here."""

    @cached_property
    def _sandbox(self) -> Any:
        from tools.engine.sandbox import PythonSandbox

        return PythonSandbox(self.source)

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """The code's score.

        Raises:
            InputError: it failed, ran too long or cannot be used.
        """
        from tools.engine.wire import WireError

        try:
            return float(self._sandbox.grade(places["sample"], places["item"]))
        except WireError as e:
            raise InputError(
                e.message.rstrip("."), where="grader.source", remedy="Mend the source, then run it again."
            ) from None

    def close(self) -> None:
        """End the process it ran in."""
        made = self.__dict__.pop("_sandbox", None)
        if made is not None:
            made.close()


_Single = Annotated[
    StringCheck | TextSimilarity | ScoreModel | LabelModel | Python | NumericPart | JsonSchemaPart,
    Field(discriminator="type"),
]


class Multi(Part):
    """Several graders and a formula over their names."""

    type: Literal["multi"]
    graders: dict[str, _Single]
    calculate_output: str

    @field_validator("calculate_output")
    @classmethod
    def _computable(cls, value: str, info: ValidationInfo) -> str:
        unknown = names_in(value) - set(info.data.get("graders", ()))
        if unknown and "graders" in info.data:
            raise ValueError(f"it uses {sorted(unknown)[0]!r}, which is no grader of it")
        return value

    @property
    def models(self) -> tuple[str, ...]:
        """See Part."""
        return tuple(m for g in self.graders.values() for m in g.models)

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """The formula's value; None where a grader has none."""
        found = {name: grader.score(places, ask) for name, grader in self.graders.items()}
        if any(v is None for v in found.values()):
            return None
        return calculate(self.calculate_output, {k: v for k, v in found.items() if v is not None})

    def close(self) -> None:
        """Close each."""
        for grader in self.graders.values():
            grader.close()


Reward = Annotated[
    StringCheck | TextSimilarity | ScoreModel | LabelModel | Python | NumericPart | JsonSchemaPart | Multi,
    Field(discriminator="type"),
]
"""What may stand as the grader of a reinforcement job."""


class OpenAIGrader(GraderBase):
    """A grader as OpenAI writes it."""

    type: Literal["openai"] = "openai"
    grader: Annotated[
        StringCheck | TextSimilarity | ScoreModel | LabelModel | Python | Multi, Field(discriminator="type")
    ]
    pass_threshold: float | None = None
    """At or above it a completion passes; None: what the grader says, else 1."""
    base_url: str | None = None
    """Where the models that the grader names answer; needed when it names one."""
    key_env: str = "ADVISOR_JUDGE_API_KEY"
    may_judge_itself: bool = False

    @property
    def judges(self) -> tuple[Judge, ...]:
        """See GraderBase.

        Raises:
            InputError: the grader names a model, and where it answers is not said.
        """
        if self.grader.models and not self.base_url:
            raise InputError(
                f"the grader asks {self.grader.models[0]!r} to judge, and where that answers is not said",
                where="--judge-url",
                remedy="Give the address of the endpoint (…/v1).",
            )
        return tuple(self._judge(m) for m in dict.fromkeys(self.grader.models))

    def _judge(self, model: str) -> Judge:
        return Judge(
            model=model,
            base_url=self.base_url or "",
            key_env=self.key_env,
            may_judge_itself=self.may_judge_itself,
        )

    def grade(self, completion: str | None, target: str | None, item: Item | None = None) -> Grade:
        """See GraderBase; for graders that ask no model."""
        return self._graded(None, completion, target, item)

    def judged(self, ask: Ask, asked: str, completion: str | None, target: str | None, item: Item) -> Grade:
        """See GraderBase."""
        by_name = {judge.model: judge for judge in self.judges}

        def to_named(judge: Any, messages: list[dict[str, Any]], response_format: dict[str, Any] | None = None) -> str:
            return ask(by_name[judge], messages, response_format)

        return self._graded(to_named, completion, target, item)

    def _graded(self, ask: Any, completion: str | None, target: str | None, item: Item | None) -> Grade:
        if completion is None:
            return UNGRADED
        places = {
            "item": item or {"target": target, "reference_answer": target},
            "sample": {
                "output_text": completion,
                "output_json": _json(completion),
                "choices": [{"message": {"role": "assistant", "content": completion}}],
            },
        }
        score = self.grader.score(places, ask)
        if score is None or not math.isfinite(score):
            return UNGRADED
        least = getattr(self.grader, "pass_threshold", None) if self.pass_threshold is None else self.pass_threshold
        return Grade(score, score >= (1.0 if least is None else least))

    def close(self) -> None:
        """See GraderBase."""
        self.grader.close()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
