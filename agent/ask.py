"""Which question next: the one whose answer can change the outcome most; one that cannot change it is not asked."""

from collections.abc import Mapping, Set
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from agent.answers import askable, likely
from agent.conclude import Conclusion, conclude
from agent.facts import Facts
from agent.foresight import foresee, two_ahead
from agent.joint import told_with
from knowledge.rules import questions
from knowledge.thresholds import threshold


class QuestionOption(BaseModel):
    """One answer to click."""

    model_config = ConfigDict(frozen=True)

    value: Any
    label: str
    also: dict[str, Any] = Field(default_factory=dict)
    """Other facts that this answer tells; None: the person does not know."""


class QuestionGroup(BaseModel):
    """Options shown as one at first."""

    model_config = ConfigDict(frozen=True)

    label: str
    options: tuple[int, ...]
    """Places among the question's options, from 0."""


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
    groups: tuple[QuestionGroup, ...] = ()
    proposed: Any = None
    """The value that was half heard in the person's words, to be taken or not."""
    heard: str = ""
    """Those words."""


def question_for(fact: str, values: Mapping[str, Any] | None = None, declined: Set[str] = frozenset()) -> Question:
    """How a fact is asked for. KeyError when it never is.

    Args:
        fact: which.
        values: what is known, so that an answer may tell more than this fact; None: only this one.
        declined: facts that cannot be said.
    """
    record = questions()[fact]
    options: list[QuestionOption] = []
    for option in record.options:
        also = () if values is None else told_with(fact, option.value, values, declined)
        fuller = [j for j in record.together if j.tells[fact] == option.value] if also else []
        options += [
            QuestionOption(value=option.value, label=j.label, also={f: j.tells[f] for f in also if f in j.tells})
            for j in fuller
        ] or [QuestionOption(value=option.value, label=option.label)]
    if record.groups:
        # Numbers that are typed then run on through the groups.
        shown = [v for g in record.groups for v in g.of]
        options.sort(key=lambda o: shown.index(str(_first(o.value))))
    places = {str(_first(o.value)): n for n, o in enumerate(options)}
    return Question(
        fact=fact,
        question=record.question,
        why=record.why,
        options=tuple(options),
        kind=record.kind,
        free=record.free,
        unit=record.unit,
        groups=tuple(QuestionGroup(label=g.label, options=tuple(places[v] for v in g.of)) for g in record.groups),
    )


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list | tuple) else value


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
    return question_for(ranked[0] if ranked else now.open_needs[0], values, declined)


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
    # Far from the end the best question is what sorts people best; near it, what puts most of them right in time.
    fact = _best({f: worth.mends if left == 1 else worth.bits for f, worth in ahead.worth.items()})
    if left == 2 or (fact is None and left > 1):
        fact = _best(two_ahead(values, declined))
    return question_for(fact, values, declined) if fact else None


def _best(worth: Mapping[str, float]) -> str | None:
    """The fact worth most; None where none is worth asking."""
    fact = max(worth, key=lambda f: worth[f], default=None)
    return fact if fact and worth[fact] > threshold("decision.least_bits") else None


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
