"""What a case is asked: the question that stands, the one left open under a recommendation, and when to stop asking."""

from typing import Any

from agent import say as w
from agent import steering
from agent.ask import Question, next_question, plain, question_for, sharpening_question
from agent.case import Case
from agent.conclude import conclude
from agent.extract.reply import read_reply
from agent.facts import parse_facts
from agent.heard import proposing
from agent.weighing import which
from knowledge.thresholds import threshold
from tools.errors import InputError

SHORT = 60
"""Characters of what can be nothing but an answer."""


def needed(case: Case) -> Question | None:
    """The question to put now, in the person's language; None when enough is known for a recommendation."""
    if case.contradictions:
        return which(case.contradictions[-1], case.language)
    found = next_question(case.facts_now(), frozenset(case.declined))
    return _put(case, found) if found else None


def further(case: Case) -> Question | None:
    """The question that could still change a recommendation, in the person's language."""
    found = sharpening_question(case.facts_now(), frozenset(case.declined), case.answered())
    return _put(case, found) if found else None


def standing(case: Case) -> Question | None:
    """The question that was put last: most often the needed one, or one that a person asked to be asked."""
    fact, found = case.asking, needed(case)
    if fact is None or (found is not None and found.fact == fact):
        return found if fact else None
    try:
        return _asked(case, fact)
    except KeyError:
        return found


def offered(case: Case, text: str) -> Question | None:
    """The question that was left open under a recommendation, where the text is nothing but its answer."""
    fact = case.asked[-1] if case.asked and case.asking is None else None
    if fact is None or fact in plain(case.facts_now()) or fact in case.declined or len(text) > SHORT:
        return None
    question = _asked(case, fact)
    unknown = steering.does_not_know(text, case.language)
    direct = question.kind != "text" and read_reply(text, question, case.language) is not None
    return question if unknown or direct else None


def _asked(case: Case, fact: str) -> Question:
    return _put(case, question_for(fact, plain(case.facts_now()), frozenset(case.declined)))


def _put(case: Case, question: Question) -> Question:
    """In the person's language, with what was half heard of it as the proposed answer."""
    return proposing(case, w.translated(question, case.language))


def wished(case: Case, fact: str, words: str) -> Any:
    """The value that somebody wants a fact changed to; None where the words name none that it can have."""
    try:
        question = question_for(fact)
    except KeyError:
        question = Question(fact=fact, question="", why="", options=(), kind="text")
    value = read_reply(words, question, case.language)
    try:
        parse_facts({fact: value})
    except InputError:
        return None
    return value


def enough(case: Case) -> str:
    """Stop a long interview: what is still needed counts as not known. Returns the sentence that says so, once."""
    before = set(case.unasked)
    case.leave_open(())
    if case.answered() < threshold("decision.most_questions"):
        return ""
    # One fact that cannot be said may open the need of another.
    while needs := conclude(plain(case.facts_now()), frozenset(case.declined)).open_needs:
        case.leave_open([*case.unasked, *needs])
    new = [f for f in case.unasked if f not in before]
    names = ", ".join(w.fact_label(f, case.language) for f in new)
    return str(w.book(case.language)["enough_asked"]).format(facts=names) if new else ""
