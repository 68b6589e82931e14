"""The field's words, each in one plain line."""

import re
from functools import cache

from knowledge.load import ROOT, Record, read


class Term(Record):
    """One word and what it means."""

    word: str
    also: tuple[str, ...] = ()
    """Other forms and abbreviations of it."""
    meaning: str
    page: str | None = None
    """Id of a page that says more."""
    source: str | None = None
    """A key of knowledge/sources/, where the meaning holds a figure or a claim."""


@cache
def glossary(language: str = "en") -> dict[str, Term]:
    """All terms by id, in alphabetical order of the word; English where a language has no file of its own."""
    path = f"glossary_words/{language}.yaml"
    terms = read(path if (ROOT / path).is_file() else "glossary.yaml", dict[str, Term])
    return dict(sorted(terms.items(), key=lambda item: item[1].word.casefold()))


@cache
def _forms(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    ids = {form.lower(): key for key, term in glossary(language).items() for form in (term.word, *term.also)}
    longest_first = sorted(ids, key=len, reverse=True)
    # Chinese writes no spaces: a word there ends where a Latin one would not go on.
    letter = "A-Za-z0-9_-" if language == "zh" else r"\w-"
    pattern = rf"(?<![{letter}])(?:" + "|".join(re.escape(f) for f in longest_first) + rf")(?![{letter}])"
    return re.compile(pattern, re.IGNORECASE), ids


def terms_in(text: str, language: str = "en") -> list[tuple[int, int, str]]:
    """Where words of the glossary stand in `text`: (start, end, term id), the first place of each term only."""
    pattern, ids = _forms(language)
    found: dict[str, tuple[int, int, str]] = {}
    for match in pattern.finditer(text):
        key = ids[match.group().lower()]
        found.setdefault(key, (match.start(), match.end(), key))
    return list(found.values())
