"""Which question next: the one whose answer can change the outcome most; one that cannot change it is not asked."""

from collections.abc import Mapping, Set
from typing import Any

from pydantic import BaseModel, ConfigDict

from agent.answers import askable, likely
from agent.conclude import Conclusion, conclude
from agent.facts import Facts
from agent.foresight import foresee
from knowledge.rules import questions
from knowledge.thresholds import threshold


class QuestionOption(BaseModel):
    """One answer to click."""

    model_config = ConfigDict(frozen=True)

    value: Any
    label: str


class Question(BaseModel):
    """One question, as the contract has it, with how to type an answer."""

    model_config = ConfigDict(frozen=True)

    fact: str
    question: str
    why: str
    options: tuple[QuestionOption, ...]
    kind: str
    """one_of, many_of (several may hold; the answer is a list), yes_no, number, share or text."""
    free: str | None = None
    """A hint for typing the answer, with examples."""
    unit: str | None = None


def question_for(fact: str) -> Question:
    """How a fact is asked for. KeyError when it never is."""
    record = questions()[fact]
    return Question(
        fact=fact,
        question=record.question,
        why=record.why,
        options=tuple(QuestionOption(value=o.value, label=o.label) for o in record.options),
        kind=record.kind,
        free=record.free,
        unit=record.unit,
    )


def next_question(facts: Facts, declined: Set[str] = frozenset()) -> Question | None:
    """The question to ask now; None when what is known is enough for a recommendation.

    Args:
        facts: what is known.
        declined: facts that were asked for and that the person could not or would not say; never asked again.
    """
    values = plain(facts)
    now = conclude(values, declined)
    if now.status != "ask":
        return None
    ranked = influence(values, declined, now)
    return question_for(ranked[0]) if ranked else question_for(now.open_needs[0])


def sharpening_question(facts: Facts, declined: Set[str] = frozenset(), asked: int = 0) -> Question | None:
    """After a recommendation: the question whose answer is likeliest to lead to another one yet, or None.

    It may be left unanswered; the recommendation stands. None when hardly anybody who agrees with what is known would
    end elsewhere, or when no answer tells who would.

    Args:
        facts: what is known.
        declined: facts that were asked for and could not be said.
        asked: how many questions were answered before; past decision.most_questions none is.
    """
    values = plain(facts)
    left = threshold("decision.most_questions") - asked
    if conclude(values, declined).status != "recommend" or left <= 0:
        return None
    ahead = foresee(values, declined)
    if ahead.unsure < threshold("decision.unsure_share"):
        return None
    ranked = sorted(ahead.worth, key=lambda f: -(ahead.worth[f].mends if left == 1 else ahead.worth[f].bits))
    for fact in ranked[:1]:
        if (ahead.worth[fact].mends if left == 1 else ahead.worth[fact].bits) > threshold("decision.least_bits"):
            return question_for(fact)
    return None


def plain(facts: Facts) -> dict[str, Any]:
    """Known facts as the rules read them."""
    return {name: value for name, value in facts if value is not None}


def influence(values: Mapping[str, Any], declined: Set[str], now: Conclusion) -> list[str]:
    """Unknown, unrefused facts whose answer can change the outcome, the most changing first.

    Only facts that were read can matter. Each likely answer is tried by deciding anew; what counts is the weight of the
    answers that change status, decision or technique, then of those that change the adapter or what else must be
    known; ties go by the order of questions.yaml.
    """
    scored = []
    for order, fact in enumerate(questions()):
        if fact not in declined and _open(fact, values, now):
            much, little = _change(fact, values, declined, now)
            if much > 0 or little > 0:
                scored.append((-much, -little, order, fact))
    return [fact for *_, fact in sorted(scored)]


def _open(fact: str, values: Mapping[str, Any], now: Conclusion) -> bool:
    """Unknown, read by the rules, and sensible to ask for here."""
    return values.get(fact) is None and fact in now.reads and askable(fact, now.situation)


def _change(fact: str, values: Mapping[str, Any], declined: Set[str], now: Conclusion) -> tuple[float, float]:
    much = little = 0.0
    for value, weight in likely(fact, values):
        then = conclude({**values, fact: value}, declined)
        if then.outcome != now.outcome:
            much += weight
        elif then.adapter != now.adapter or then.open_needs != now.open_needs:
            little += weight
    return round(much, 6), round(little, 6)


def could_change(values: Mapping[str, Any], declined: Set[str], now: Conclusion) -> tuple[str, ...]:
    """Unknown facts that can change the outcome, the most changing first; refused ones too: they are as unknown."""
    if now.status == "out_of_scope":
        return ()
    refused = [fact for fact in questions() if fact in declined and _open(fact, values, now)]
    ranked = influence(values, declined, now)
    changing = [fact for fact in ranked + refused if fact in now.open_needs or _can_change(fact, values, declined, now)]
    return tuple(changing)


def _can_change(fact: str, values: Mapping[str, Any], declined: Set[str], now: Conclusion) -> bool:
    return any(conclude({**values, fact: value}, declined).outcome != now.outcome for value, _ in likely(fact, values))
