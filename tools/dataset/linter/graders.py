"""RFT graders: which fields of an example they read, and what is wrong with one. As the provider documents them."""

import re
from collections.abc import Iterator
from typing import Any

from tools.dataset.linter.context import Context

_TEMPLATE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_PYTHON_ITEM = re.compile(r"""\bitem\s*(?:\[\s*["'](\w+)["']\s*\]|\.get\(\s*["'](\w+)["'])""")
# type -> fields it must have
REQUIRED: dict[str, tuple[str, ...]] = {
    "string_check": ("input", "reference", "operation"),
    "text_similarity": ("input", "reference", "evaluation_metric"),
    "score_model": ("input", "model"),
    "python": ("source",),
    "multi": ("graders", "calculate_output"),
}
OPERATIONS = {"eq", "ne", "like", "ilike"}
METRICS = {
    "fuzzy_match",
    "bleu",
    "gleu",
    "meteor",
    "cosine",
    "rouge_1",
    "rouge_2",
    "rouge_3",
    "rouge_4",
    "rouge_5",
    "rouge_l",
}


def item_fields(context: Context) -> tuple[str, ...]:
    """Top-level fields that the grader's templates read; empty without a grader."""
    if context.grader is None:
        return ()
    names: dict[str, None] = {}
    for _, text in _texts(context.grader, ""):
        for path in _TEMPLATE.findall(text):
            if path.startswith("item."):
                names[re.split(r"[.\[]", path[5:], maxsplit=1)[0]] = None
    return tuple(names)


def faults(grader: dict[str, Any], schema: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    """(what is wrong, place) of each fault."""
    yield from _shape(grader, "")
    properties = _properties(schema)
    for place, text in _texts(grader, ""):
        for path in _TEMPLATE.findall(text):
            wrong = _points_at_nothing(path, schema, properties)
            if wrong:
                yield wrong, place


def _shape(grader: Any, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(grader, dict):
        yield "a grader is not an object", place
        return
    kind = grader.get("type")
    if kind not in REQUIRED:
        extra = "; label_model is for evals only" if kind == "label_model" else ""
        yield f"the grader type {str(kind)[:40]!r} is not one of {', '.join(REQUIRED)}{extra}", f"{place}type"
        return
    for name in REQUIRED[kind]:
        if name not in grader:
            yield f"the {kind} grader has no {name}", place + name
    if kind == "string_check" and grader.get("operation") not in OPERATIONS:
        yield f"the operation is not one of {', '.join(sorted(OPERATIONS))}", f"{place}operation"
    if kind == "text_similarity" and grader.get("evaluation_metric") not in METRICS:
        yield "the evaluation_metric is not a known one", f"{place}evaluation_metric"
    if kind == "python" and "def grade" not in str(grader.get("source")):
        yield "the source defines no function grade(sample, item)", f"{place}source"
    inner = grader.get("graders")
    if kind == "multi" and isinstance(inner, dict):
        for name, one in inner.items():
            yield from _shape(one, f"{place}graders.{name}.")
            if not re.search(rf"\b{re.escape(name)}\b", str(grader.get("calculate_output"))):
                yield f'calculate_output does not use the grader "{name}"', f"{place}calculate_output"


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != "source":
                yield from _texts(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{place}[{index}]")


def _properties(schema: dict[str, Any] | None) -> set[str] | None:
    inner = schema.get("json_schema") if schema else None
    body = inner.get("schema") if isinstance(inner, dict) else None
    found = body.get("properties") if isinstance(body, dict) else None
    return set(found) if isinstance(found, dict) else None


def _points_at_nothing(path: str, schema: dict[str, Any] | None, properties: set[str] | None) -> str:
    if path.startswith("item."):
        return ""  # each example is asked (FT602)
    if path in ("sample.output_text", "sample.output_tools", "sample.choices", "sample.output_json"):
        return ""
    if path.startswith("sample.output_json."):
        name = re.split(r"[.\[]", path.removeprefix("sample.output_json."), maxsplit=1)[0]
        if properties is not None and name not in properties:
            return f"the template {{{{{path}}}}} points at nothing: the response schema has no {name!r}"
        return ""
    if path.startswith(("sample.output_tools", "sample.choices", "sample.")):
        known = path.startswith(("sample.output_tools", "sample.choices"))
        return "" if known else f"the template {{{{{path[:60]}}}}} points at nothing in a sample"
    return f"the template {{{{{path[:60]}}}}} points at nothing: it must begin with item. or sample."
