"""The core: facts in, the first rule that holds out. No text, no model, no clock; fast enough to look ahead with."""

from collections.abc import Mapping, Set
from functools import cache
from typing import Any, Literal, NamedTuple, cast

from agent.conditions import Test
from agent.remembered import Remembered
from agent.situation import Situation, compiled
from knowledge import rules as book

Status = Literal["ask", "recommend", "out_of_scope"]
TRAINING = ("fine_tune", "rag_plus_fine_tune")


class Conclusion(NamedTuple):
    """What follows from the facts, and what it was read from."""

    status: Status
    decision: book.Decision | None
    """The recommendation; with status `ask` the leaning (which may be hidden, see `shown`)."""
    technique: book.Technique | None
    adapter: book.Adapter | None
    rule: book.Rule
    open_needs: tuple[str, ...]
    """Facts that must be known or refused before this is a recommendation."""
    refused: tuple[str, ...]
    """Facts that were needed, and that the person could not or would not say."""
    situation: Situation
    reads: frozenset[str]
    """The only facts that can have shaped this."""

    @property
    def shown(self) -> book.Decision | None:
        """The decision to show: none while asking when nothing points anywhere yet."""
        return None if self.status == "ask" and not self.rule.show_leaning else self.decision

    @property
    def outcome(self) -> tuple[Status, book.Decision | None, book.Technique | None]:
        """What a question must be able to change to be worth asking."""
        return self.status, self.shown, self.technique if self.shown else None


@cache
def _rules() -> tuple[tuple[book.Rule, Test, tuple[tuple[str, Test], ...]], ...]:
    return tuple(
        (
            rule,
            compiled(rule.when, f"rules.yaml: {rule.id}"),
            tuple((need.fact, compiled(need.when, f"rules.yaml: {rule.id}")) for need in rule.needs),
        )
        for rule in book.rules()
    )


class _Held(NamedTuple):
    """The first rule that holds, and what it comes to."""

    rule: book.Rule
    decision: book.Decision | None
    adapter: book.Adapter | None
    lacking: tuple[str, ...]


def _first(situation: Situation) -> _Held:
    for rule, holds, needs in _rules():
        if not holds(situation):
            continue
        lacking = tuple(fact for fact, wanted in needs if situation.get(fact) is None and wanted(situation))
        decision, adapter = rule.decision, None
        if decision == "fine_tune":
            adapter = cast("book.Adapter", situation.get("adapter_choice"))
            if situation.get("retrieval_stays"):
                decision = "rag_plus_fine_tune"
        return _Held(rule, decision, adapter, lacking)
    raise AssertionError("rules.yaml must end with a rule that always holds")


_held = Remembered(_first)


def conclude(values: Mapping[str, Any], declined: Set[str] = frozenset()) -> Conclusion:
    """The first rule that holds.

    Args:
        values: known facts by name (None or missing is unknown); gaps in the order of `GAPS`.
        declined: facts that were asked for and that the person could not or would not say.
    """
    (rule, decision, adapter, lacking), reads = _held(values)
    open_needs = tuple(fact for fact in lacking if fact not in declined)
    refused = tuple(fact for fact in lacking if fact in declined)
    status: Status = "out_of_scope" if rule.stage == "scope" else "ask" if open_needs else "recommend"
    return Conclusion(status, decision, rule.technique, adapter, rule, open_needs, refused, Situation(values), reads)


def verdict(values: Mapping[str, Any]) -> tuple[book.Decision | None, book.Technique | None]:
    """Decision and technique alone."""
    held = _held(values).result
    return held.decision, held.rule.technique
