"""What a message adds to a case: what is new, what only grows, and what goes against something said before."""

from collections.abc import Mapping, Set

from agent import say as w
from agent.ask import Question, QuestionOption
from agent.case import Case, Contradiction, Noted
from agent.extract.foreign import foreign_budget
from agent.extract.found import Found
from agent.extract.reply import option_of, read_reply
from agent.facts import GAPS


def noted(found: Found, turn: int) -> Noted:
    """A fact found in a message, with its words."""
    value = list(found.value) if isinstance(found.value, tuple) else found.value
    return Noted(value=value, quote=found.quote, how="said", turn=turn)


def replied(text: str, asked: Question, language: str, *, alone: bool, turn: int) -> tuple[dict[str, Noted], list[str]]:
    """What a reply to a question says: facts, and those of which it says that they are not known.

    Args:
        text: the person's words.
        asked: the question that stands.
        language: of the words.
        alone: nothing else was understood in them.
        turn: of the talk.
    """
    value = read_reply(text, asked, language, alone=alone)
    if value is None:
        return {}, []
    option = option_of(text, asked)
    told = {asked.fact: value, **(option.also if option else {})}
    notes = {f: Noted(value=v, quote=text[:200], how="answered", turn=turn) for f, v in told.items() if v is not None}
    return notes, [f for f, v in told.items() if v is None]


def weigh(
    case: Case, notes: Mapping[str, Noted], *, corrected: bool, gone: Set[str] = frozenset()
) -> tuple[dict[str, Noted], list[Contradiction]]:
    """Split a message's facts into what to record and what it contradicts.

    Args:
        case: what was known before.
        notes: the message's facts.
        corrected: the person mends what they said, so that nothing is a contradiction.
        gone: gaps that the message waves away.

    Returns:
        Facts to record (gaps as the union of old and new), and the contradictions; there the newer value is recorded.
    """
    fresh: dict[str, Noted] = {}
    conflicts: list[Contradiction] = []
    for fact, new in notes.items():
        old = case.facts.get(fact)
        if old is None or old.derived:
            fresh[fact] = new
        elif fact == "gaps" and "none" not in new.value and "none" not in old.value:
            both = [g for g in GAPS if (g in old.value and g not in gone) or g in new.value]
            if both != list(old.value):
                fresh[fact] = new.model_copy(update={"value": both})
        elif new.value != old.value:
            fresh[fact] = new
            grown = fact == "prompt_effort" and w.more_effort(old.value, new.value)
            if not corrected and not grown:
                conflicts.append(Contradiction(fact=fact, older=old, newer=new))
    return fresh, conflicts


def waved_away(case: Case, gone: Set[str], text: str, notes: Mapping[str, Noted]) -> dict[str, Noted]:
    """The message's facts with the gaps that are left of those known; open again where none is.

    Args:
        case: what was known before; what is waved away no longer waits for a yes there.
        gone: gaps that the message waves away.
        text: the message.
        notes: its facts.
    """
    known, waiting = case.facts.get("gaps"), case.suggestions.get("gaps")
    if waiting is not None and gone & set(waiting.value):
        left = [g for g in waiting.value if g not in gone]
        del case.suggestions["gaps"]
        if left:
            case.suggestions["gaps"] = waiting.model_copy(update={"value": left})
    if "gaps" in notes or known is None or known.derived or not gone & set(known.value):
        return dict(notes)
    if left := [g for g in known.value if g not in gone]:
        return {**notes, "gaps": Noted(value=left, quote=text[:200], how="said", turn=case.turn)}
    case.change("gaps", None)
    return dict(notes)


def foreign_line(text: str, asked: Question | None, language: str) -> str:
    """One line where the budget was named in another currency: no rate is guessed, so it stays not known."""
    named = foreign_budget(text, language, asked=asked is not None and asked.fact == "budget_usd")
    return str(w.book(language)["other_currency"].format(sum=named)) if named else ""


def which(c: Contradiction, language: str) -> Question:
    """The question that a contradiction asks: both sayings, the newer first."""
    words = w.book(language)

    def label(n: Noted) -> str:
        quoted = f" ({n.quote})" if n.quote else ""
        return f"{w.value_label(c.fact, n.value, language)}{quoted}"

    return Question(
        fact=c.fact,
        question=words["which"].format(fact=w.fact_label(c.fact, language)),
        why=words["which_why"],
        options=tuple(QuestionOption(value=n.value, label=label(n)) for n in (c.newer, c.older)),
        kind="one_of",
    )
