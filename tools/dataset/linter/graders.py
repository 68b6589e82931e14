"""RFT graders: which fields of an example they read, and what is wrong with one. As the provider documents them."""

import ast
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from tools.dataset.linter.context import Context

_TEMPLATE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_PYTHON_ITEM = re.compile(r"""\bitem\s*\[\s*["'](\w+)["']\s*\]""")
_NAME = re.compile(r"[A-Za-z_]\w*")
FUNCTIONS = {"min", "max", "abs", "floor", "ceil", "exp", "sqrt", "log"}
# type -> fields it must have
REQUIRED: dict[str, tuple[str, ...]] = {
    "string_check": ("input", "reference", "operation"),
    "text_similarity": ("input", "reference", "evaluation_metric"),
    "score_model": ("input", "model"),
    "python": ("source",),
    "multi": ("graders", "calculate_output"),
}
OPERATIONS = {"eq", "ne", "like", "ilike"}
MAX_SOURCE_BYTES = 256 << 10
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


def item_paths(context: Context) -> tuple[tuple[str, ...], ...]:
    """Fields of an example that the grader reads, as keys from the top, up to an index; empty without a grader."""
    return _item_paths(json.dumps(context.grader, sort_keys=True)) if context.grader else ()


@lru_cache(maxsize=8)
def _item_paths(grader: str) -> tuple[tuple[str, ...], ...]:
    value = json.loads(grader)
    paths: dict[tuple[str, ...], None] = {}
    for _, text in _texts(value, ""):
        for path in _TEMPLATE.findall(text):
            if path.startswith("item."):
                paths[tuple(path[5:].split("[", 1)[0].split("."))] = None
    for source in _sources(value):
        for name in _PYTHON_ITEM.findall(source):
            paths[name,] = None
    return tuple(paths)


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
    if kind == "python" and (wrong := _source(grader.get("source"))):
        yield wrong, f"{place}source"
    if kind == "multi":
        yield from _parts(grader, place)


def _parts(grader: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    """What is wrong with the graders of a multi grader, and with the sum over them."""
    inner = grader.get("graders")
    if not isinstance(inner, dict):
        return
    used = dict.fromkeys(_NAME.findall(str(grader.get("calculate_output"))))
    for name, one in inner.items():
        yield from _shape(one, f"{place}graders.{name}.")
        if name not in used:
            yield f'calculate_output does not use the grader "{name}"', f"{place}calculate_output"
    for name in used:
        if name not in inner and name not in FUNCTIONS:
            yield f'calculate_output uses "{name}", which is no grader of it', f"{place}calculate_output"


def _source(source: Any) -> str:
    """What is wrong with a Python grader, by its syntax alone; empty when nothing."""
    if not isinstance(source, str):
        return "the source is not a text"
    if len(source.encode("utf-8", "replace")) > MAX_SOURCE_BYTES:
        return f"the source has over {MAX_SOURCE_BYTES >> 10} KB"
    try:
        tree = ast.parse(source)
    except SyntaxError as e:
        return f"the source is not Python (its line {e.lineno}: {e.msg})"
    except (ValueError, RecursionError, MemoryError):
        return "the source is not Python"
    found = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "grade"), None)
    if found is None:
        return "the source defines no function grade(sample, item)"
    arguments = len(found.args.posonlyargs) + len(found.args.args)
    return "" if arguments == 2 or found.args.vararg else f"grade takes {arguments} arguments; it is called with two"


def _sources(value: Any) -> Iterator[str]:
    """The Python texts in a grader."""
    if isinstance(value, dict):
        if isinstance(value.get("source"), str):
            yield value["source"]
        for inner in value.values():
            yield from _sources(inner)


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
    if path.startswith("sample.output_json") and schema is None:
        return f"the template {{{{{path[:60]}}}}} points at nothing: output_json is filled under a response schema only"
    if path.startswith("sample.output_json."):
        name = re.split(r"[.\[]", path.removeprefix("sample.output_json."), maxsplit=1)[0]
        if properties is not None and name not in properties:
            return f"the template {{{{{path}}}}} points at nothing: the response schema has no {name!r}"
        return ""
    if path.startswith("sample."):
        known = re.split(r"[.\[]", path)[1] in ("output_text", "output_json", "output_tools", "choices")
        return "" if known else f"the template {{{{{path[:60]}}}}} points at nothing in a sample"
    return f"the template {{{{{path[:60]}}}}} points at nothing: it must begin with item. or sample."
