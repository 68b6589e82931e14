"""The gate before a model's text is shown.

Every number, date, model name and link in it must stand in the turn's evidence, and it may not recommend anything else
than the rules did.
"""

import re
from functools import cache

from agent.extract.words import LANGUAGES, read_yaml, words
from agent.recommend import Recommendation
from agent.say import ROOT

_NUMBER = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?:[,  .]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)")
_AFTER = re.compile(
    r"\s?(k|m|mio|million|thousand|bn|billion|tsd|万|千|百|亿)(?![a-z])|\s?(%|percent|prozent|pour cent|por ciento)",
    re.I,
)
_SCALE = {"k": 1e3, "thousand": 1e3, "tsd": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6, "bn": 1e9, "billion": 1e9,
          "万": 1e4, "千": 1e3, "百": 1e2, "亿": 1e8}  # fmt: skip
_CJK_NUMBER = re.compile(r"百分之[一二三四五六七八九十百]+|[一二三四五六七八九十百千万两]{2,}")
_LINK = re.compile(r"(?:https?://|www\.)[^\s)\]>\"']+|\b[\w-]+\.(?:com|org|net|io|ai|dev)(?:/[\w./-]*)?\b", re.I)
_MARKUP = re.compile(
    r"!\[|<\s*/?\s*(?:img|script|iframe|a|svg|style|object|video|audio|form|input|link|meta|div|p|br)\b|javascript:|data:\w+/",
    re.I,
)
_MODEL = re.compile(
    r"\b(?:gpt-?\s?[\w.]*\d[\w.-]*|o[1-9](?:-(?:mini|pro|preview))?|claude[\s-]?[\w.-]*|llama[\s-]?[\d.]+\w*|gemini[\s-]?[\w.-]*|gemma[\s-]?[\w.-]*"
    r"|mi(?:s|x)tral[\s-]?[\w.-]*|qwen[\s-]?[\d.]+\w*|phi-?\d[\w.-]*|deepseek[\w.-]*|smollm\d?[\w.-]*|grok[\s-]?\d?|davinci|babbage|command-r)\b",
    re.I,
)
_MONTH = re.compile(
    r"\b(january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni|juli|oktober|dezember)\s+\d",
    re.I,
)
_SENTENCE = re.compile(r".*?(?:[.!?](?=\s|$)|[。！？]|\n|$)", re.S)


@cache
def _claims() -> dict[str, re.Pattern[str]]:
    return {k: re.compile(v, re.I) for k, v in read_yaml(ROOT / "claims.yaml").items()}


def numbers(text: str) -> set[float]:
    """Every number of a text, normalised: thousands marks out, multipliers in, a share also as per cent."""
    found: set[float] = set()
    for m in _NUMBER.finditer(text):
        for value in _readings(m.group()):
            tail = _AFTER.match(text, m.end())
            if tail and tail[1]:
                value *= _SCALE[tail[1].lower()]
            found.add(round(abs(value), 6))
    return found


def _readings(digits: str) -> set[float]:
    """A mark before three digits may part thousands or decimals; both count in evidence, so both are offered."""
    digits = digits.lstrip("+-").replace(" ", "").replace(" ", "")
    readings = set()
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", digits):
        readings.add(float(re.sub(r"[.,]", "", digits)))
    if digits.count(".") + digits.count(",") <= 1:
        readings.add(float(digits.replace(",", ".")))
    elif not readings:
        last = max(digits.rfind("."), digits.rfind(","))
        readings.add(float(re.sub(r"[.,]", "", digits[:last]) + "." + digits[last + 1 :]))
    return readings


class Evidence:
    """What a text of this turn may lean on."""

    def __init__(self, *texts: str) -> None:
        whole = "\n".join(texts)
        self._lower = whole.lower()
        base = numbers(whole)
        self._numbers = (
            base | {round(n * 100, 6) for n in base if n <= 1} | {round(n / 100, 6) for n in base if n <= 100}
        )

    def problems(self, text: str, recommendation: Recommendation) -> list[str]:
        """What in the text has no ground, each as a short line; empty when the text may be shown."""
        found = []
        if _MARKUP.search(text):
            found.append("images and markup are not shown")
        found += [
            f"link not in the evidence: {m.group()}"
            for m in _LINK.finditer(text)
            if m.group().lower() not in self._lower
        ]
        bare = _LINK.sub(" ", text)
        found += [
            f"model not in the evidence: {m.group()}"
            for m in _MODEL.finditer(bare)
            if m.group().lower().strip(" .-") not in self._lower
        ]
        bare = _MODEL.sub(" ", bare)
        found += [f"number not in the evidence: {n:g}" for n in sorted(self._strange(bare))]
        found += [f"number not in the evidence: {w}" for w in self._words(bare)]
        found += [
            f"date not in the evidence: {m.group()}"
            for m in _MONTH.finditer(bare)
            if m.group().lower() not in self._lower
        ]
        return found + other_decision(text, recommendation)

    def _strange(self, text: str) -> set[float]:
        found: set[float] = set()
        for m in _NUMBER.finditer(text):
            tail = _AFTER.match(text, m.end())
            scale = _SCALE[tail[1].lower()] if tail and tail[1] else 1.0
            readings = {round(abs(v * scale), 6) for v in _readings(m.group())}
            if not readings & self._numbers:
                found |= readings
        return found

    def _words(self, text: str) -> list[str]:
        low = text.lower()
        strange = [m.group() for m in _CJK_NUMBER.finditer(low) if m.group() not in self._lower]
        for language in LANGUAGES:
            if language == "zh":
                continue
            data = words(language).data
            for word, value in data.numbers.items():
                known = value < 2 or len(word) <= 2 or value in self._numbers or word in self._lower
                if not known and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", low):
                    strange.append(word)
        return strange


def other_decision(text: str, recommendation: Recommendation) -> list[str]:
    """Sentences that recommend what the rules did not, or that claim what no conversation can do."""
    claims, found = _claims(), []
    trains = recommendation.decision in ("fine_tune", "rag_plus_fine_tune")
    for sentence in sentences(text):
        if claims["acted"].search(sentence):
            found.append("says that something was started or approved")
        if not claims["recommends"].search(sentence):
            continue
        negated = bool(claims["negates"].search(sentence))
        if claims["training"].search(sentence) and trains == negated:
            found.append(
                "recommends training against the rules" if not trains else "advises against training, unlike the rules"
            )
        if trains and not negated and recommendation.decision == "fine_tune" and claims["retrieval"].search(sentence):
            found.append("recommends retrieval instead")
        if not negated and recommendation.decision not in ("do_nothing", None) and claims["nothing"].search(sentence):
            found.append("recommends doing nothing")
    return found


def sentences(text: str) -> list[str]:
    """A text in sentences; their concatenation is the text."""
    return [m.group() for m in _SENTENCE.finditer(text) if m.group()]
