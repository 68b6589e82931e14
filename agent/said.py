"""What tools say, in the person's language.

A tool speaks English, and so do its records. Here its sentence is found again by its template, as a message catalogue
does, and said in another language with its values written as that language writes them. What no template knows (a
provider's own words, a file's text, a name) stays as it is.
"""

import re
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from string import Formatter
from typing import NamedTuple

from babel.core import Locale
from babel.numbers import format_decimal

from knowledge.said_words import LANGUAGES, said_words
from tools.report.forms import Forms

LONGEST = 3000
"""Characters; a longer text is no sentence of ours."""
_CUT = re.compile(r"(?<=[.!?]) |; |: |：|, | · |\n")
_FIGURE = r"[+−-]?\$?\d[\d,]*(?:\.\d+)?(?: ?%)?"
_SPREAD = re.compile(rf"{_FIGURE}(?: to {_FIGURE})?(?: \({_FIGURE} to {_FIGURE}\))?")
_NUMBER = re.compile(r"([+−-]?)([1-9]\d{0,2}(?:,\d{3})+|\d+)(\.\d+)?( ?%)?")
_MONEY = re.compile(r"(?:\$(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?) USD)")
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
_POINT_GROUPS = ("de", "es")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ZH = {". ": "。", "; ": "；", ": ": "：", ", ": "，"}


class _Template(NamedTuple):
    pieces: tuple[str, ...]
    """What stands in it beside its holes; all of it must occur."""
    pattern: re.Pattern[str]
    holes: dict[str, str]
    """Group of the pattern -> hole."""
    said: str


def said(text: str, language: str, *, whole: bool = False) -> str:
    """A tool's text in a language; English, and what is not known, comes back unchanged.

    Args:
        text: a sentence, or several joined by full stops, colons or semicolons.
        language: two letters.
        whole: only as one piece, for short texts that may be a person's own.
    """
    if language not in LANGUAGES or not text or len(text) > LONGEST:
        return text
    return _said(text, language, whole)


@lru_cache(maxsize=4096)
def _said(text: str, language: str, whole: bool) -> str:
    found = _piece(text, language)
    if found is not None or whole:
        return text if found is None else found
    starts = [0, *(m.end() for m in _CUT.finditer(text))]
    ends = [*(m.start() for m in _CUT.finditer(text)), len(text)]
    out, at = "", 0
    while at < len(starts):
        for to in range(len(ends) - 1, at - 1, -1):
            piece = text[starts[at] : ends[to]]
            found = _piece(piece, language) if " " in piece else None
            if found is not None:
                break
        else:
            to, found = at, _left(text[starts[at] : ends[at]], language)
        between = text[ends[to] : starts[to + 1]] if to + 1 < len(starts) else ""
        out += found + _joint(found, between, language)
        at = to + 1
    return out


def _left(piece: str, language: str) -> str:
    """A piece that no template knows: a name, or somebody else's words; only a figure in it is ours."""
    if language in _POINT_GROUPS and _GROUPED.fullmatch(piece):
        return piece  # a count that stands in the reader's form already, such as 3.000
    return _figures(piece, language)


def _joint(before: str, between: str, language: str) -> str:
    if language != "zh":
        spaced = language == "fr" and between in ("; ", ": ") and not before[-1:].isspace()
        return f" {between}" if spaced else between
    return "" if between == " " and before.endswith(("。", "！", "？")) else _ZH.get(between, between)


def _piece(text: str, language: str) -> str | None:
    """One sentence; its full stop and its first letter may differ from the template's."""
    for find, (form, raised) in ((find, form) for find in (_exact, _match) for form in _forms(text)):
        found = find(form, language)
        if found is not None:
            if raised:
                found = found[:1].upper() + found[1:]
            if form.endswith(".") and not text.endswith("."):
                return found.rstrip(".。")
            if text.endswith(".") and not found.endswith((".", "。", "!", "?")):
                found += "。" if language == "zh" else "."
            return found
    return None


def _forms(text: str) -> list[tuple[str, bool]]:
    """The text as it is, with or without its full stop, and each of these with a small first letter."""
    forms = [text, text.removesuffix(".") if text.endswith(".") else f"{text}."]
    raised = [form[:1].lower() + form[1:] for form in forms] if text[:1].isupper() else []
    return [*((form, False) for form in forms), *((form, True) for form in raised)]


def _exact(text: str, language: str) -> str | None:
    plain = said_words(language).get(text)
    return None if plain is None or "{" in plain else plain


def _match(text: str, language: str) -> str | None:
    for t in _templates(language):
        if all(piece in text for piece in t.pieces):
            m = t.pattern.fullmatch(text)
            if m:
                values = {hole: _value(m[group], language) for group, hole in t.holes.items()}
                return t.said.format(**values)
    return None


@cache
def _templates(language: str) -> tuple[_Template, ...]:
    """Those with holes, the most words first: the most exact one wins."""
    made = [_compiled(english, own) for english, own in said_words(language).items() if "{" in english]
    return tuple(sorted(made, key=lambda t: -sum(len(p) for p in t.pieces)))


def _compiled(english: str, own: str) -> _Template:
    pattern = ""
    pieces: list[str] = []
    holes: dict[str, str] = {}
    for literal, hole, _, _ in Formatter().parse(english):
        pattern += re.escape(literal)
        if literal:
            pieces.append(literal)
        if hole is not None:
            if hole in holes.values():
                pattern += f"(?P=h_{hole})"
            else:
                pattern += f"(?P<h_{hole}>{_taken(hole)})"
                holes[f"h_{hole}"] = hole
    return _Template(tuple(pieces), re.compile(pattern, re.DOTALL), holes, own)


def _taken(hole: str) -> str:
    """What a hole takes: {SUM} a figure, a day or a range of figures, {Name} one word, {what} anything."""
    if hole.isupper():
        return rf"{_DAY.pattern}|{_SPREAD.pattern}"
    return r"\S+" if hole[:1].isupper() else ".+?"


def _value(text: str, language: str) -> str:
    figure = _figures(text, language)
    return figure if figure != text else _said(text, language, False) if " " in text else _word(text, language)


def _word(text: str, language: str) -> str:
    return said_words(language).get(text, text)


def _figures(text: str, language: str) -> str:
    """A number, a sum or a day that stands alone, as the language writes it."""
    if m := _MONEY.fullmatch(text):
        amount = Decimal((m[1] or m[2]).replace(",", ""))
        whole = "." not in (m[1] or m[2])
        forms = Forms(language)
        return forms.usd(amount) if whole or amount < Decimal("0.01") else forms.cents(amount)
    if (m := _NUMBER.fullmatch(text)) and ("," in m[2] or m[3] or m[4]):
        places = "." + "0" * (len(m[3]) - 1) if m[3] else ""
        grouped = format_decimal(
            Decimal(m[2].replace(",", "") + (m[3] or "")), f"#,##0{places}", locale=_locale(language)
        )
        percent = ("%" if language == "zh" else "\u00a0%") if m[4] else ""
        return f"{m[1]}{grouped}{percent}"
    if " to " in text and _SPREAD.fullmatch(text):
        return re.sub(_FIGURE, lambda m: _figures(m[0], language), text.replace(" to ", " – "))
    if _DAY.fullmatch(text):
        try:
            return Forms(language).day(date.fromisoformat(text))
        except ValueError:
            return text
    return text


@cache
def _locale(language: str) -> Locale:
    return Locale.parse("zh_Hans" if language == "zh" else language)
