"""One conversation: words in, events out. Extraction, decision and question are the same whichever mind speaks."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from agent import asking, heard, steering
from agent import say as w
from agent.ask import Question
from agent.body import body
from agent.carried import advice, noted_decision
from agent.case import Case, ChatLine, Contradiction, Noted
from agent.decide import decide
from agent.events import Asked, CouldAsk, Event, Finished, Incomplete, Recommended, Said, Understood
from agent.extract import Found, Reading, detect, dismissed, mended, read
from agent.extract.derive import derive_case
from agent.extract.insist import insistence
from agent.extract.scope import corrects, off_topic
from agent.facts import parse_facts
from agent.guided import Call, Script
from agent.kernel import PLUGIN
from agent.plugins import Desk
from agent.recommend import Recommendation
from agent.settings import ModelSettings, model_settings
from agent.speak import Brief, fluent, guided
from agent.weighing import foreign_line, noted, replied, waved_away, weigh
from tools.errors import InputError

HISTORY = 10
"""Lines of the talk that a model is given."""


class Conversation:
    """A case being talked about. One turn at a time; every method yields the turn's events."""

    def __init__(self, case: Case, settings: ModelSettings | None = None, *, owner: str = "local") -> None:
        """Talk about a case.

        Args:
            case: what is known.
            settings: the model to speak with; None: as the environment says.
            owner: whose jobs and plans are read.
        """
        self.case = case
        self.owner = owner
        self._settings = settings

    # ---- what a person can do

    async def say(self, text: str) -> AsyncIterator[Event]:
        """Anything in the person's own words."""
        text = text.strip()
        self.case.turn += 1
        self.case.chat.append(ChatLine(role="user", text=text))
        self.case.language = detect(text, self.case.language)  # type: ignore[assignment]
        async for event in self._kept(self._heard(text)):
            yield event

    async def answer(self, fact: str, value: Any, also: Mapping[str, Any] | None = None) -> AsyncIterator[Event]:
        """A clicked answer; None is "I don't know".

        Args:
            fact: what was asked for.
            value: the answer.
            also: other facts that the option told; None: the person does not know.

        Raises:
            InputError: there is no such fact, or it cannot have that value.
        """
        also = {} if also is None or value is None else also
        parse_facts({fact: value, **also})
        self.case.turn += 1
        if value is None:
            self.case.decline(fact)
            opening = self._words["declined"]
        else:
            told = {f: v for f, v in {fact: value, **also}.items() if v is not None}
            notes = {
                f: Noted(value=v, quote=self._value(f, v), how="answered", turn=self.case.turn) for f, v in told.items()
            }
            self.case.contradictions = [c for c in self.case.contradictions if c.fact not in told]
            self.case.record(notes, kind="answered", unknown=[f for f, v in also.items() if v is None])
            opening = ""
        answered = {} if value is None else {f: self.case.facts[f] for f in told}
        async for event in self._kept(self._concluded(answered, opening=opening)):
            yield event

    async def change(self, fact: str, value: Any) -> AsyncIterator[Event]:
        """Set a fact to another value; None opens it again.

        Raises:
            InputError: there is no such fact, or it cannot have that value.
        """
        parse_facts({fact: value})
        self.case.turn += 1
        self.case.change(fact, value, quote=self._value(fact, value) if value is not None else "")
        async for event in self._kept(self._concluded(self._note(fact), opening=self._changed(fact))):
            yield event

    async def back(self) -> AsyncIterator[Event]:
        """Take the last answer back; only what hangs on it is asked again."""
        self.case.turn += 1
        async for event in self._kept(self._back()):
            yield event

    async def measured(self, notes: dict[str, Noted], *, always: bool = False) -> AsyncIterator[Event]:
        """Figures that a tool found: recorded, and decided anew.

        Args:
            notes: facts with what measured them.
            always: say the recommendation even when these figures leave it as it was.
        """
        before = self._outcome()
        self.case.record(notes, kind="measured")
        if always or self._outcome() != before:
            self.case.turn += 1
            if always:
                self.case.shown = ""
            async for event in self._kept(self._concluded(notes)):
                yield event

    async def why(self) -> AsyncIterator[Event]:
        """Why the question that stands is asked."""
        self.case.turn += 1
        async for event in self._kept(self._why()):
            yield event

    # ---- the deterministic part

    @property
    def _words(self) -> dict[str, Any]:
        return w.book(self.case.language)

    def recommendation(self) -> Recommendation:
        """What the rules say now, with the risks that the person's own estimates and decisions bring."""
        return advice(self.case)

    def _value(self, fact: str, value: Any) -> str:
        return w.value_label(fact, value, self.case.language)

    def _outcome(self) -> tuple[str, str | None, str | None]:
        r = self.recommendation()
        return r.status, r.decision, r.technique

    def question(self) -> Question | None:
        """The question that stands now, in the person's language."""
        return asking.needed(self.case)

    async def _heard(self, text: str) -> AsyncIterator[Event]:
        command = steering.command(text)
        wish = steering.change_of(text, self.case.language)
        asked = asking.standing(self.case) or asking.offered(self.case, text)
        if command == "back":
            stream = self._back()
        elif command == "why" and asked is not None:
            stream = self._why()
        elif command in ("why", "explain"):
            stream = self._concluded({}, said=text, explain=True)
        elif command == "start_over":
            self.case.start_over()
            stream = self._concluded({}, opening=self._words["started_over"])
        elif self.case.suggestions and (command == "confirm" or heard.says_yes(self.case, text, asked)):
            confirmed = heard.confirmed(self.case, asked)
            self.case.record(confirmed, kind="answered")
            stream = self._concluded(confirmed)
        elif self.case.contradictions and (side := steering.newer_or_older(text)):
            stream = self._concluded(self.case.settle(side))
        elif wish is not None and (value := asking.wished(self.case, *wish)) is not None:
            self.case.change(wish[0], value, quote=text)
            stream = self._concluded(self._note(wish[0]), opening=self._changed(wish[0]))
        elif asked is not None and steering.does_not_know(text, self.case.language):
            self.case.contradictions = []
            self.case.decline(asked.fact) if asked.fact not in self.case.facts else None
            stream = self._concluded({}, opening=self._words["declined"])
        else:
            stream = self._understood(text, asked)
        async for event in stream:
            yield event

    async def _understood(self, text: str, asked: Question | None) -> AsyncIterator[Event]:
        language = self.case.language
        numeric = asked is not None and asked.kind == "number"
        mends = mended(text, self.case, answering=numeric)
        reading = Reading(mends, {}) if mends else read(steering.without_doubted(text, language), language)
        found, maybe = heard.vouched(self.case, reading, asked.fact if asked else None)
        gone = dismissed(text, (c.text for c in self.case.chat[:-1] if c.role == "user"), language)
        insists = insistence(text, language)
        if not insists and off_topic(text, bool(found or maybe or gone)) and not steering.known_subject(text, language):
            async for event in self._outside(asked):
                yield event
            return
        notes = {f.fact: noted(f, self.case.turn) for f in found.values()}
        if none := self._none_in_use(text, asked, found):
            notes, asked = {**none, **notes}, None
        unknown: list[str] = []
        if asked is not None and asked.fact not in notes and not mends and not insists:
            told, unknown = replied(text, asked, language, alone=not (found or maybe), turn=self.case.turn)
            notes = {**told, **notes}
        elif asked is not None and asked.fact in notes:
            notes[asked.fact] = notes[asked.fact].model_copy(update={"how": "answered"})
        corrected = bool(mends or gone) or corrects(text) or (asked is not None and asked.fact in notes)
        notes, conflicts = weigh(self.case, waved_away(self.case, gone, text, notes), corrected=corrected, gone=gone)
        if insists:
            self.case.insist(insists)
        foreign = "" if "budget_usd" in notes else foreign_line(text, asked, language)
        answered = asked is not None and asked.fact in notes
        self.case.record(notes, kind="answered" if answered else "said", unknown=unknown)
        self.case.contradictions = [c for c in self.case.contradictions if c.fact not in notes] + conflicts
        async for event in self._concluded(
            notes,
            said=text,
            opening=self._words["none_in_use"] if none else foreign,
            conflicts=conflicts,
            asked=asked,
            insists=bool(insists),
            maybe={f: v for f, v in maybe.items() if f not in notes or f == "gaps"},
        ):
            yield event

    def _none_in_use(self, text: str, asked: Question | None, found: Mapping[str, Found]) -> dict[str, Noted]:
        """Where no AI is in use nothing was tried with a prompt, and what is wrong with its answers is left open."""
        here = "gaps" not in found and "gaps" not in self.case.facts and (asked is None or asked.fact == "gaps")
        quote = steering.none_in_use(text) if here else ""
        if not quote:
            return {}
        self.case.decline("gaps")
        return {"prompt_effort": Noted(value="none", quote=quote, how="said", turn=self.case.turn)}

    def _note(self, fact: str) -> dict[str, Noted]:
        return {fact: self.case.facts[fact]} if fact in self.case.facts else {}

    def _changed(self, fact: str) -> str:
        here = self.case.facts.get(fact)
        value = w.value_label(fact, here.value if here else None, self.case.language)
        what = f"{w.fact_label(fact, self.case.language)}: {value}"
        return str(self._words["changed"].format(what=what))

    async def _back(self) -> AsyncIterator[Event]:
        step = self.case.back()
        if step is None:
            opening = self._words["nothing_to_undo"]
        else:
            names = ", ".join(w.fact_label(f, self.case.language) for f in step.before) or self._words["insistence"]
            opening = self._words["taken_back"].format(what=names)
        async for event in self._concluded({}, opening=opening):
            yield event

    async def _why(self) -> AsyncIterator[Event]:
        question = asking.standing(self.case) or self.question()
        if question is None:
            yield Said(self._words["nothing_open"])
            return
        yield Said("\n\n".join(s for s in (self._words["why"].format(why=question.why), question.free) if s))
        yield Asked(question)

    async def _outside(self, asked: Question | None) -> AsyncIterator[Event]:
        """A friendly pointer; the case stays as it is."""
        outside = decide(self.case.facts_now().having(in_scope=False))
        yield Said(self._words["out_of_scope"])
        yield Recommended(outside, changed=False)
        if asked is not None:
            yield Asked(asked)

    async def _concluded(
        self,
        notes: dict[str, Noted],
        *,
        said: str = "",
        opening: str = "",
        conflicts: Sequence[Contradiction] = (),
        asked: Question | None = None,
        explain: bool = False,
        insists: bool = False,
        maybe: Mapping[str, Found] | None = None,
    ) -> AsyncIterator[Event]:
        """Decide on what is known now, then say it: the part every turn ends with."""
        case, language = self.case, self.case.language
        derive_case(case)
        shown = {f: n for f, n in case.facts.items() if f in notes or (n.derived and n.turn == case.turn)}
        if shown or conflicts:
            yield Understood(shown, tuple(conflicts), text=w.acknowledgement(shown, language))
        half = heard.to_confirm(case, maybe or {})
        heard.remember(case, half)
        enough = asking.enough(case)
        recommendation, question = self.recommendation(), self.question()
        digest = recommendation.model_dump_json(by_alias=True)
        changed = digest != case.shown
        lead = [opening, *(w.contradiction_text(c, language) for c in conflicts), enough]
        tells = recommendation.status == "recommend" and (changed or explain or bool(notes))
        if insists:
            lead.append(noted_decision(case, recommendation))
        elif tells:
            lead.append(w.verdict_sentence(recommendation, language))
        desk = Desk(case=case, said=said, recommendation=recommendation, owner=self.owner)
        script = self._script(desk, said, asked, bool(notes or opening or insists or half), tells, question)
        if text := "\n\n".join(part for part in lead if part):
            yield Said(text + "\n\n")
        else:
            text = ""
        lead_text = f"{text}\n\n" if text else ""
        async for event in self._spoken(desk, script, said, lead_text):
            # A text that is replaced takes only the mind's words back; the lead is the rules' own.
            if isinstance(event, Said) and event.replaces:
                yield Said(lead_text + event.text, replaces=True)
            else:
                yield event
        heard.remember(case, desk.suggestions)
        # What the question that follows proposes is not asked for twice.
        if shown := {f: n for f, n in {**half, **desk.suggestions}.items() if question is None or f != question.fact}:
            yield Understood({}, suggestions=shown, text=heard.asks_right(shown, language))
        case.shown = digest
        yield Recommended(recommendation, changed)
        case.ask(question.fact if question else None)
        if question is not None:
            yield Asked(question)
        elif further := asking.further(case):
            # Not put as the standing question: what is typed next is about the recommendation, not an answer to this.
            case.asked = [*(f for f in case.asked if f != further.fact), further.fact]
            yield CouldAsk(further)

    def _script(
        self, desk: Desk, said: str, asked: Question | None, understood: bool, tells: bool, question: Question | None
    ) -> Script:
        """The functions and the words that this turn calls for."""
        calls = [Call(f"{PLUGIN}-read_recommendation", {})]
        looked_up = steering.knowledge_question(said, self.case.language) if said else None
        if looked_up:
            calls.append(
                Call(f"{PLUGIN}-look_up_knowledge", {"query": steering.searched_for(looked_up, self.case.language)})
            )
        newest = desk.case.datasets[-1].id if desk.case.datasets else ""
        for tool in steering.wanted_tools(said):
            arguments = {"dataset_id": newest} if tool not in ("read_jobs", "read_evals") else {}
            if newest or not arguments:
                calls.append(Call(f"{PLUGIN}-{tool}", arguments))
        return Script(
            tuple(calls),
            lambda _results: body(
                desk, tells=tells, understood=understood, asked=asked, question=question, looked_up=bool(looked_up)
            ),
        )

    async def _spoken(self, desk: Desk, script: Script, said: str, lead: str) -> AsyncIterator[Event]:
        try:
            settings = self._settings or model_settings()
        except InputError as e:
            yield Incomplete(str(e))
            settings = None
        if settings is None or not said:
            async for event in guided(desk, script):
                yield event
            return
        self._mind = "model"
        known = self.case.facts_now().known()
        brief = Brief(known, self.case.chat[:-1][-HISTORY:], self.case.language, lead)
        async for event in fluent(desk, script, brief, settings):
            if isinstance(event, Incomplete):
                self._mind = "guided"
            yield event

    async def _kept(self, stream: AsyncIterator[Event]) -> AsyncIterator[Event]:
        """Pass a turn's events on, and keep what was said."""
        self._mind = "guided"
        text = ""
        async for event in stream:
            if isinstance(event, Said):
                text = event.text if event.replaces else text + event.text
            elif isinstance(event, Asked):
                text = f"{text.rstrip()}\n\n{event.question.question}"
            yield event
        self.case.chat.append(ChatLine(role="assistant", text=text.strip()))
        yield Finished(text.strip(), self._mind)  # type: ignore[arg-type]
