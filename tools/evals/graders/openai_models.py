"""OpenAI's graders that ask a model: a score, or one label of a list."""

from typing import Any, Literal

from pydantic import Field, model_validator

from tools.evals.graders.base import Ask, Item
from tools.evals.graders.judge import last_object
from tools.evals.graders.openai_parts import Part, filled


class _Asking(Part):
    model: str = Field(min_length=1)
    input: str | list[dict[str, Any]]

    @property
    def models(self) -> tuple[str, ...]:
        """See Part."""
        return (self.model,)

    def _asked(self, places: Item, ask: Any, schema: dict[str, Any]) -> dict[str, Any] | None:
        messages = self._messages(places)
        if messages is None or ask is None:
            return None
        name = {"name": "grade", "strict": True, "schema": schema}
        return last_object(ask(self.model, messages, {"type": "json_schema", "json_schema": name}))

    def _messages(self, places: Item) -> list[dict[str, Any]] | None:
        """The question with its places filled; None where one is missing."""
        given = [{"role": "user", "content": self.input}] if isinstance(self.input, str) else self.input
        made = []
        for message in given:
            content = message.get("content")
            if isinstance(content, dict):  # {"type": "input_text", "text": ...}
                content = content.get("text")
            if isinstance(content, list):
                content = "".join(str(p.get("text", "")) for p in content if isinstance(p, dict))
            text = filled(str(content or ""), places)
            if text is None:
                return None
            made.append({"role": message.get("role", "user"), "content": text})
        return made


class ScoreModel(_Asking):
    """A model gives a number within `range`."""

    type: Literal["score_model"]
    range: tuple[float, float] = (0.0, 1.0)
    pass_threshold: float | None = None

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """The number; None where the reply has none within the range."""
        schema = {
            "type": "object",
            "properties": {"steps": {"type": "string"}, "result": {"type": "number"}},
            "required": ["steps", "result"],
            "additionalProperties": False,
        }
        found = (self._asked(places, ask, schema) or {}).get("result")
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            return None
        return float(found) if self.range[0] <= found <= self.range[1] else None


class LabelModel(_Asking):
    """A model chooses one of `labels`; those in `passing_labels` pass."""

    type: Literal["label_model"]
    labels: list[str] = Field(min_length=1)
    passing_labels: list[str]

    @model_validator(mode="after")
    def _known(self) -> "LabelModel":
        unknown = set(self.passing_labels) - set(self.labels)
        if unknown:
            raise ValueError(f"passing_labels has {sorted(unknown)[0]!r}, which is not in labels")
        return self

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """1 or 0; None where the reply is none of the labels."""
        schema = {
            "type": "object",
            "properties": {"steps": {"type": "string"}, "result": {"type": "string", "enum": self.labels}},
            "required": ["steps", "result"],
            "additionalProperties": False,
        }
        found = (self._asked(places, ask, schema) or {}).get("result")
        return float(found in self.passing_labels) if found in self.labels else None
