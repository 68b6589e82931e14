"""The grader of structured output: is it JSON, does it follow the schema, which fields match."""

import json
import re
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, field_validator

from tools.evals.graders.base import UNGRADED, Grade, GraderBase, plain
from tools.json_schema import SchemaError, first_error, validator

_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)
_DEEPEST = 50


class JsonMatch(GraderBase):
    """The completion is JSON whose fields are the target's. The score is the share of fields that match; all: a pass.

    Fields the target lacks do not count against a completion unless `exact` is set. A completion that is no JSON, or
    breaks the schema, scores 0. A code fence around it is taken off, for programs take it off too.
    """

    type: Literal["json"] = "json"
    fields: tuple[str, ...] = ()
    """Paths such as `customer.name`, `items.0.sku`; empty: every field of the target."""
    exact: bool = False
    """Whether text must match letter for letter, and no further field may be there."""
    tolerance: float = Field(default=1e-9, ge=0)
    """For numbers: largest difference relative to the target."""
    json_schema: dict[str, Any] | None = None

    @field_validator("json_schema")
    @classmethod
    def _valid(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is not None:
            try:
                validator(value)
            except SchemaError as e:
                raise ValueError(f"not a JSON schema: {e}") from None
        return value

    def _grade(self, completion: str, target: str) -> Grade:
        wanted = _parse(target)
        if wanted is _BROKEN:
            return UNGRADED
        got = _parse(completion)
        if got is _BROKEN:
            return Grade(0.0, False, {"json": False})
        if self.json_schema is not None:
            try:
                wrong = first_error(self._validator, got)
            except SchemaError as e:  # the schema's fault, not the completion's: unknown, not 0
                return Grade(None, None, {"json": True, "schema": str(e)[:300]})
            if wrong is not None:
                return Grade(0.0, False, {"json": True, "schema": f"{wrong.path}: {wrong.message}"[:300]})
        expected, found = _leaves(wanted), _leaves(got)
        paths = self.fields or tuple(expected)
        matches = {p: p in found and p in expected and self._same(found[p], expected[p]) for p in paths}
        extra = sorted(found.keys() - expected.keys()) if self.exact else []
        score = sum(matches.values()) / (len(matches) + len(extra)) if matches or extra else float(wanted == got)
        details: dict[str, Any] = {"json": True, "fields": matches}
        return Grade(score, score == 1, details | ({"extra": extra} if extra else {}))

    @cached_property
    def _validator(self) -> Any:
        return validator(self.json_schema or {})

    def _same(self, got: Any, wanted: Any) -> bool:
        if isinstance(wanted, bool) or isinstance(got, bool) or wanted is None:
            return got is wanted
        if isinstance(wanted, (int, float)):
            return isinstance(got, (int, float)) and abs(got - wanted) <= self.tolerance * max(abs(wanted), 1e-300)
        if isinstance(wanted, str) and isinstance(got, str):
            return got == wanted if self.exact else plain(got) == plain(wanted) or got.strip() == wanted.strip()
        return bool(got == wanted)


_BROKEN = object()


def _parse(text: str) -> Any:
    fenced = _FENCE.match(text)
    try:
        return json.loads(fenced.group(1) if fenced else text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return _BROKEN


def _leaves(value: Any, path: str = "", depth: int = 0) -> dict[str, Any]:
    """Path -> value of everything that is not a container; an empty container is a value too."""
    if depth < _DEEPEST and isinstance(value, dict) and value:
        items: Any = value.items()
    elif depth < _DEEPEST and isinstance(value, list) and value:
        items = enumerate(value)
    else:
        return {path: value}
    found: dict[str, Any] = {}
    for key, inner in items:
        found |= _leaves(inner, f"{path}.{key}" if path else str(key), depth + 1)
    return found
