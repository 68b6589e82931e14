"""Numbers as people write them: 3k, 1,5 Mio, .92, 8 of 10, half, a few hundred, 三千, 1-2k."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from agent.extract.spelled import Spelled, spelled
from agent.extract.words import ROOT, Words, read_yaml

Kind = Literal["count", "share", "money"]
_MARK: dict[Kind, str] = {"count": "#", "share": "%", "money": "$"}
_WORDS = "\ue000++"
"""A number in words, once it is known to be one: a run of a private character of the same length."""
_ENDLESS = re.compile(r"[#%$]{65,}")
"""Figures that nobody writes about a task, such as a pasted dump: patterns would walk them again and again."""


@dataclass(frozen=True)
class Number:
    """A number found: its place, its value (shares from 0 to 1), and what kind of number it is."""

    start: int
    end: int
    value: float
    kind: Kind
    base: float = 0.0
    """The value before its multiplier: 3 of 3k; 0 where nothing follows from it."""
    until: int = 0
    """Where the words end that took another number back in favour of this one; 0 where none did."""


@cache
def _patterns(words: Words) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str] | None]:
    d = words.data
    multipliers = "|".join(sorted(map(re.escape, d.multipliers), key=len, reverse=True))
    grouped = rf"\d{{1,3}}(?:{d.thousands}\d{{3}})+(?!\d)(?:{d.decimal}\d+)?"
    digits = rf"{grouped}|\d{{1,3}},\d{{1,2}}(?=\s?(?:k|mio|million)\b)|\d+(?:{d.decimal}\d+)?|{d.decimal}\d+"
    edge = r"(?<![a-zà-ÿœß0-9_.,$€£])(?<![a-z]-)" if words.language != "zh" else r"(?<![a-z0-9_.])(?<!\d,)(?<![a-z]-)"
    tail = "" if words.language == "zh" else r"(?!(?!mal\b)[a-zà-ÿœß0-9_]|[.,]\d)"  # "20mal"
    more, end = tail or "(?![a-z])", tail or "(?![a-z0-9_])"
    one = rf"(?:(?P<d>{digits})|(?P<w>{_WORDS}))(?:\s?(?P<m>{multipliers}){more})*(?(w)|{end})"
    money = _money()[0]
    number = re.compile(
        rf"(?:(?P<cur>[$€£¥₹]|usd|us\$|eur|gbp|chf|cny|rmb|jpy)\s?(?P<cd>{digits})(?:\s?(?P<cm>{multipliers})(?![a-z]))?)"
        rf"|{edge}(?P<pre>{d.percent_before or '(?!)'})?{one}(?P<pct>\s?(?:{d.percent}))?(?P<cur2>\s?(?:{money}))?"
    )
    simple = rf"(?:\d+|{_WORDS})"
    fraction = re.compile(rf"(?<![\w.,])({simple})\s?(?:{d.of})\s?({simple})(?![\w%])")
    shares = "|".join(sorted(d.shares, key=len, reverse=True))
    edges = ("", "") if words.language == "zh" else (r"(?<!\w)", r"(?!\w)")
    share = re.compile(rf"{edges[0]}(?:{shares}){edges[1]}") if shares else None
    return number, fraction, share


def _plain(digits: str, words: Words) -> float:
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.000)+", digits):  # nobody writes a whole number with three noughts behind it
        return float(digits.replace(".", ""))
    text = (
        re.sub(rf"(?<=\d){words.data.thousands}(?=\d{{3}}(?!\d))", "", digits) if not digits.startswith("0") else digits
    )
    return float(text.replace(",", "."))


@cache
def _names() -> dict[str, re.Pattern[str]]:
    return {name: re.compile(text) for name, text in read_yaml(ROOT / "numbers.yaml").items()}


@cache
def _money() -> tuple[str, re.Pattern[str], re.Pattern[str]]:
    """What a sum is named in: any currency, US dollars, and what before a $ makes it another dollar."""
    data = read_yaml(ROOT / "money.yaml")
    other = re.sub(r"\n\s*|\s+(?=\|)", "", data["other"]).strip()
    return f"{data['dollars']}|{other}", re.compile(data["dollars"]), re.compile(data["other_dollar"])


def in_dollars(low: str, start: int, end: int) -> bool:
    """Whether the sum at a place is in US dollars, as far as its own words say; a bare number is."""
    currency, dollars, other_dollar = _money()
    written = low[start:end]
    if written.startswith("$") and other_dollar.search(low, max(0, start - 4), start):
        return False  # R$, A$, HK$
    return not re.search(currency, written) or bool(dollars.search(written))


def find_numbers(low: str, words: Words) -> list[Number]:
    """All numbers of a lower-cased text, left to right, without overlaps."""
    number, fraction, share = _patterns(words)
    in_words, plain = _in_words(low, words)
    names = _names()
    found: list[Number] = []
    taken = [False] * len(low)

    def add(start: int, end: int, value: float, kind: Kind, base: float = 0.0) -> None:
        if not any(taken[start:end]):
            found.append(Number(start, end, value, kind, base))
            taken[start:end] = [True] * (end - start)

    for m in fraction.finditer(plain):
        part, whole = (_simple(m, group, in_words) for group in (1, 2))
        if words.language == "zh" and "分之" in m.group():
            part, whole = whole, part
        if part is not None and whole and part <= whole and 2 <= whole <= 100_000:
            add(m.start(), m.end(), part / whole, "share")
    for m in share.finditer(low) if share else ():
        for pattern, value in words.data.shares.items():
            if re.fullmatch(pattern, m.group()):
                add(m.start(), m.end(), value, "share")
                break
    for m in number.finditer(plain):
        if not names["name_before"].search(low, max(0, m.start() - 12), m.start()) and not names["card"].match(
            low, m.start()
        ):
            value, kind, base = _one(m, low, words, in_words)
            if value != 1 or not m["w"]:  # "one prompt", "eine Anweisung": hardly ever a count
                add(m.start(), m.end(), value, kind, base)
    return _ranges(low, sorted(found, key=lambda n: n.start), words)


def _in_words(low: str, words: Words) -> tuple[dict[int, Spelled], str]:
    """The numbers in words by where they begin, and the text with each as a run of one character."""
    percents = [m.span() for m in re.finditer(words.data.percent, low)]  # "pour cent" is no hundred
    found = {s.start: s for s in spelled(low, words) if not any(b <= s.start < e for b, e in percents)}
    plain = list(low)
    for s in found.values():
        plain[s.start : s.end] = "\ue000" * (s.end - s.start)
    return found, "".join(plain)


def _simple(m: re.Match[str], group: int, in_words: dict[int, Spelled]) -> float | None:
    if m[group].isdigit():
        return float(m[group])
    here = in_words.get(m.start(group))
    return here.value if here else None


def _one(m: re.Match[str], low: str, words: Words, in_words: dict[int, Spelled]) -> tuple[float, Kind, float]:
    """Value and kind of one number, and its value before the multiplier."""
    multipliers = words.data.multipliers
    if m["cd"]:
        base = _plain(m["cd"], words)
        return base * multipliers.get(m["cm"] or "", 1.0), "money", base
    spoken = in_words.get(m.start("w")) if m["w"] else None
    value = spoken.value if spoken else _plain(m["d"], words) if m["d"] else 0.0
    base = spoken.base if spoken else value
    after = "pct" if m["pct"] else "cur2" if m["cur2"] else 0
    inner = low[m.end("d") if m["d"] else m.end("w") : m.start(after) if after else m.end()]
    for mult in re.findall("|".join(sorted(map(re.escape, multipliers), key=len, reverse=True)), inner):
        value *= multipliers[mult]
    if m["pct"] or m["pre"]:
        return value / 100, "share", base
    if m["cur2"]:
        return value, "money", base
    return value, "share" if m["d"] and re.match(r"0?[.,]\d", m["d"]) and value <= 1 else "count", base


def _ranges(low: str, found: list[Number], words: Words) -> list[Number]:
    """`30-40`, `2 to 3k`, `between two and three hundred`: one number, the middle; a multiplier counts for both."""
    result: list[Number] = []
    for n in found:
        if result and (both := _range(low, result[-1], n, words)) is not None:
            result[-1] = both
        else:
            result.append(n)
    return result


def _range(low: str, first: Number, second: Number, words: Words) -> Number | None:
    names = _names()
    before, between = low[max(0, first.start - 16) : first.start], low[first.end : second.start]
    inside = re.search(rf"(?:{words.data.between})\s?$", before)
    if inside is None and re.search(rf"(?:{names['from'].pattern})\s?$", before):
        return None  # "from 72 to 85": two numbers
    joint = rf"\s?(?:-\s)?(?:-|–|—|~|{names['range'].pattern})\s?"
    if not re.fullmatch(rf"{joint}|\s?(?:{names['both'].pattern})\s?" if inside else joint, between):
        return None
    if first.kind not in (second.kind, "count"):
        return None
    a, b = first.value, second.value
    if second.kind == "share" and first.kind == "count":
        a /= 100
    elif first.base == a < second.base < b:  # "2 to 3k", "three to five hundred"
        a *= b / second.base
    return Number(first.start, second.end, (a + b) / 2, second.kind) if a < b else None


def mask(low: str, numbers: list[Number]) -> str:
    """The text with every number as a run of its mark: # a count, % a share, $ money. Same length."""
    out = list(re.sub(r"[#%$]", " ", low))
    for n in numbers:
        out[n.start : n.end] = _MARK[n.kind] * (n.end - n.start)
    return _ENDLESS.sub(lambda m: " " * len(m.group()), "".join(out))
