"""Pages that answer one question each, in plain words, cited and dated."""

import re
from datetime import date
from functools import cache

from pydantic import model_validator

from knowledge.load import ROOT, KnowledgeError, Record, read_page

CITATION = re.compile(r"\[([a-z0-9][a-z0-9-]*)\](?!\()")


class Page(Record):
    """One question and its answer. The first sentence of `text` is the answer; the rest explains it."""

    id: str
    question: str
    aliases: tuple[str, ...]
    """Other ways people ask the same."""
    sources: tuple[str, ...]
    """Keys of knowledge/sources/, each cited in `text` as [key]."""
    checked_on: date
    related: tuple[str, ...] = ()
    """Ids of pages to read next."""
    text: str
    """Markdown, with [source-key] where a statement rests on a source."""

    @model_validator(mode="after")
    def _cited(self) -> "Page":
        cited = set(CITATION.findall(self.text))
        if cited != set(self.sources):
            odd = ", ".join(sorted(cited ^ set(self.sources)))
            raise ValueError(f"sources and citations in the text differ: {odd}")
        return self

    @property
    def answer(self) -> str:
        """The first sentence, without its citations: the answer on one line."""
        first = re.split(r"(?<=[.])\s", CITATION.sub("", self.text).strip(), maxsplit=1)[0]
        return re.sub(r"\s+([.,;:])", r"\1", re.sub(r"\s+", " ", first))

    @property
    def plain(self) -> str:
        """The text without citation marks, for where the sources are shown beside it."""
        return re.sub(r"[ \t]*" + CITATION.pattern, "", self.text)


@cache
def pages() -> dict[str, Page]:
    """All pages by id.

    Raises:
        KnowledgeError: naming the file; also when the file is not named after its id.
    """
    found: dict[str, Page] = {}
    for path in sorted((ROOT / "pages").glob("*.md")):
        page = read_page(path, Page)
        if page.id != path.stem:
            raise KnowledgeError(f"{path}: id: {page.id!r} is not the name of the file")
        found[page.id] = page
    return found
