"""Facts in, recommendation out: the conclusion of the rules, with its reasons, risks, flips and what is missing."""

import re
from collections.abc import Mapping, Set
from functools import cache
from typing import Any, TypeVar

from agent.ask import could_change, plain
from agent.conclude import TRAINING, Conclusion, conclude
from agent.conditions import Test
from agent.facts import Facts
from agent.flips import find_flips
from agent.recommend import Because, NotNow, Recommendation
from agent.situation import Situation, compiled
from knowledge import rules as book
from knowledge.sources import source
from knowledge.thresholds import threshold

LEVELS: tuple[book.Confidence, ...] = ("low", "medium", "high")
T = TypeVar("T", book.PassedOver, book.Risk, book.Step)


def decide(facts: Facts, declined: Set[str] = frozenset()) -> Recommendation:
    """What to do on these facts.

    Args:
        facts: what is known; unknown is neither false nor 0.
        declined: facts that were asked for and that the person could not or would not say.

    Returns:
        A recommendation, or (status `ask`) a leaning and the facts that are still needed. The same facts give the same
        answer, byte for byte.
    """
    values = plain(facts)
    now = conclude(values, declined)
    situation = now.situation
    missing = could_change(values, declined, now)
    flips = find_flips(values, declined, now)
    situation.concluded(decision=now.shown, technique=now.technique, adapter=now.adapter)
    shown = now.shown is not None
    return Recommendation(
        status=now.status,
        decision=now.shown,
        technique=now.technique if shown else None,
        adapter=now.adapter if shown else None,
        confidence=_confidence(now),
        because=_because(now) if shown or now.status == "out_of_scope" else (),
        not_now=_not_now(now),
        next_steps=_next_steps(now),
        flips=flips,
        missing=missing,
        risks=tuple(_told(risk, values) for risk in _holding(_risks(), situation)) if shown else (),
        rule=now.rule.id,
        declined=now.refused,
    )


def _confidence(now: Conclusion) -> book.Confidence:
    """The rule's own, one step lower for what is assumed or doubtful, low for what was refused."""
    level = LEVELS.index(now.rule.confidence)
    if any(now.situation.get(fact) is None for fact in now.rule.assumes) or any(
        doubt(now.situation) for doubt in _doubts(now.rule.id)
    ):
        level -= 1
    if now.refused or (now.status == "ask" and not now.rule.show_leaning):
        level = 0
    return LEVELS[max(level, 0)]


def _because(now: Conclusion) -> tuple[Because, ...]:
    values = now.situation.values
    reasons = []
    for reason, test in zip(now.rule.because, _reasons(now.rule.id), strict=True):
        known = tuple(fact for fact in reason.facts if values.get(fact) is not None)
        if test(now.situation) and (known or len(now.rule.because) == 1):
            reasons.append(
                Because(
                    text=fill(reason.text, values),
                    facts=known or reason.facts,
                    rule=now.rule.id,
                    source=cite(reason.source),
                    source_key=reason.source,
                )
            )
    return tuple(reasons)


def _not_now(now: Conclusion) -> tuple[NotNow, ...]:
    """One line for each rung passed over; `rag_plus_fine_tune` and `fine_tune` count as one rung."""
    if now.shown is None:
        return ()
    found: dict[str, NotNow] = {}
    chosen = TRAINING if now.decision in TRAINING else (now.decision,)
    for entry in _holding(_passed_over(), now.situation):
        if entry.decision not in chosen and entry.decision not in found:
            text = fill(entry.text, now.situation.values)
            found[entry.decision] = NotNow(decision=entry.decision, text=text, rule=entry.id, source=cite(entry.source))
    return tuple(found.values())


def _told(risk: book.Risk, values: Mapping[str, Any]) -> str:
    return f"{fill(risk.text, values)} [{source(risk.source).title}]"


def _next_steps(now: Conclusion) -> tuple[str, ...]:
    shared = _holding(_steps(), now.situation)
    unsaid = [book.questions()[fact].unsaid for fact in now.refused]
    steps = [
        *(text for text in unsaid if text),
        *(step.text for step in shared if step.place == "first"),
        *now.rule.next_steps,
        *(step.text for step in shared if step.place == "last"),
    ]
    return tuple(fill(text, now.situation.values) for text in dict.fromkeys(steps))


def _holding(entries: tuple[tuple[T, Test], ...], situation: Situation) -> list[T]:
    return [entry for entry, test in entries if test(situation)]


@cache
def _passed_over() -> tuple[tuple[book.PassedOver, Test], ...]:
    return tuple((e, compiled(e.when, f"passed_over.yaml: {e.id}")) for e in book.passed_over())


@cache
def _risks() -> tuple[tuple[book.Risk, Test], ...]:
    return tuple((e, compiled(e.when, f"risks.yaml: {e.id}")) for e in book.risks())


@cache
def _steps() -> tuple[tuple[book.Step, Test], ...]:
    return tuple((e, compiled(e.when, "steps.yaml")) for e in book.steps())


@cache
def _by_id() -> dict[str, book.Rule]:
    return {rule.id: rule for rule in book.rules()}


@cache
def _reasons(rule_id: str) -> tuple[Test, ...]:
    return tuple(compiled(reason.when, f"rules.yaml: {rule_id}") for reason in _by_id()[rule_id].because)


@cache
def _doubts(rule_id: str) -> tuple[Test, ...]:
    return tuple(compiled(doubt, f"rules.yaml: {rule_id}") for doubt in _by_id()[rule_id].doubts)


def cite(key: str) -> str:
    """A source as a person can read it: title, and the address where there is one."""
    found = source(key)
    return f"{found.title} ({found.url})" if found.url else found.title


def fill(text: str, values: Mapping[str, Any]) -> str:
    """Put known facts and thresholds into the `{names}` of a text."""
    return re.sub(r"\{([a-z_.]+)\}", lambda m: _spoken(m.group(1), values), text)


def _spoken(name: str, values: Mapping[str, Any]) -> str:
    value = threshold(name) if "." in name else values.get(name)
    if value is None:
        return "an unknown number of" if name in ("examples", "preference_pairs", "task_prompts") else "unknown"
    if isinstance(value, float) and name.endswith("_score"):
        return f"{value:g}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"
    return str(value).replace("_", " ")
