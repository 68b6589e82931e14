"""FT604: a response schema that is none."""

from collections.abc import Iterator

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.linter.whole import Whole


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
    import jsonschema

    try:
        jsonschema.Draft202012Validator.check_schema(inner["schema"])
    except jsonschema.SchemaError as e:
        yield Found(
            f"the response schema is not a valid JSON schema: {e.message[:120]}", "json_schema.schema", file=path.name
        )


RULE = Rule("FT604", "error", "file", check)
