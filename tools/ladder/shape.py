"""The form of JSON targets: a schema that holds all of them, and their fields by path, to be taken apart and put back.

Everything is seen in the training file; held-out targets are never read for it.
"""

import json
from typing import Any

_KINDS: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
ABSENT = "\0absent"
"""Stands for a field that an example lacks."""


def schema_of(targets: list[str]) -> dict[str, Any] | None:
    """A JSON schema (strict form: every field required, none besides) that all targets follow; None: not all objects.

    A field that some targets lack may be null, as the strict form wants it.
    """
    values = [json.loads(t) for t in targets]
    if not values or not all(isinstance(v, dict) for v in values):
        return None
    return _of(values)


def _of(values: list[Any]) -> dict[str, Any]:
    objects = [v for v in values if isinstance(v, dict)]
    lists = [v for v in values if isinstance(v, list)]
    plain = {_KINDS[type(v)] for v in values if not isinstance(v, (dict, list))}
    if {"integer", "number"} <= plain:
        plain.discard("integer")
    forms: list[dict[str, Any]] = []
    if objects:
        forms.append(_object(objects))
    if lists:
        inner = [x for v in lists for x in v]
        forms.append({"type": "array", "items": _of(inner) if inner else {}})
    if plain:
        forms.append({"type": min(plain) if len(plain) == 1 else sorted(plain)})
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def _object(objects: list[dict[str, Any]]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for o in objects for name in o))
    properties = {}
    for name in names:
        found = [o[name] for o in objects if name in o]
        properties[name] = _of([*found, None] if len(found) < len(objects) else found)
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def fields_of(targets: list[str]) -> dict[tuple[str | int, ...], list[str]]:
    """Each field's path with its value in every target as JSON text; ABSENT where a target lacks it."""
    taken = [dict(_leaves(json.loads(t))) for t in targets]
    paths = dict.fromkeys(path for leaves in taken for path in leaves)
    return {path: [leaves.get(path, ABSENT) for leaves in taken] for path in paths}


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], str]]:
    items: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    if not items:
        return [(path, json.dumps(value, ensure_ascii=False))]
    return [leaf for key, inner in items for leaf in _leaves(inner, (*path, key))]


def put_together(fields: dict[tuple[str | int, ...], str]) -> str:
    """JSON text from values by path; the opposite of `fields_of` for one target. A list's gaps are closed."""
    present = {path: value for path, value in fields.items() if value != ABSENT}
    if () in present and len(present) == 1:
        return present[()]
    return json.dumps(_built({p: v for p, v in present.items() if p}), ensure_ascii=False)


def _built(fields: dict[tuple[str | int, ...], str]) -> Any:
    if list(fields) == [()]:
        return json.loads(fields[()])
    groups: dict[str | int, dict[tuple[str | int, ...], str]] = {}
    for path, value in fields.items():
        if path:
            groups.setdefault(path[0], {})[path[1:]] = value
    # A value that is a leaf in one example and a container in another: the container's fields say more.
    inner = {key: _built({p: v for p, v in g.items() if p or len(g) == 1}) for key, g in groups.items()}
    if inner and all(isinstance(key, int) for key in inner):
        return [inner[key] for key in sorted(inner)]
    return {str(key): value for key, value in inner.items()}
