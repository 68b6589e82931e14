"""The field's words, each in one plain line."""

import re
from functools import cache

from knowledge.load import ROOT, Record, read

CLAUSE_ENDS = re.compile(r"[.,;:!?。，；：！？]")


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


class Everyday(Record):
    """Forms that are ordinary words too, in one language."""

    none: tuple[str, ...]
    """Words after which such a form is the ordinary one: "no", "without"."""
    forms: dict[str, tuple[str, ...]]
    """The form in small letters -> beginnings of words, one of which stands in the same clause where it is meant."""


@cache
def everyday(language: str = "en") -> Everyday:
    """The forms of a language that are not always the field's own."""
    none = Everyday(none=(), forms={})
    return read("glossary_words/everyday.yaml", dict[str, Everyday]).get(language, none)


@cache
def _forms(language: str) -> tuple[re.Pattern[str], dict[str, str]]:
    ids = {form.lower(): key for key, term in glossary(language).items() for form in (term.word, *term.also)}
    longest_first = sorted(ids, key=len, reverse=True)
    # Chinese writes no spaces: a word there ends where a Latin one would not go on.
    letter = "A-Za-z0-9_-" if language == "zh" else r"\w-"
    # Nor is a part of a file's name, a path or an address a word.
    pattern = rf"(?<![./@{letter}])(?:" + "|".join(re.escape(f) for f in longest_first) + rf")(?![{letter}]|\.\w)"
    return re.compile(pattern, re.IGNORECASE), ids


def terms_in(text: str, language: str = "en") -> list[tuple[int, int, str]]:
    """Where words of the glossary are meant in `text`: (start, end, term id), the first place of each term only."""
    pattern, ids = _forms(language)
    found: dict[str, tuple[int, int, str]] = {}
    for match in pattern.finditer(text):
        key = ids[match.group().lower()]
        if key not in found and _meant(match, language):
            found[key] = (match.start(), match.end(), key)
    return list(found.values())


def _meant(match: re.Match[str], language: str) -> bool:
    """Whether the field's word is meant: always, but for the forms that are everyday words too."""
    common = everyday(language)
    beside = common.forms.get(match.group().lower())
    if beside is None:
        return True
    before = CLAUSE_ENDS.split(match.string[: match.start()])[-1].lower()
    after = CLAUSE_ENDS.split(match.string[match.end() :], maxsplit=1)[0].lower()
    begins = "" if language == "zh" else r"\b"
    if re.search(rf"{begins}(?:{_any_of(common.none)})\s*$", before):
        return False
    return re.search(rf"{begins}(?:{_any_of(beside)})", f"{before} {after}") is not None


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(w.lower()) for w in words)
