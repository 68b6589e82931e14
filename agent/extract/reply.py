"""A reply in words to the question that stands: yes, about 40, the second one, the words of an option."""

import re
from typing import Any, get_args

from agent.ask import Question, QuestionOption
from agent.extract.find import extract
from agent.extract.numbers import in_dollars
from agent.extract.text import Text
from agent.extract.words import words
from agent.facts import Facts

_LIMIT = 160
"""Characters; what is longer is talk, not a reply to one question."""


def read_reply(text: str, question: Question, language: str = "en", *, alone: bool = True) -> Any:
    """The value that a reply gives to the question's fact; None when it gives none.

    Args:
        text: what the person wrote.
        question: the one that stands.
        language: of the reply.
        alone: the reply is nothing but an answer (words after `change X to`), so that bare numbers count.
    """
    found = extract(text, language).get(question.fact)
    if found is not None:
        return found.value
    short = " ".join(text.split())
    if len(short) > _LIMIT or short.endswith("?") or short.endswith("？"):
        return None
    option = option_of(short, question)
    if option is not None:
        return option.value
    several = _several(short, question)
    if several:
        return several
    for lang in dict.fromkeys((language, "en")):
        w = words(lang)
        if question.kind == "yes_no":
            if w.yes.match(short):
                return True
            if w.no.match(short):
                return False
        if question.kind in ("number", "share"):
            number = _number(short, question, lang, alone)
            if number is not None:
                return number
    if question.kind == "text" and alone and len(short) <= 60:
        return short
    return None


def option_of(text: str, question: Question) -> QuestionOption | None:
    """The option that a reply means, by number ("2"), value or label."""
    plain = _plain(text)
    if not plain:
        return None
    if question.options and question.kind not in ("number", "share") and re.fullmatch(r"\(?\d{1,2}[.)]?", text.strip()):
        place = int(re.sub(r"\D", "", text))
        return question.options[place - 1] if 1 <= place <= len(question.options) else None
    for option in question.options:
        value = option.value[0] if isinstance(option.value, list | tuple) and option.value else option.value
        if plain == _plain(option.label) or (plain == _plain(str(value)) and not isinstance(value, bool)):
            return option
    if question.kind == "one_of" and len(plain) >= 4:
        holding = [o for o in question.options if plain in _plain(o.label) or _plain(o.label) in plain]
        if len(holding) == 1:
            return holding[0]
    return None


def _several(text: str, question: Question) -> list[Any]:
    """Where several may hold, their numbers: "1, 4"."""
    if question.kind != "many_of" or not re.fullmatch(r"\d{1,2}(?:[\s,;+&、，]+\d{1,2})+", text):
        return []
    places = [int(n) for n in re.findall(r"\d+", text)]
    if not all(1 <= place <= len(question.options) for place in places):
        return []
    return list(dict.fromkeys(v for place in places for v in question.options[place - 1].value))


def _plain(text: str) -> str:
    return re.sub(r"[^\w\s]", "", text.lower().replace("_", " ")).strip()


def _number(short: str, question: Question, language: str, alone: bool) -> float | int | None:
    text = Text(short, words(language))
    if not text.numbers:
        return 0 if words(language).nothing.match(short) and question.kind == "number" else None
    if len(text.numbers) > 1 or (not alone and len(short.split()) > 6):
        return None
    number = text.numbers[0]
    if number.kind == "money" and not in_dollars(text.low, number.start, number.end):
        return None  # no sum in dollars, and no count of anything
    value = number.value
    if question.kind == "share":
        value = value / 100 if number.kind == "count" and value > 1 else value
        return round(value, 6) if 0 <= value <= 1 else None
    if number.kind == "share":
        return None
    if question.fact == "requests_per_day":
        data = words(language).data
        for period, factor in data.periods.items():
            if re.search(rf"(?<![a-z]){period}(?![a-z])", text.low[number.end :]):
                return round(value * factor, 2)
        return value
    whole = int in get_args(Facts.model_fields[question.fact].annotation) or "Count" in str(
        Facts.model_fields[question.fact].annotation
    )
    return int(value) if whole or float(value).is_integer() else value
