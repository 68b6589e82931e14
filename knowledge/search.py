"""Search over pages, cards and glossary: the passage that answers a question, with its sources, or nothing.

Works without network and without a model, in the process that asks; how it was chosen and what it reaches stands in
docs/decisions/0003-search.md.
"""

from datetime import date
from functools import cache

from knowledge.glossary import glossary
from knowledge.load import Record
from knowledge.pages import pages
from knowledge.search_index import Document, Index, Key, Kind
from knowledge.sources import sources
from knowledge.techniques import Technique, techniques

PAGE_FIRST = 0.8
"""A page that scores this share of what its term or card scores is shown instead: it says more."""


class Passage(Record):
    """One thing found."""

    id: str
    kind: Kind
    title: str
    text: str
    """Markdown; citations stand apart, in `sources`."""
    sources: tuple[str, ...]
    """Keys of knowledge/sources/."""
    checked_on: date | None
    """When the passage, or the oldest of its sources, was last checked; None where nothing is cited."""
    score: float
    """From 0 to 1; comparable between queries."""


def search(query: str, limit: int = 3) -> list[Passage]:
    """The passages that answer `query`, best first; empty when none is good enough.

    Of a page, a card and a term about the same only one is given, the page where it is nearly as good a match.
    """
    ranked = _index().best(query)
    scores = dict(ranked)
    found: dict[Key, float] = {}
    for key, score in ranked:
        page: Key = ("page", _page_of(*key) or "")
        chosen = page if scores.get(page, 0) >= PAGE_FIRST * score else key
        if chosen not in found and (chosen == page or page not in found):
            found[chosen] = score
    return [_passage(*key, score) for key, score in list(found.items())[:limit]]


@cache
def _index() -> Index:
    return Index(documents())


def documents() -> list[Document]:
    """All that can be found, as the index takes it."""
    found = [Document(("page", p.id), (p.question, *p.aliases), p.plain) for p in pages().values()]
    found += [
        Document(("technique", key), (f"What is {t.name}?", t.short), f"{t.what} {t.analogy}")
        for key, t in techniques().items()
    ]
    found += [Document(("glossary", key), (t.word, *t.also), t.meaning) for key, t in glossary().items()]
    return found


def _page_of(kind: Kind, key: str) -> str | None:
    return key if kind == "page" else techniques()[key].page if kind == "technique" else glossary()[key].page


def _passage(kind: Kind, key: str, score: float) -> Passage:
    if kind == "page":
        page = pages()[key]
        return Passage(
            id=key,
            kind=kind,
            title=page.question,
            text=page.plain,
            sources=page.sources,
            checked_on=page.checked_on,
            score=score,
        )
    if kind == "technique":
        card = techniques()[key]
        return Passage(
            id=key,
            kind=kind,
            title=card.name,
            text=_card_text(card),
            sources=card.sources,
            checked_on=_oldest(card.sources),
            score=score,
        )
    term = glossary()[key]
    cited = (term.source,) if term.source else ()
    return Passage(
        id=key, kind=kind, title=term.word, text=term.meaning, sources=cited, checked_on=_oldest(cited), score=score
    )


def _card_text(card: Technique) -> str:
    lines = [card.what, f"*Picture it:* {card.analogy}", "**When it fits**", *(f"- {c.text}" for c in card.fits)]
    lines += ["**When not**", *(f"- {c.text}" for c in card.does_not_fit)]
    return "\n".join(lines)


def _oldest(keys: tuple[str, ...]) -> date | None:
    return min((sources()[k].checked_on for k in keys), default=None)
