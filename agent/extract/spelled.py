"""Numbers in words: twelve hundred, zweitausendfünfhundert, mil quinientas, quatre-vingt-dix, 三百五十."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from agent.extract.words import ROOT, Words, read_yaml

_NUMBER = "[零〇一二两三四五六七八九十百千万亿]"


class _Han(NamedTuple):
    """What numbers in Chinese characters are made of, and where they stand."""

    digits: dict[str, int]
    units: dict[str, int]
    myriads: dict[str, int]
    run: re.Pattern[str]
    pair: re.Pattern[str]
    no_count: re.Pattern[str]


@cache
def _han_words() -> _Han:
    data = read_yaml(ROOT / "han.yaml")
    digit = f"[{''.join(c for c, n in data['digits'].items() if n)}]"
    run = rf"(?<!{_NUMBER}){_NUMBER}{{2,16}}(?!{_NUMBER})|(?<!{_NUMBER}){data['alone']}"
    return _Han(
        data["digits"],
        data["units"],
        data["myriads"],
        re.compile(rf"{run}|[二两三四五六七八九](?=[到至]{_NUMBER}{{2}})"),
        re.compile(f"({digit})({digit})([十百千万])(万?)"),
        re.compile(data["no_count"]),
    )


class Spelled(NamedTuple):
    """A number in words: its place, its value, and the value before its last multiplier (3 of "three hundred")."""

    start: int
    end: int
    value: float
    base: float


def spelled(low: str, words: Words) -> Iterator[Spelled]:
    """The numbers that words make up, left to right.

    Args:
        low: lower-cased text.
        words: of its language; `numbers` and `multipliers` are what numbers are made of, `joins` what stands between.
    """
    if words.language == "zh":
        yield from _han(low, words)
        return
    begin, token, _ = _tokens(words)
    at = 0
    while (m := begin.search(low, at)) is not None:
        found = _one(low, m.start(), token, words)
        if found is not None:
            yield found
        at = found.end if found is not None else m.end()


@cache
def _tokens(words: Words) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Where a number may begin, what its words are, and what may stand between them."""
    scales = [w for w in words.data.multipliers if len(w) > 2 and w.isalpha()]
    every = "|".join(sorted((re.escape(w) for w in {*words.data.numbers, *scales}), key=len, reverse=True))
    first = "|".join(sorted(map(re.escape, words.data.numbers), key=len, reverse=True))
    edge = r"(?<![a-zà-ÿœß0-9_.,$€£])(?<![a-zà-ÿ]-)(?<![a-ce-zà-ÿ]['])"  # "d'une vingtaine"
    return re.compile(f"{edge}(?:{first})"), re.compile(every), re.compile(words.data.joins)


def _one(low: str, start: int, token: re.Pattern[str], words: Words) -> Spelled | None:
    numbers, scales, join = words.data.numbers, words.data.multipliers, _tokens(words)[2]
    done, here, least, base, at = 0.0, 0.0, float("inf"), 0.0, start
    best: Spelled | None = None
    if (
        (first := token.match(low, start))
        and first.group() in scales
        and re.search(r"\d\s?$", low[max(0, start - 2) : start])
    ):
        return None  # "3 mil": the digits before it are the number
    while (m := token.match(low, at)) is not None:
        word = m.group()
        scale = scales.get(word) if len(word) > 2 and (here or word in numbers) else None
        value = numbers.get(word, 0.0)
        if scale == 100 and here < 100:
            base, here = here or 1, (here or 1) * 100
        elif scale is not None and scale >= 1000 and scale < least:
            base, done, here, least = here or 1, done + (here or 1) * scale, 0.0, scale
        elif scale == 12 and here:
            base, here = here, here * 12
        elif not value or not _adds(
            here, value, least, german=m.start() > start and low[m.start() - 3 : m.start()] == "und"
        ):
            break
        else:
            here += value
            base = done + here
        at = m.end()
        if _ends(low, at):
            best = Spelled(start, at, done + here, base)
        between = join.match(low, at)
        at = between.end() if between else at
    return best


def _adds(here: float, value: float, least: float, german: bool) -> bool:
    """Whether a word goes on with a number: five after twenty, fifty after two hundred, twenty after "fünfund"."""
    if here == 0:
        return value < least
    if german and here % 100 < 10:
        return 20 <= value < 100
    if here % 100 == 0:
        return value < 100
    tens = here % 100
    return tens >= 20 and tens % 10 == 0 and (value < 10 or (tens in (60, 80) and value < 20))


_END = re.compile(r"(?![a-zà-ÿœß0-9_])|(?=mal\b)")


def _ends(low: str, at: int) -> bool:
    """No letter goes on, save in "zwanzigmal"."""
    return _END.match(low, at) is not None


def _han(low: str, words: Words) -> Iterator[Spelled]:
    vague = re.compile("|".join(sorted(words.data.numbers, key=len, reverse=True)))
    about = {m.start(): Spelled(m.start(), m.end(), words.data.numbers[m.group()], 0) for m in vague.finditer(low)}
    covered = {place for s in about.values() for place in range(s.start, s.end)}
    exact = [s for s in _exact_han(low) if covered.isdisjoint(range(s.start, s.end))]
    yield from sorted([*about.values(), *exact])


def _exact_han(low: str) -> Iterator[Spelled]:
    han = _han_words()
    units = {**han.units, **han.myriads}
    for m in han.run.finditer(low):
        if han.no_count.match(low, m.start()):
            continue
        about = han.pair.fullmatch(m.group())
        if about and han.digits[about[2]] == han.digits[about[1]] + 1:
            unit = units[about[3]] * (10_000 if about[4] else 1)
            yield Spelled(m.start(), m.end(), (han.digits[about[1]] + han.digits[about[2]]) / 2 * unit, 0)
        elif (value := _read_han(m.group(), han)) is not None:
            yield Spelled(m.start(), m.end(), value, value / units.get(m.group()[-1], 1))


def _read_han(run: str, han: _Han) -> float | None:
    """三百五十 is 350; 一万五 is 15,000; two digits side by side are no number."""
    total = section = 0
    digit: int | None = None
    unit = 1
    for c in run:
        if c in han.digits:
            if digit is not None and digit != 0:
                return None
            digit = han.digits[c]
        elif c in han.units:
            if digit is None and c != "十":
                return None
            unit = han.units[c]
            section, digit = section + (1 if digit is None else digit) * unit, None
        else:
            unit = han.myriads[c]
            section += digit or 0
            if not section and not total:
                return None
            total, section, digit = (total + section) * unit if unit > 10_000 else total + section * unit, 0, None
    if digit is not None:
        section += digit * (unit // 10 if unit >= 100 and run[-2] not in "零〇" else 1)
    return float(total + section)
