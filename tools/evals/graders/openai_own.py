"""Two graders of our own beside OpenAI's, in the same form, so that the commonest rewards need no code."""

import json
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, field_validator

from tools.errors import InputError
from tools.evals.graders.base import Ask, Item
from tools.evals.graders.numeric import Numeric
from tools.evals.graders.openai_parts import Part, filled
from tools.json_schema import SchemaError, first_error, validator

OUTPUT = "{{sample.output_text}}"
NOT_FITTING = 0.2
"""The score of JSON that does not follow the schema: nearer than no JSON."""


class NumericPart(Part):
    """1 when the last number of the input is the reference's, within a tolerance."""

    type: Literal["numeric"]
    input: str = OUTPUT
    reference: str
    tolerance: float = Field(default=0.0, ge=0)

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """1 or 0; None where a field it refers to is missing, or the reference holds no number."""
        text, reference = filled(self.input, places), filled(self.reference, places)
        if text is None or reference is None:
            return None
        return Numeric(tolerance=self.tolerance).grade(text, reference).score


class JsonSchemaPart(Part):
    """1 when the input is JSON that follows the schema, NOT_FITTING when it is JSON that does not, else 0."""

    type: Literal["json_schema"]
    input: str = OUTPUT
    json_schema: dict[str, Any]

    @field_validator("json_schema")
    @classmethod
    def _valid(cls, value: dict[str, Any]) -> dict[str, Any]:
        validator(value)  # a SchemaError is a ValueError
        return value

    @cached_property
    def _validator(self) -> Any:
        return validator(self.json_schema)

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """Parse, then validate; None where a field it refers to is missing.

        Raises:
            InputError: the schema cannot be applied: it points outside, or at itself.
        """
        text = filled(self.input, places)
        if text is None:
            return None
        try:
            return 1.0 if first_error(self._validator, json.loads(text)) is None else NOT_FITTING
        except SchemaError as e:
            raise InputError(f"the schema cannot be used: {e}", where="grader.json_schema") from None
        except (ValueError, RecursionError):
            return 0.0
