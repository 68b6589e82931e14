"""FT606: references that are no texts by name."""

from collections.abc import Iterator
from typing import Any

from tools.dataset.example import Example
from tools.dataset.formats.gemini_references import GEMINI_REFERENCES, as_text
from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import PROMPT, Found, Rule
from tools.dataset.linter.words import kind


def check(example: Example, context: Context) -> Iterator[Found]:
    """Google takes texts by name, and nothing else."""
    if context.format is None or context.format.name != GEMINI_REFERENCES.name or "references" not in example.source:
        return
    references = example.source["references"]
    if not isinstance(references, dict):
        yield Found(f"references is {kind(references)}; it must be an object of texts", "references")
        return
    for name, value in references.items():
        if not isinstance(value, str):
            yield Found(
                f"the reference {name[:40]} is {kind(value)}; Google takes only text", f"references.{name[:40]}"
            )


def fix(value: Any) -> Any:
    """Numbers, lists and objects as JSON text, which is all that the format can hold; null says nothing and stays."""
    references = value.get("references") if isinstance(value, dict) and "contents" in value else None
    if not isinstance(references, dict):
        return value
    return {**value, "references": {k: v if v is None else as_text(v) for k, v in references.items()}}


RULE = Rule("FT606", "error", "example", check, shapes=(PROMPT,), fix=fix)
