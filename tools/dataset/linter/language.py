"""Which script and, for Latin letters, which language a text is in. Unknown is said as unknown: "" or "latin"."""

import re
import string
from collections import Counter
from functools import cache

from knowledge.languages import languages

_SCRIPTS = re.compile(
    r"(?P<latin>[À-ɏ]+)|(?P<cyrillic>[Ѐ-ӿ]+)|(?P<arabic>[؀-ۿ]+)|(?P<hebrew>[֐-׿]+)"
    r"|(?P<devanagari>[ऀ-ॿ]+)|(?P<greek>[Ͱ-Ͽ]+)|(?P<thai>[฀-๿]+)|(?P<kana>[぀-ヿ]+)|(?P<hangul>[가-힯]+)|(?P<han>[一-鿿]+)"
)
_LETTERS = re.compile(r"(?:[^A-Za-z]*[A-Za-z]){12}")
"""As many as LEAST_LETTERS."""
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_ASCII_LETTERS = string.ascii_letters.encode()
_WORD = re.compile(r"[^\W\d_]+")
LOOKED_AT = 2_000
"""Characters of a text that decide."""
LEAST_LETTERS = 12
LEAST_WORDS = 4
"""Small words of one language that must occur, twice as many as of any other."""
LATIN = "latin"


def language(text: str) -> str:
    """Such as "English", or a script ("cyrillic"); "latin" where only the letters tell, "" where hardly any are."""
    found = script(text)
    return (_latin(text) or LATIN) if found == LATIN else found


def script(text: str) -> str:
    """The script most letters of a text belong to; empty when there are hardly any. Kana makes Han Japanese."""
    if text.isascii():
        return LATIN if _LETTERS.match(text, 0, LOOKED_AT) else ""
    start = text[:LOOKED_AT]
    # ASCII letters are counted in one go: of a Latin text only the few others are left to look at one by one.
    ascii_only = start.encode("ascii", "ignore")
    counts: Counter[str] = Counter({LATIN: len(ascii_only) - len(ascii_only.translate(None, _ASCII_LETTERS))})
    for found in _SCRIPTS.finditer("".join(_NOT_ASCII.findall(start))):
        counts[str(found.lastgroup)] += found.end() - found.start()
    if counts["kana"]:
        counts["han"], counts["kana"] = 0, counts["kana"] + counts["han"]
    if sum(counts.values()) < LEAST_LETTERS:
        return ""
    name, most = counts.most_common(1)[0]
    return name if most >= 0.7 * counts.total() else "mixed"


def _latin(text: str) -> str:
    if "```" in text:  # code is English whatever is spoken
        return ""
    known = _languages_of()
    words = _WORD.findall(text[:LOOKED_AT].lower())
    counts = Counter(name for word in words if word in known for name in known[word])
    (name, most), (_, second) = [*counts.most_common(2), ("", 0), ("", 0)][:2]
    return name if most >= LEAST_WORDS and most >= 2 * second else ""


@cache
def _languages_of() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, words in languages().words.items():
        for word in words:
            found.setdefault(word, []).append(name)
    return found


def differ(asked: str, answered: str) -> bool:
    """Whether two results of `language` are surely not the same language."""
    if not asked or not answered or asked == answered or "mixed" in (asked, answered):
        return False
    return LATIN not in (asked, answered) or not {asked, answered} <= {LATIN, *languages().words}


def asks_for_another(question: str) -> bool:
    """Whether the question speaks of languages or translation."""
    wanted = languages().asks
    return any(w in wanted for w in _WORD.findall(question[:LOOKED_AT].lower()))


def named(found: str) -> str:
    """For a message: "English", "Cyrillic letters"."""
    return found if found in languages().words else f"{found.title()} letters"
