"""Graders: what turns a completion into a score. Typed, versioned, and data: a grader can be written down and read."""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from tools.errors import InputError
from tools.evals.graders.base import Grade, GraderBase
from tools.evals.graders.json_match import JsonMatch
from tools.evals.graders.judge import Rubric
from tools.evals.graders.label import Label
from tools.evals.graders.numeric import Numeric
from tools.evals.graders.openai_json import OPENAI_TYPES, OpenAIGrader
from tools.evals.graders.refusals import Abstention, Refusal
from tools.evals.graders.text import Contains, Exact, Normalised, Pattern, Regex, Similarity

Grader = Annotated[
    Exact
    | Normalised
    | Label
    | Numeric
    | Contains
    | Regex
    | Pattern
    | JsonMatch
    | Similarity
    | Refusal
    | Abstention
    | Rubric
    | OpenAIGrader,
    Field(discriminator="type"),
]
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Grader)
NAMES = (
    *("exact", "normalised", "label", "numeric", "contains", "regex", "pattern", "json", "similarity"),
    *("refusal", "abstention", "rubric", "openai"),
)
_BESIDE = ("base_url", "key_env", "may_judge_itself")
"""Settings of ours that may stand in OpenAI's JSON: where the models it names answer."""

__all__ = ["NAMES", "Grade", "Grader", "GraderBase", "parse_grader"]


def parse_grader(given: str | dict[str, Any], *, where: str = "--grader") -> Any:
    """A grader from its name (`label`), its JSON (`{"type": "numeric", "tolerance": 0.5}`) or a mapping.

    Raises:
        InputError: there is no such grader, or a setting of it is wrong.
    """
    import json

    if isinstance(given, str):
        text = given.strip()
        if text.startswith("{"):
            try:
                given = json.loads(text)
            except ValueError as e:
                raise InputError(
                    f"the grader is not JSON ({e})", where=where, remedy="docs/evals.md shows each."
                ) from None
        else:
            given = {"type": text}
    if isinstance(given, dict) and given.get("type") in OPENAI_TYPES:
        beside = {k: given[k] for k in _BESIDE if k in given}
        given = {"type": "openai", "grader": {k: v for k, v in given.items() if k not in _BESIDE}, **beside}
    try:
        return _ADAPTER.validate_python(given)
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        if first["type"].startswith("union_tag"):
            raise InputError(
                f"there is no grader named {given.get('type') if isinstance(given, dict) else given!r}",
                where=where,
                remedy=f"Graders: {', '.join(NAMES)}.",
            ) from None
        setting = ".".join(map(str, first["loc"][1:]))
        raise InputError(f"{setting}: {first['msg']}", where=where, remedy="docs/evals.md shows each grader.") from None
