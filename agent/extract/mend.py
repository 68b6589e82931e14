"""Numbers that a person takes back: "300, no wait, 80", "80, not 300", and "sorry, I meant 80" in the next message."""

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from agent.extract.found import Found
from agent.extract.numbers import Kind, Number, in_dollars
from agent.extract.scope import corrects
from agent.extract.words import ROOT, read_yaml, words

if TYPE_CHECKING:
    from agent.case import Case

_LONGEST = 80
"""Characters between two numbers, and of a message that does nothing but mend one."""
_SPACES = re.compile(r"\s+")
_KIND: dict[str, Kind] = {
    "baseline_score": "share",
    "teacher_score": "share",
    "target_score": "share",
    "budget_usd": "money",
}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    data = {name: text.replace(" ", "") for name, text in read_yaml(ROOT / "mend.yaml").items()}
    thing = r"(?P<thing>(?:\s?[^\W\d_](?:[\w'/-]|\s(?=\w))*?)?)"  # what is counted: words without a stop
    then = rf"[\s,:.!…—–-]*(?:(?:{data['then']})[\s,]*)*"
    return {
        "again": re.compile(rf"{thing}\s*[,.;:…(—–-]*\s*(?<![^\W\d_])(?:{data['again']}){then}"),
        "again_zh": re.compile(rf"{thing}[,.;:…(—–-]+\s*(?:{data['again']}){then}"),
        "not": re.compile(rf"{thing}(?:{data['not']})"),
        "but": re.compile(rf"{thing}(?:{data['but']})"),
        "denied": re.compile(data["denied"]),
        "alone": re.compile(rf"^\W*(?:{data['again']}){then}$"),
        "ends": re.compile(data["ends"]),
    }


def mend(low: str, numbers: Sequence[Number]) -> list[Number]:
    """The numbers as the person means them in the end: each that is taken back has the value named after it.

    Args:
        low: lower-cased text.
        numbers: found in it, left to right.
    """
    result: list[Number] = []
    for number in numbers:
        both = _joined(low, result[-1], number) if result else None
        if both is None:
            result.append(number)
        else:
            result[-1] = both[0]
    return result


def _joined(low: str, first: Number, second: Number) -> tuple[Number, Number] | None:
    """One number out of two of which one is taken back, and that one; None where both stand."""
    between = low[max(first.end, first.until) : second.start]
    if len(between) > _LONGEST or second.end - first.start > 3 * _LONGEST:  # nobody takes it back for ever
        return None
    between = _SPACES.sub(" ", between)  # columns of a pasted table are walked once
    p, after = _patterns(), low[second.end : second.end + _LONGEST]
    denied = p["denied"].search(low[max(0, first.start - 16) : first.start])
    if denied and (m := p["but"].fullmatch(between)):
        begin, right, wrong = first.start - len(denied.group()), second, first
    elif (m := p["again"].fullmatch(between) or p["again_zh"].fullmatch(between)) and _same(after, m["thing"]):
        begin, right, wrong = first.start, second, first
    elif (m := p["not"].fullmatch(between)) and _same(after, m["thing"] or ("%" if first.kind == "share" else "")):
        begin, right, wrong = first.start, first, second
    else:
        return None
    value = _as(right, wrong.kind)
    if value is None:
        return None
    kind = wrong.kind if right.kind == "count" else right.kind
    end = first.end if m["thing"].strip() else second.end
    return Number(begin, end, value, kind, right.base, until=second.end), wrong


def _same(after: str, thing: str) -> bool:
    """Whether nothing else is counted behind the second number: it ends there, or the same thing follows."""
    if not thing.strip() or _patterns()["ends"].match(after):
        return True
    word = re.match(r"\s*([^\W\d_]+)", after)
    return bool(word and word[1] in re.findall(r"\w+", thing))


def _as(number: Number, kind: Kind) -> float | None:
    """A number's value where one of another kind stood; None where the two cannot be the same thing."""
    if kind in (number.kind, "count"):
        return number.value
    if number.kind != "count":
        return None
    if kind == "share":
        return number.value / 100 if 1 < number.value <= 100 else None
    return number.value


def mended(message: str, case: "Case", *, answering: bool = False) -> dict[str, Found]:
    """A message that only says a number over ("sorry, I meant 80"): the fact of the turn before that it mends.

    Args:
        message: what the person wrote.
        case: what was known before.
        answering: whether a question for a number stands: then "no, 500" answers it, and only "sorry, 500" mends.

    Returns:
        The one fact with its new value; nothing where it is not plain which one is meant.
    """
    from agent.extract.text import Text  # which itself mends its numbers

    text = Text(message, words(case.language), mends=False)
    if len(message) > _LONGEST or "?" in text.low or not 1 <= len(text.numbers) <= 2:
        return {}
    new, wrong = text.numbers[0], None
    if len(text.numbers) == 2:
        both = _joined(text.low, *text.numbers)
        if both is None or not _bare(text.low, both[0]):
            return {}
        new, wrong = both
    elif (answering and not corrects(message)) or not (
        _patterns()["alone"].match(text.low[: new.start]) and re.fullmatch(r"\W*", text.low[new.end :])
    ):
        return {}
    if new.kind == "money" and not in_dollars(text.low, new.start, new.end):
        return {}
    last = max((n.turn for n in case.facts.values() if not n.derived), default=0)
    fits: dict[str, float] = {}
    for fact, noted in case.facts.items():
        if noted.derived or isinstance(noted.value, bool) or not isinstance(noted.value, int | float):
            continue
        kind = _KIND.get(fact, "count")
        value = _as(new, kind) if new.kind in (kind, "count") else None
        meant = noted.turn == last if wrong is None else _as(wrong, kind) == noted.value
        if value is not None and meant:
            fits[fact] = int(value) if isinstance(noted.value, int) else round(value, 6)
    return {f: Found(f, v, message.strip(), 0, len(message)) for f, v in fits.items()} if len(fits) == 1 else {}


def _bare(low: str, number: Number) -> bool:
    """Whether hardly anything stands around a number."""
    return len(re.findall(r"\w+", low[: number.start])) <= 3 and len(re.findall(r"\w+", low[number.until :])) <= 2
