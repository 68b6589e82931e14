"""A reply in words to the question that stands: yes, about 40, the second one, the words of an option."""

import re
from functools import cache
from typing import Any, get_args

from agent.ask import Question, QuestionOption
from agent.extract.asides import aside
from agent.extract.find import extract
from agent.extract.numbers import in_dollars
from agent.extract.text import Text
from agent.extract.words import ROOT, Words, read_yaml, words
from agent.facts import Facts

_LEFT = re.compile(r"[^\W\d_\u4e00-\u9fff]+|[\u4e00-\u9fff]")
"""Words and characters behind a "none": "none so far" is nothing, "no, we only have a PDF" is something else."""
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
    every = extract(text, language)
    found = every.get(question.fact)
    if found is not None:
        return found.value
    short = " ".join(text.split())
    if len(short) > _LIMIT or short.endswith("?") or short.endswith("？"):
        return None
    option = option_of(short, question)
    if option is not None:
        return option.value
    several = _several(short, question)
    if several or aside(short):
        return several or None
    for lang in dict.fromkeys((language, "en")):
        w = words(lang)
        if question.kind == "yes_no":
            said = _yes_no(short, question.fact, w, others=bool(every))
            if said is not None:
                return said
        if question.kind in ("number", "share"):
            number = _number(short, question, lang, alone)
            if number is not None:
                return number
    if question.kind == "text" and alone and len(short) <= 60:
        return short
    return None


def _yes_no(short: str, fact: str, w: Words, *, others: bool) -> bool | None:
    """What a reply that begins with yes or no says of the fact asked for; None where it may speak of something else.

    "No, we have no test set" says what there is none of. "Yes, and it does not get there" and "not tried" answer only
    whether a thing was tried.
    """
    tried = fact.endswith("_tried") or fact == "already_tuned"
    if m := w.yes.match(short):
        rest = short[m.end() :]
        return None if not tried and w.negation_inside.search(rest) and not others else True
    if m := w.no.match(short):
        rest = short[m.end() :]
        if others and not _more().match(rest):
            return None
        if _tries().match(rest):
            return False if tried else None
        return None if _none_of().match(short) else False
    return None


@cache
def _more() -> re.Pattern[str]:
    return re.compile(read_yaml(ROOT / "scope.yaml")["and_more"], re.I)


@cache
def _none_of() -> re.Pattern[str]:
    return re.compile(read_yaml(ROOT / "scope.yaml")["none_of"], re.I)


@cache
def _tries() -> re.Pattern[str]:
    return re.compile(read_yaml(ROOT / "scope.yaml")["tries"], re.I)


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
        none = words(language).nothing.match(short) if question.kind == "number" else None
        rest = short[none.end() :] if none else ""
        return 0 if none and len(_LEFT.findall(rest)) <= 2 and not _tries().match(rest) else None
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
