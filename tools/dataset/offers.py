"""Repairs that change the data: offered and named, never automatic."""

from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from tools.dataset.linter.context import Context
from tools.dataset.linter.rule import DROP
from tools.dataset.records import LintReport

Value = dict[str, Any]


class Offer(NamedTuple):
    """A repair ready to run."""

    name: str
    repair: Callable[[int, Value], Any]
    """(line number, value) -> value or DROP."""


def drop_duplicates(report: LintReport, context: Context) -> Offer:
    """Leave out examples that repeat an earlier one word for word."""
    seen: set[tuple[str, str]] = set()

    def repair(number: int, value: Value) -> Any:
        from tools.dataset.example import Example

        if context.format is None:
            return value
        example = Example(number, context.format.shape, context.format.read(value), value)
        key = (example.whole_text(), repr(example.tools))
        if not example.turns:
            return value
        if key in seen:
            return DROP
        seen.add(key)
        return value

    return Offer("drop-duplicates", repair)


def mask(report: LintReport, context: Context) -> Offer:
    """Replace secrets and personal data in texts by what they are, such as <e-mail>."""
    from tools.dataset.linter.secrets import masked

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return masked(value)
        if isinstance(value, list):
            return [walk(v) for v in value]
        if isinstance(value, dict):
            return {
                k: walk(v) if k not in ("id", "tool_call_id", "url", "role", "type") else v for k, v in value.items()
            }
        return value

    return Offer("mask", lambda number, value: walk(value))


def repair_labels(report: LintReport, context: Context) -> Offer:
    """Write every label in its most frequent spelling."""
    spellings: dict[str, Counter[str]] = {}
    for label in report.stats.labels or []:
        key = "".join(c for c in label.label.casefold() if c.isalnum())
        spellings.setdefault(key, Counter())[label.label] += label.examples
    best = {k: c.most_common(1)[0][0] for k, c in spellings.items() if len(c) > 1}

    def repair(number: int, value: Value) -> Any:
        holder, key = _answer(value)
        said = holder.get(key)
        if isinstance(said, str):
            plain = "".join(c for c in said.casefold() if c.isalnum())
            if plain in best:
                holder[key] = best[plain]
        return value

    return Offer("repair-labels", repair)


def _answer(value: Value) -> tuple[Value, str]:
    """Where the answer of an example stands: the object and its key, in any format that can hold labels."""
    for turns, key in (("messages", "content"), ("conversations", "value"), ("completion", "content")):
        given = value.get(turns)
        last = given[-1] if isinstance(given, list) and given else None
        if isinstance(last, dict) and last.get("role", last.get("from")) in ("assistant", "gpt"):
            return last, key
    return value, next((k for k in ("completion", "output", "response", "answer") if k in value), "")


OFFERS: dict[str, Callable[[LintReport, Context], Offer]] = {
    "drop-duplicates": drop_duplicates,
    "mask": mask,
    "repair-labels": repair_labels,
}
