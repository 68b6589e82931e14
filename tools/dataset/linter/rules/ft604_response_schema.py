"""FT604: a response schema that is none."""

from collections.abc import Iterator
from typing import Any

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole
from tools.json_schema import SchemaError, validator


def check(whole: Whole, context: Context) -> Iterator[Found]:
    """`{"type": "json_schema", "json_schema": {"name", "schema"}}` with a schema that is valid itself."""
    given, path = context.response_schema, whole.request.response_schema
    if given is None or path is None:
        return
    inner = given.get("json_schema")
    if given.get("type") != "json_schema" or not isinstance(inner, dict) or not isinstance(inner.get("schema"), dict):
        yield Found(
            'the response schema is not {"type": "json_schema", "json_schema": {"name": …, "schema": {…}}}',
            file=path.name,
        )
        return
    if not isinstance(inner.get("name"), str):
        yield Found("the response schema has no name", "json_schema.name", file=path.name)
    try:
        validator(inner["schema"])
    except SchemaError as e:
        yield Found(
            f"the response schema is not a valid JSON schema: {str(e)[:120]}", "json_schema.schema", file=path.name
        )
        return
    if inner.get("strict") is True:
        for place, words in _loose(inner["schema"], "schema"):
            yield Found(f"the schema is strict, and {words}", f"json_schema.{place}", file=path.name)


def _loose(schema: Any, place: str) -> Iterator[tuple[str, str]]:
    """What strict mode does not take: objects that allow or leave out keys."""
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if isinstance(properties, dict):
        if schema.get("additionalProperties") is not False:
            yield place, "an object does not say additionalProperties: false"
        left_out = sorted(set(properties) - set(map(str, schema.get("required") or [])))
        if left_out:
            yield place, f"an object does not require {', '.join(left_out)[:80]}"
        for name, inner in properties.items():
            yield from _loose(inner, f"{place}.properties.{name}")
    yield from _loose(schema.get("items"), f"{place}.items")


RULE = Rule("FT604", "error", "file", check)
