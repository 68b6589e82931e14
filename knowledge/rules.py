"""The advice as data: signals, rules, rungs passed over, risks and questions, read from knowledge/decision/."""

from functools import cache
from typing import Any, Literal

from pydantic import Field

from knowledge.load import Record, read

Decision = Literal[
    "prompt_engineering",
    "prompt_chaining",
    "function_calling",
    "rag",
    "fine_tune",
    "rag_plus_fine_tune",
    "collect_data_first",
    "define_evals_first",
    "do_nothing",
]
Technique = Literal["sft", "dpo", "rft", "vision_sft", "distillation", "raft"]
Adapter = Literal["lora", "full", "provider_managed"]
Confidence = Literal["high", "medium", "low"]
When = dict[str, Any]
"""A condition over facts and signals; agent/conditions.py says how it is read."""


class Case(Record):
    """One way a signal gets its value; the first case whose `when` holds gives it, else the signal is unknown."""

    when: When = Field(default_factory=dict)
    value: bool | str


class Reason(Record):
    """Why a rule concludes what it does."""

    text: str
    facts: tuple[str, ...]
    source: str
    """A key of knowledge/sources/."""
    when: When = Field(default_factory=dict)
    """Given only where this holds."""


class Need(Record):
    """A fact that must be known, or refused, before the rule is more than a leaning."""

    fact: str
    when: When = Field(default_factory=dict)


class Rule(Record):
    """One step of the ladder. Rules stand in order; the first whose `when` holds concludes."""

    id: str
    stage: str
    when: When
    decision: Decision | None
    technique: Technique | None = None
    show_leaning: bool = True
    """False: while asking, no leaning is shown, because nothing known points anywhere."""
    confidence: Confidence = "high"
    needs: tuple[Need, ...] = ()
    assumes: tuple[str, ...] = ()
    """Facts that, while unknown, lower the confidence one step."""
    doubts: tuple[When, ...] = ()
    """Conditions that lower the confidence one step."""
    because: tuple[Reason, ...]
    next_steps: tuple[str, ...] = ()


class PassedOver(Record):
    """Why a rung was passed over; the first entry of a rung whose `when` holds speaks."""

    id: str
    decision: Decision
    when: When = Field(default_factory=dict)
    text: str
    source: str


class Step(Record):
    """A next step that several rules share."""

    when: When
    text: str
    place: Literal["first", "last"] = "last"


class Risk(Record):
    """Something that can go wrong with what is recommended."""

    id: str
    when: When = Field(default_factory=dict)
    text: str
    source: str


class Option(Record):
    """One answer a person can click, and how likely it is before anything is known."""

    value: Any
    label: str
    weight: float
    flip_if: When = Field(default_factory=dict)
    """A flip names this answer only where this holds (nobody is told "if your tuned model forgets" without one)."""


class Try(Record):
    """An answer that looking ahead tries, where there is nothing to click (numbers, text)."""

    value: Any
    weight: float


class Joint(Record):
    """An answer that tells more than the fact asked for ("yes, and it finds the right passage")."""

    id: str
    label: str
    tells: dict[str, Any]
    """The fact asked for, and the others; null: the person says that they do not know."""


class Group(Record):
    """Answers shown as one at first, so that nobody reads a page of them."""

    id: str
    label: str
    of: tuple[str, ...]


class QuestionRecord(Record):
    """How a fact is asked for."""

    fact: str
    question: str
    why: str
    kind: Literal["one_of", "many_of", "yes_no", "number", "share", "text"]
    options: tuple[Option, ...] = ()
    together: tuple[Joint, ...] = ()
    """Offered in place of an option with the same value, where the other facts matter too and are not known."""
    groups: tuple[Group, ...] = ()
    """Every option's value in one of them, or no groups at all."""
    tries: tuple[Try, ...] = ()
    edges: tuple[str, ...] = ()
    """Thresholds this number is compared with: a flip names the edge, not some number beyond it."""
    free: str | None = None
    """A hint for typing the answer, with examples."""
    unit: str | None = None
    only_if: When = Field(default_factory=dict)
    """Asked, and counted as missing, only where this holds: the question makes no sense otherwise."""
    tested: bool = False
    """A score that nobody has without a test."""
    asked: bool = True
    """False: never asked; the conversation sets it, or it only colours risks."""
    unsaid: str | None = None
    """The first step when the person cannot say and the recommendation goes on without it."""


class Host(Record):
    """Where a base model is tuned: hosted (the provider holds the weights) or open (adapters are ours)."""

    names: tuple[str, ...]
    """How people name it, lower case."""
    base_prefixes: tuple[str, ...] = ()
    """Base models that only exist there, lower case."""
    hosted: bool
    tuning: Literal["open", "closing", "closed"] = "open"
    source: str


@cache
def rules() -> tuple[Rule, ...]:
    """The rules, in the order they are tried."""
    return read("decision/rules.yaml", tuple[Rule, ...])


@cache
def signals() -> dict[str, tuple[Case, ...]]:
    """What is read out of several facts at once, by name."""
    return read("decision/signals.yaml", dict[str, tuple[Case, ...]])


@cache
def passed_over() -> tuple[PassedOver, ...]:
    """Why rungs are passed over, in order."""
    return read("decision/passed_over.yaml", tuple[PassedOver, ...])


@cache
def risks() -> tuple[Risk, ...]:
    """The risks, in the order they are told."""
    return read("decision/risks.yaml", tuple[Risk, ...])


@cache
def steps() -> tuple[Step, ...]:
    """Next steps shared by several rules."""
    return read("decision/steps.yaml", tuple[Step, ...])


@cache
def hosts() -> dict[str, Host]:
    """Where base models are tuned."""
    return read("decision/hosts.yaml", dict[str, Host])


@cache
def questions() -> dict[str, QuestionRecord]:
    """The questions by fact, in the order of the file."""
    return {q.fact: q for q in read("decision/questions.yaml", tuple[QuestionRecord, ...])}
