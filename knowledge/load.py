"""The only reader of knowledge files: YAML in, frozen records out, validated once; an error names file and key."""

from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

ROOT = Path(__file__).parent
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
T = TypeVar("T")


class Record(BaseModel):
    """What every knowledge record is: frozen, and strict about unknown keys, so that a typing slip is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KnowledgeError(Exception):
    """A knowledge file is not as it should be: a fault of ours, found by the tests before a user can."""


class _NoDuplicates(_Loader):  # type: ignore[misc, valid-type]
    """YAML keeps the last of two equal keys in silence; a price table must not."""


def _mapping(loader: Any, node: Any, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
        seen.add(key)
    loader.flatten_mapping(node)
    return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}


_NoDuplicates.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(path: str | Path, as_type: type[T]) -> T:
    """Read one YAML file below knowledge/ into `as_type` (a record, or a dict or tuple of records).

    Raises:
        KnowledgeError: naming the file and the key.
    """
    full = ROOT / path
    try:
        with full.open(encoding="utf-8") as f:
            data = yaml.load(f, _NoDuplicates)  # noqa: S506 -- a SafeLoader subclass
    except (OSError, yaml.YAMLError) as e:
        raise KnowledgeError(f"{full}: {e}") from e
    return _validated(data, as_type, full)


def read_page(path: str | Path, as_type: type[T]) -> T:
    """Read one Markdown file whose head is YAML between two lines of `---`; what follows becomes the key `text`.

    Raises:
        KnowledgeError: naming the file and the key.
    """
    full = ROOT / path
    try:
        whole = full.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise KnowledgeError(f"{full}: {e}") from e
    _, *parts = whole.split("---\n", 2) if whole.startswith("---\n") else [whole]
    if len(parts) != 2:
        raise KnowledgeError(f"{full}: no head between two lines of ---")
    try:
        head = yaml.load(parts[0], _NoDuplicates)  # noqa: S506 -- a SafeLoader subclass
    except yaml.YAMLError as e:
        raise KnowledgeError(f"{full}: {e}") from e
    if not isinstance(head, dict):
        raise KnowledgeError(f"{full}: the head is not a mapping")
    return _validated({**head, "text": parts[1].strip()}, as_type, full)


def _validated(data: Any, as_type: type[T], full: Path) -> T:
    try:
        return TypeAdapter(as_type).validate_python(data)
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        raise KnowledgeError(f"{full}: {key}: {first['msg']}") from e


@cache
def merged(directory: str, record: type[T]) -> dict[str, T]:
    """All mappings of `directory/*.yaml` as one; a key in two files is an error."""
    result: dict[str, T] = {}
    for path in sorted((ROOT / directory).glob("*.yaml")):
        for key, value in read(path, dict[str, record]).items():  # type: ignore[valid-type]
            if key in result:
                raise KnowledgeError(f"{path}: {key}: stands in another file of {directory}/ too")
            result[key] = value
    return result
