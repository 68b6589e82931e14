"""JSON schemas that stand in somebody's file: checked without fetching anything, and in bounded time.

The library's own way follows a `$ref` to any address, and runs `pattern` in an engine that a short text can hold for
hours. Here references stay inside the schema (and the published meta-schemas), and patterns are run by RE2.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple


class SchemaError(ValueError):
    """The schema is not valid, or cannot be applied: it points outside, nowhere, or at itself."""


class Refused(NamedTuple):
    """What a schema has against a value."""

    path: str
    message: str


def validator(schema: dict[str, Any]) -> Any:
    """A validator of the draft that the schema names, else 2020-12.

    Raises:
        SchemaError: it is no JSON schema.
    """
    import jsonschema
    from jsonschema.validators import validator_for
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]

    named = isinstance(schema.get("$schema"), str)
    draft: Any = jsonschema.Draft202012Validator
    if named:
        draft = validator_for(schema, default=draft)
    try:
        draft.check_schema(schema)
    except jsonschema.SchemaError as e:
        raise SchemaError(e.message) from None
    except RecursionError:
        raise SchemaError("it nests too deep") from None
    return _bounded(draft, _names_patterns(schema))(schema, registry=REGISTRY)


def first_error(made: Any, value: Any) -> Refused | None:
    """The first thing that the validator has against a value; None: it fits.

    Raises:
        SchemaError: the schema cannot be applied to the value.
    """
    from referencing.exceptions import Unresolvable

    try:
        wrong = next(iter(made.iter_errors(value)), None)
    except Unresolvable as e:
        raise SchemaError(f"it points at {str(e.ref)[:100]!r}, which is not in it; nothing is fetched") from None
    except RecursionError:
        raise SchemaError("it points at itself, or nests too deep") from None
    except (ArithmeticError, ValueError, TypeError) as e:  # multipleOf an infinite number, an address that is none
        raise SchemaError(f"it cannot be applied ({str(e)[:100]})") from None
    return None if wrong is None else Refused(wrong.json_path, wrong.message)


def _names_patterns(schema: dict[str, Any]) -> bool:
    import json

    return '"patternProperties"' in json.dumps(schema, default=str)


@cache
def _bounded(draft: Any, names_patterns: bool) -> Any:
    import jsonschema.validators

    extend: Any = jsonschema.validators.extend

    own: dict[str, Any] = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
    }
    if names_patterns:  # what is evaluated then depends on patterns that the library runs itself: it is not judged
        own["unevaluatedProperties"] = lambda made, rule, value, schema: iter(())
    return extend(draft, {k: v for k, v in own.items() if k in draft.VALIDATORS})


def _found(pattern: Any, text: str) -> bool | None:
    """Whether the pattern stands in the text; None where RE2 does not know the pattern, so it is not judged."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.search(pattern, text, options) is not None
    except (re2.error, UnicodeError, TypeError):
        return None


def _pattern(made: Any, pattern: Any, value: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if made.is_type(value, "string") and _found(pattern, value) is False:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


def _pattern_properties(made: Any, rules: Any, value: Any, schema: Any) -> Iterator[Any]:
    if not made.is_type(value, "object"):
        return
    for pattern, inner in rules.items():
        for key, item in value.items():
            if _found(pattern, key):
                yield from made.descend(item, inner, path=key, schema_path=pattern)


def _additional_properties(made: Any, rule: Any, value: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if not made.is_type(value, "object"):
        return
    patterns = schema.get("patternProperties", {})
    named = schema.get("properties", {})
    # A key that an unknown pattern may mean is not judged.
    extra = [k for k in value if k not in named and not any(_found(p, k) is not False for p in patterns)]
    if isinstance(rule, dict):
        for key in extra:
            yield from made.descend(value[key], rule, path=key)
    elif not rule and extra:
        keys = ", ".join(repr(k) for k in sorted(extra, key=str))
        verb = "was" if len(extra) == 1 else "were"
        yield ValidationError(f"Additional properties are not allowed ({keys} {verb} unexpected)")
