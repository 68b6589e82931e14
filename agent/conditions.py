"""How a condition of knowledge/decision/ is read.

A condition is a mapping; all its entries must hold:

- ``fact: value`` or ``fact: [values]``: the fact (or signal) has one of the values; ``unknown`` and ``known`` count.
- ``fact: ">= 50"``: a comparison (``>= > < <=``) with a number, another fact, or a threshold such as
  ``decision.sft_examples``; it does not hold while either side is unknown.
- ``any_gap`` / ``no_gap`` / ``only_gaps``: the gaps include one, include none, are all among those listed.
- ``any: [conditions]`` and ``not: condition``.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Protocol, get_args

from agent.facts import FACT_NAMES, GAPS, Facts
from knowledge.load import KnowledgeError
from knowledge.thresholds import threshold

COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
OUTCOME = ("decision", "technique", "adapter")
"""Names that risks and steps may use too: what was concluded."""


class Readable(Protocol):
    """What a condition is read against."""

    def get(self, name: str) -> Any:
        """The value of a fact or signal; None when unknown."""


Test = Callable[[Readable], bool]


def compile_when(when: Mapping[str, Any], names: frozenset[str], where: str) -> Test:
    """Turn a condition into a function, once.

    Args:
        when: the condition.
        names: the signals it may name beside the facts.
        where: file and rule, for the message.

    Raises:
        KnowledgeError: an unknown name, value or threshold.
    """
    tests = [_entry(key, value, names, where) for key, value in when.items()]
    return _every(tests) if tests else lambda _: True


def _every(tests: list[Test]) -> Test:
    """All of these hold. Read very often while looking ahead, where nested pairs are quicker than all()."""
    if len(tests) == 1:
        return tests[0]
    first, rest = tests[0], _every(tests[1:])
    return lambda s: first(s) and rest(s)


def _entry(key: str, value: Any, names: frozenset[str], where: str) -> Test:
    if key == "any":
        options = [compile_when(v, names, where) for v in value]
        return lambda s: any(test(s) for test in options)
    if key == "not":
        inner = compile_when(value, names, where)
        return lambda s: not inner(s)
    if key in ("any_gap", "no_gap", "only_gaps"):
        return _gaps(key, value, where)
    if key not in FACT_NAMES and key not in names and key not in OUTCOME:
        raise KnowledgeError(f"{where}: there is no fact or signal {key!r}")
    if isinstance(value, str) and value[:1] in "<>":
        return _comparison(key, value, where)
    accepted = value if isinstance(value, list) else [value]
    for one in accepted:
        _check_value(key, one, where)
    if accepted == ["known"]:
        return lambda s: s.get(key) is not None
    if len(accepted) == 1:
        only = None if accepted[0] == "unknown" else accepted[0]
        return lambda s: bool(s.get(key) == only)
    wanted = tuple(None if v == "unknown" else v for v in accepted)
    return lambda s: s.get(key) in wanted


def _gaps(key: str, value: Any, where: str) -> Test:
    listed = frozenset([value] if isinstance(value, str) else value)
    if not listed <= set(GAPS):
        raise KnowledgeError(f"{where}: {key}: no such gap: {sorted(listed - set(GAPS))}")
    if key == "any_gap":
        return lambda s: not listed.isdisjoint(s.get("gaps") or ())
    if key == "no_gap":
        return lambda s: listed.isdisjoint(s.get("gaps") or ())
    return lambda s: bool(s.get("gaps")) and listed.issuperset(s.get("gaps"))


def _comparison(key: str, text: str, where: str) -> Test:
    symbol, other = text.split(maxsplit=1)
    compare = COMPARE.get(symbol)
    if compare is None:
        raise KnowledgeError(f"{where}: {key}: cannot read {text!r}")
    if other in FACT_NAMES:

        def against_fact(s: Readable) -> bool:
            left, right = s.get(key), s.get(other)
            return left is not None and right is not None and compare(left, right)

        return against_fact
    try:
        number = float(other) if other[0].isdigit() else threshold(other)
    except (KeyError, ValueError):
        raise KnowledgeError(f"{where}: {key}: neither a number, a fact nor a threshold: {other!r}") from None

    def against_number(s: Readable) -> bool:
        left = s.get(key)
        return left is not None and compare(left, number)

    return against_number


def _check_value(key: str, value: Any, where: str) -> None:
    """A value that a fact can never have would make a rule that can never fire."""
    if key not in FACT_NAMES or value in ("unknown", "known"):
        return
    allowed = [v for arg in get_args(Facts.model_fields[key].annotation) for v in get_args(arg)]
    if bool in get_args(Facts.model_fields[key].annotation):
        allowed = [True, False]
    if allowed and all(isinstance(v, str | bool) for v in allowed) and value not in allowed:
        raise KnowledgeError(f"{where}: {key} can never be {value!r}")
