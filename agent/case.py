"""One person's undertaking: the facts with where each comes from, what was asked, and what was made on the way."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.facts import Facts, parse_facts
from tools.evidence import Evidence

Persona = Literal["newcomer", "practitioner", "decision_maker"]
Language = Literal["en", "de", "es", "fr", "zh"]
How = Literal["said", "answered", "measured"]
AGAINST_TARGET = "no_llm_meets_target"
"""Nobody is asked for it, so that nothing but the next measurement could set it right."""


class Noted(BaseModel):
    """A fact's value and where it comes from."""

    model_config = ConfigDict(frozen=True)

    value: Any
    quote: str = ""
    """The person's own words, verbatim, or the name of what measured it."""
    how: How = "said"
    turn: int = 0
    derived: bool = False
    """Follows from other facts; goes when they go, and gives way to anything said."""
    by_model: bool = False
    """Read by a model: it waits for the person's yes, and speaks for nothing else that is heard."""


class Step(BaseModel):
    """What one turn changed, so that it can be taken back."""

    turn: int
    kind: Literal["said", "answered", "declined", "changed", "measured", "insisted"]
    asked: str | None = None
    """The fact whose question stood when this step was made."""
    before: dict[str, Noted | None] = Field(default_factory=dict)
    """Each fact touched, as it was; None where it was unknown."""
    declined_before: list[str] = Field(default_factory=list)
    insists_before: str = ""
    """Of a step `insisted` only."""


class Contradiction(BaseModel):
    """The person said two things; the newer one counts until they say otherwise."""

    model_config = ConfigDict(frozen=True)

    fact: str
    older: Noted
    newer: Noted


class DatasetRef(BaseModel):
    """A file that the person gave. Tools and models name it by `id` only; the path is never theirs to choose."""

    id: str
    name: str
    path: str


class ChatLine(BaseModel):
    """One line of the talk, for a restart and for a model's context."""

    role: Literal["user", "assistant"]
    text: str


class Case(BaseModel):
    """Everything a conversation needs to go on after a restart; JSON in and out."""

    model_config = ConfigDict(validate_assignment=True)

    id: str = Field(default_factory=lambda: "c" + secrets.token_hex(6))
    created: datetime = Field(default_factory=lambda: datetime.now(UTC))
    persona: Persona = "newcomer"
    language: Language = "en"
    turn: int = 0
    facts: dict[str, Noted] = Field(default_factory=dict)
    declined: list[str] = Field(default_factory=list)
    asking: str | None = None
    """The fact whose question stands now."""
    asked: list[str] = Field(default_factory=list)
    """Every fact that was asked, in order."""
    unasked: list[str] = Field(default_factory=list)
    """Those of `declined` that nobody refused: the interview had grown too long to ask for them."""
    steps: list[Step] = Field(default_factory=list)
    suggestions: dict[str, Noted] = Field(default_factory=dict)
    """What was read on weak evidence, or by a model: shown to confirm, never counted before that."""
    half_heard: list[str] = Field(default_factory=list)
    """Each of these as FACT=VALUE, so that nothing is shown to confirm twice."""
    contradictions: list[Contradiction] = Field(default_factory=list)
    """Those still open."""
    shown: str = ""
    """The recommendation last shown, as JSON, to tell whether it has changed."""
    chat: list[ChatLine] = Field(default_factory=list)
    datasets: list[DatasetRef] = Field(default_factory=list)
    plans: list[str] = Field(default_factory=list)
    jobs: list[str] = Field(default_factory=list)
    evals: list[str] = Field(default_factory=list)
    evidence: list[Evidence] = Field(default_factory=list)
    assumed: dict[str, str] = Field(default_factory=dict)
    """Assumptions of the cost estimate that the person changed, by name."""
    cost_risks: list[str] = Field(default_factory=list)
    """What the latest estimates say against tuning there: carried by every recommendation to train."""
    insists: str = ""
    """The person's words that they must train whatever is advised; empty when they did not say so. Decides nothing."""

    def files(self) -> list[DatasetRef]:
        """What the person gave or had made of it, in order; not the parts that a split made (`ID.train`)."""
        return [ref for ref in self.datasets if "." not in ref.id]

    def facts_now(self) -> Facts:
        """The facts that count."""
        return parse_facts({name: noted.value for name, noted in self.facts.items()}, where=f"case {self.id}")

    def record(
        self,
        found: dict[str, Noted],
        kind: Literal["said", "answered", "changed", "measured"] = "said",
        unknown: Sequence[str] = (),
    ) -> None:
        """Put facts in as one step that `back` can undo. Values are checked.

        Args:
            found: facts with where each comes from.
            kind: how they came.
            unknown: facts of which the same answer says that they are not known.

        Raises:
            InputError: a fact or a value that the contract does not know.
        """
        checked = parse_facts({name: noted.value for name, noted in found.items()}).known()
        step = Step(turn=self.turn, kind=kind, asked=self.asking, declined_before=list(self.declined))
        for name, noted in found.items():
            value = checked.get(name)
            if value is None:
                continue
            step.before[name] = self.facts.get(name)
            self.facts[name] = noted.model_copy(update={"value": value})
            self.suggestions.pop(name, None)
            if name in self.declined:
                self.declined.remove(name)
            if name in self.unasked:
                self.unasked.remove(name)
        for name in unknown:
            step.before[name] = self.facts.pop(name, None)
            if name not in self.declined:
                self.declined.append(name)
        self._forget_outdated(step.before)
        if step.before:
            self.steps.append(step)

    def settle(self, side: str) -> dict[str, Noted]:
        """Of the two things said last, the `newer` or the `older` holds: one step that `back` can undo."""
        last = self.contradictions[-1]
        held = (last.newer if side == "newer" else last.older).model_copy(update={"how": "answered"})
        self.contradictions = self.contradictions[:-1]
        self.record({last.fact: held}, kind="answered")
        return {last.fact: held}

    def decline(self, fact: str) -> None:
        """The person does not know, or will not say: the fact stays unknown and is not asked again.

        Raises:
            InputError: there is no such fact.
        """
        parse_facts({fact: None})
        before = {fact: self.facts.get(fact)}
        self.steps.append(
            Step(turn=self.turn, kind="declined", asked=fact, before=before, declined_before=list(self.declined))
        )
        self.facts.pop(fact, None)
        self._forget_outdated(self.steps[-1].before)
        self.suggestions.pop(fact, None)
        if fact not in self.declined:
            self.declined.append(fact)

    def insist(self, quote: str) -> None:
        """The person says that they must train: noted as their own decision, which `back` can undo."""
        self.steps.append(Step(turn=self.turn, kind="insisted", asked=self.asking, insists_before=self.insists))
        self.insists = quote

    def change(self, fact: str, value: Any, quote: str = "") -> None:
        """Set a fact anew (None makes it unknown and open to be asked again).

        Raises:
            InputError: a fact or a value that the contract does not know.
        """
        self.contradictions = [c for c in self.contradictions if c.fact != fact]
        # Who changes their story begins it anew: the questions that hang on it are not too many.
        self.asked = []
        if value is not None:
            self.record({fact: Noted(value=value, quote=quote, how="answered", turn=self.turn)}, kind="changed")
            return
        parse_facts({fact: None})
        before = {fact: self.facts.get(fact)}
        self.steps.append(Step(turn=self.turn, kind="changed", before=before, declined_before=list(self.declined)))
        self.facts.pop(fact, None)
        self._forget_outdated(self.steps[-1].before)
        if fact in self.declined:
            self.declined.remove(fact)

    def _forget_outdated(self, before: dict[str, Noted | None]) -> None:
        """What was measured against a target says nothing of another one; `before` is of the step that changes it."""
        if AGAINST_TARGET not in self.facts or AGAINST_TARGET in before or "target_score" not in before:
            return
        old, new = before["target_score"], self.facts.get("target_score")
        if old is None or new is None or old.value != new.value:
            before[AGAINST_TARGET] = self.facts.pop(AGAINST_TARGET)

    def back(self) -> Step | None:
        """Undo the last answer (or, when there was none, the last thing said). Every other fact stays.

        Returns:
            The step undone, or None when there is nothing to take back.
        """
        answers = [i for i, s in enumerate(self.steps) if s.kind in ("answered", "declined", "insisted")]
        if not self.steps:
            return None
        step = self.steps.pop(answers[-1] if answers else -1)
        if step.kind == "insisted":
            self.insists = step.insists_before
        for name, noted in step.before.items():
            if noted is None:
                self.facts.pop(name, None)
            else:
                self.facts[name] = noted
        newly = set(self.declined) - set(step.declined_before)
        self.declined = [d for d in self.declined if d not in newly or d not in step.before]
        self.declined += [d for d in step.declined_before if d in step.before and d not in self.declined]
        self.contradictions = [c for c in self.contradictions if c.fact not in step.before]
        return step

    def ask(self, fact: str | None) -> None:
        """Note which question stands now."""
        self.asking = fact
        if fact is not None and (not self.asked or self.asked[-1] != fact):
            self.asked.append(fact)

    def answered(self) -> int:
        """How many questions were answered, an "I don't know" among them."""
        refused = set(self.declined) - set(self.unasked)
        return sum(fact in self.facts or fact in refused for fact in set(self.asked))

    def leave_open(self, facts: Sequence[str]) -> None:
        """Go on without these facts though nobody was asked for them; none: ask again for those left open before."""
        self.declined = [d for d in self.declined if d not in self.unasked] + list(facts)
        self.unasked = list(facts)

    def start_over(self) -> None:
        """Forget the facts and the questions; files, plans, jobs and evaluations stay."""
        self.facts, self.suggestions = {}, {}
        self.declined, self.asked, self.steps, self.contradictions, self.chat = [], [], [], [], []
        self.half_heard = []
        self.asking, self.shown, self.unasked = None, "", []
        self.assumed, self.cost_risks, self.insists = {}, [], ""
