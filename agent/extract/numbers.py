"""Numbers as people write them: 3k, 1,5 Mio, .92, 8 of 10, half, a few hundred, 三千, 1-2k."""

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from agent.extract.words import Words

Kind = Literal["count", "share", "money"]
_MARK: dict[Kind, str] = {"count": "#", "share": "%", "money": "$"}
_DOLLARS = r"\$|us\$|usd\b|(?:us\s)?dollars?\b|d[oó]lar(?:es)?\b|bucks\b|美元|美金|美刀"
_MONEY = (
    rf"{_DOLLARS}|[€£¥]|(?:eur|gbp|chf|rmb|cny|jpy|inr)\b|euros?\b|pounds?\b|livres\ssterling|libras\b|francs?\b|franken\b|"
    r"pesos?\b|yuan\b|yen\b|rupees\b|欧元|英镑|日元|人民币|元|块(?!\s?(?:[a-z]|显卡|卡))"
)
_MODEL_BEFORE = re.compile(
    r"(?:gpt|claude|llama|gemini|gemma|phi|qwen|mistral|mixtral|opus|sonnet|haiku|deepseek|glm|grok|sora|whisper|bert|version|"
    r"python|rtx|windows|office|v|stage|step|level|tier|top|page|line|section|chapter|q)[\s-]$"
)


@dataclass(frozen=True)
class Number:
    """A number found: its place, its value (shares from 0 to 1), and what kind of number it is."""

    start: int
    end: int
    value: float
    kind: Kind


@cache
def _patterns(words: "Words") -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str] | None]:
    d = words.data
    multipliers = "|".join(sorted(map(re.escape, d.multipliers), key=len, reverse=True))
    named = "|".join(sorted((re.escape(w) for w in d.numbers), key=len, reverse=True))
    grouped = rf"\d{{1,3}}(?:{d.thousands}\d{{3}})+(?!\d)(?:{d.decimal}\d+)?"
    digits = rf"{grouped}|\d{{1,3}},\d{{1,2}}(?=\s?(?:k|mio|million)\b)|\d+(?:{d.decimal}\d+)?|{d.decimal}\d+"
    edge = r"(?<![a-z0-9_.,$€£])(?<![a-z]-)" if words.language != "zh" else r"(?<![a-z0-9_.])(?<!\d,)(?<![a-z]-)"
    tail = "" if words.language == "zh" else r"(?![a-z0-9_]|[.,]\d)"
    one = (
        rf"(?:(?P<d>{digits})|(?P<w>{named}))(?:\s?(?P<m>{multipliers}){tail or '(?![a-z])'})*{tail or '(?![a-z0-9_])'}"
    )
    number = re.compile(
        rf"(?:(?P<cur>[$€£¥]|usd|eur|us\$)\s?(?P<cd>{digits})(?:\s?(?P<cm>{multipliers})(?![a-z]))?)"
        rf"|{edge}{one}(?P<pct>\s?(?:{d.percent}))?(?P<cur2>\s?(?:{_MONEY}))?"
    )
    simple = rf"(?:\d+|{named})"
    fraction = re.compile(rf"(?<![\w.,])({simple})\s?(?:{d.of})\s?({simple})(?![\w%])")
    shares = "|".join(sorted(d.shares, key=len, reverse=True))
    edges = ("", "") if words.language == "zh" else (r"(?<!\w)", r"(?!\w)")
    share = re.compile(rf"{edges[0]}(?:{shares}){edges[1]}") if shares else None
    return number, fraction, share


def _plain(digits: str, words: "Words") -> float:
    if re.fullmatch(r"[1-9]\d{0,2}(?:\.000)+", digits):  # nobody writes a whole number with three noughts behind it
        return float(digits.replace(".", ""))
    text = (
        re.sub(rf"(?<=\d){words.data.thousands}(?=\d{{3}}(?!\d))", "", digits) if not digits.startswith("0") else digits
    )
    return float(text.replace(",", "."))


def _digits_or_word(text: str, words: "Words") -> float | None:
    text = text.strip()
    if text.isdigit():
        return float(text)
    return words.data.numbers.get(text)


def in_dollars(written: str) -> bool:
    """Whether a sum is in US dollars, as far as its own words say; a bare number is."""
    return not re.search(_MONEY, written) or bool(re.search(_DOLLARS, written))


def find_numbers(low: str, words: "Words") -> list[Number]:
    """All numbers of a lower-cased text, left to right, without overlaps."""
    number, fraction, share = _patterns(words)
    found: list[Number] = []
    taken = [False] * len(low)

    def add(start: int, end: int, value: float, kind: Kind) -> None:
        if not any(taken[start:end]):
            found.append(Number(start, end, value, kind))
            taken[start:end] = [True] * (end - start)

    for m in fraction.finditer(low):
        part, whole = (_digits_or_word(g, words) for g in m.groups())
        if words.language == "zh" and "分之" in m.group():
            part, whole = whole, part
        if part is not None and whole and part <= whole and 2 <= whole <= 100_000:
            add(m.start(), m.end(), part / whole, "share")
    for m in share.finditer(low) if share else ():
        for pattern, value in words.data.shares.items():
            if re.fullmatch(pattern, m.group()):
                add(m.start(), m.end(), value, "share")
                break
    for m in number.finditer(low):
        if not _MODEL_BEFORE.search(low, max(0, m.start() - 12), m.start()):
            value, kind = _one(m, low, words)
            if value != 1 or not m["w"]:  # "one prompt", "eine Anweisung": hardly ever a count
                add(m.start(), m.end(), value, kind)
    return _ranges(low, sorted(found, key=lambda n: n.start), words)


def _one(m: re.Match[str], low: str, words: "Words") -> tuple[float, Kind]:
    """Value and kind of one number."""
    multipliers = words.data.multipliers
    if m["cd"]:
        return _plain(m["cd"], words) * multipliers.get(m["cm"] or "", 1.0), "money"
    value = _plain(m["d"], words) if m["d"] else words.data.numbers[m["w"]]
    inner = low[m.end("d") if m["d"] else m.end("w") : m.start("pct") if m["pct"] else m.end()]
    for mult in re.findall("|".join(sorted(map(re.escape, multipliers), key=len, reverse=True)), inner):
        value *= multipliers[mult]
    if m["pct"]:
        return value / 100, "share"
    if m["cur2"]:
        return value, "money"
    return value, "share" if m["d"] and re.match(r"0?[.,]\d", m["d"]) and value <= 1 else "count"


def _ranges(low: str, found: list[Number], words: "Words") -> list[Number]:
    """`30-40`, `2 to 3k`: one number, the middle; the second's multiplier counts for both."""
    result: list[Number] = []
    for n in found:
        if result:
            last = result[-1]
            between = low[last.end : n.start]
            if re.search(r"(?:from|von|de|del|从)\s?$", low[max(0, last.start - 6) : last.start]):
                result.append(n)
                continue
            if (
                last.kind in (n.kind, "count")
                and re.fullmatch(r"\s?(?:-|–|—|~|to|bis|à|a|至|到)\s?", between)
                and "." not in between
            ):
                a, b = last.value, n.value
                if n.kind == "share" and last.kind == "count":
                    a /= 100
                if n.kind == "count" and a < b and b >= 1000 > a and low[last.start : last.end].strip().isdigit():
                    digits = re.match(r"\d+", low[n.start : n.end])
                    a *= b / float(digits.group()) if digits and float(digits.group()) < 1000 else 1
                if a < b:
                    result[-1] = Number(last.start, n.end, (a + b) / 2, n.kind)
                    continue
        result.append(n)
    return result


def mask(low: str, numbers: list[Number]) -> str:
    """The text with every number as a run of its mark: # a count, % a share, $ money. Same length."""
    out = list(re.sub(r"[#%$]", " ", low))
    for n in numbers:
        out[n.start : n.end] = _MARK[n.kind] * (n.end - n.start)
    return "".join(out)
