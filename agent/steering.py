"""What a message asks of the conversation itself: back, why, change this to that, look something up, use a tool."""

import re
from functools import cache

from agent.extract.asides import aside
from agent.extract.words import read_yaml, words
from agent.facts import FACT_NAMES
from agent.say import ROOT, book, fact_label
from knowledge.glossary import glossary, terms_in

WHOLE = ("back", "why", "start_over", "confirm", "explain")
TOOLS = {
    "lint": "lint_dataset",
    "tokens": "count_tokens",
    "cost": "estimate_cost",
    "plan": "propose_plan",
    "jobs": "read_jobs",
    "evals": "read_evals",
}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(text, re.I) for name, text in read_yaml(ROOT / "commands.yaml").items()}


def command(text: str) -> str | None:
    """A message that is nothing but a command: one of `WHOLE`."""
    short = " ".join(text.split())
    if len(short) > 120:
        return None
    return next((name for name in WHOLE if _patterns()[name].match(short)), None)


def newer_or_older(text: str) -> str | None:
    """Of two things said, the one that a short message means: newer or older."""
    short = " ".join(text.split())
    return next((name for name in ("newer", "older") if len(short) <= 60 and _patterns()[name].match(short)), None)


def change_of(text: str, language: str) -> tuple[str, str] | None:
    """`change X to Y`: the fact meant and the words for its value; None when no fact is named."""
    m = _patterns()["change"].match(" ".join(text.split()))
    if m is None:
        return None
    fact = named_fact(m["fact"], language)
    return (fact, m["value"]) if fact else None


def named_fact(name: str, language: str) -> str | None:
    """The fact that a person means by a name: its own, its label, or close to one."""
    from difflib import get_close_matches

    wanted = name.strip().lower().replace("-", " ").replace("_", " ")
    names: dict[str, str] = {}
    for fact in FACT_NAMES:
        names[fact.replace("_", " ")] = fact
        for spoken in {"en", language}:
            names[fact_label(fact, spoken).lower()] = fact
    names |= book("en")["aliases"] | book(language)["aliases"]
    if wanted in names:
        return names[wanted]
    for label, fact in sorted(names.items(), key=lambda n: -len(n[0])):
        if len(label) > 3 and re.search(rf"(?<!\w){re.escape(label)}(?!\w)", wanted):
            return fact
    close = get_close_matches(wanted, names, n=1, cutoff=0.75)
    return names[close[0]] if close else None


def does_not_know(text: str, language: str) -> bool:
    """Whether the message says that the person does not know."""
    short = text.strip()
    return len(short) <= 80 and any(words(lang).unknown.match(short) for lang in dict.fromkeys((language, "en")))


def none_in_use(text: str) -> str:
    """The person's words for it that no AI is in use yet; empty when they do not say so."""
    m = _patterns()["none_in_use"].search(" ".join(text.split())[:2000])
    return m[0] if m else ""


def wanted_tools(text: str) -> list[str]:
    """Kernel functions that the message plainly asks for."""
    return [tool for name, tool in TOOLS.items() if _patterns()[name].search(text)]


def asks_versus(text: str) -> bool:
    """Whether training and retrieval are weighed against each other."""
    return bool(_patterns()["versus"].search(text) and _patterns()["knowledge"].search(text))


def knowledge_question(text: str, language: str) -> str | None:
    """The part of a message that asks about the subject itself rather than for advice on a task; None without one."""
    heard = " ".join(_doubted(text, language))
    for sentence in _sentences(text):
        if _patterns()["knowledge"].search(sentence):
            return sentence
        asks = sentence.endswith(("?", "？")) and not _patterns()["own"].search(sentence)
        if asks and _fields_words(sentence, language):
            return heard or sentence
    return heard or None


def without_doubted(text: str, language: str) -> str:
    """A message without what somebody said of the subject and what is asked of that: heard, and no fact of the task.

    Nothing is left of a message that asks something of the adviser and nothing else.
    """
    if aside(text) not in (None, "data"):
        return ""
    for sentence in _doubted(text, language):
        text = text.replace(sentence, " ", 1)
    return text


def _doubted(text: str, language: str) -> list[str]:
    """What somebody says of the subject, with the "is that true?" that follows it."""
    before = ""
    for sentence in _sentences(text):
        claim = [s for s in (before, sentence) if s]
        if _patterns()["echo"].search(sentence) and _fields_words(" ".join(claim), language):
            return claim
        before = sentence
    return []


def _sentences(text: str) -> list[str]:
    return [s.strip() for s in re.split(r"(?<=[.!?。！？])\s*|\n", text) if 0 < len(s.strip()) < 400]


def _fields_words(text: str, language: str) -> bool:
    """Whether a word of the field stands there that people do not use of their own task."""
    return any(not _patterns()["everyday_terms"].match(key) for _, _, key in terms_in(text, language))


def searched_for(question: str, language: str) -> str:
    """What to search the pages for, which are English: the question, or the field's words in it by their English name.

    The words alone where the question is in another language, or where it would find nothing that speaks of them.
    """
    asked_of = [key for _, _, key in terms_in(question, language)]
    if language == "en":
        from knowledge.search import search

        found = search(question[:300], 1)
        if not asked_of or (found and {key for _, _, key in terms_in(found[0].text)} & {*asked_of}):
            return question
    return f"What is {' '.join(glossary()[key].word for key in asked_of)}?" if asked_of else question


def known_subject(text: str, language: str) -> bool:
    """Whether a message asks for something that the knowledge pages answer, or of the adviser itself."""
    if aside(text):
        return True
    if knowledge_question(text, language) is None:
        return False
    from knowledge.search import search

    return bool(search(searched_for(text, language), 1))
