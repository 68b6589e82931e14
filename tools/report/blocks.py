"""What a page is made of. Three small templates know these; nothing here is HTML, Markdown or Typst."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, computed_field

LETTER_PX = 9
"""Of the charts."""


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True)


class Para(_Block):
    """A paragraph."""

    kind: Literal["para"] = "para"
    text: str
    role: Literal["plain", "lead", "muted"] = "plain"


class Bullets(_Block):
    """A list."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[str, ...]


class Grid(_Block):
    """A table; the first column is each row's heading."""

    kind: Literal["grid"] = "grid"
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: tuple[int, ...] = ()
    """Rows to stand out."""


class Picture(_Block):
    """A chart as SVG, with the same in words."""

    kind: Literal["picture"] = "picture"
    svg: str
    alt: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ems(self) -> float:
        """Its height in letters of the page, so that its own letters are nearly as large."""
        found = re.search(r'height="([\d.]+)"', self.svg)
        return round(float(found[1]) / LETTER_PX * 0.7, 1) if found else 12.0


Block = Para | Bullets | Grid | Picture


class Section(_Block):
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]
    wide: bool = True
    """Takes the page's whole width; two narrow ones stand side by side."""


class Page(_Block):
    """The page and its annexes."""

    language: str
    record: str
    """What kind of page this is."""
    title: str
    verdict: str
    tone: Literal["go", "wait", "stop"]
    head: tuple[str, ...]
    """Short lines: confidence, date, hash."""
    sections: tuple[Section, ...]
    sign: str = ""
    """Where it is signed; empty where nothing is decided."""
    annexes_title: str = ""
    annexes: tuple[Section, ...] = ()
    foot: str
