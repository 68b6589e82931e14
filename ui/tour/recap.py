"""The eight questions as one picture to keep: our own drawing, made into a PNG without a browser."""

import textwrap
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from knowledge.tour import tour

TILE_CHARS, TILE_CHARS_WIDE = 24, 14
"""Characters of one line of a tile; Chinese ones are twice as wide."""


def svg(language: str) -> str:
    """Eight tiles on a rising path, 1200 x 760."""
    t = tour(language)
    width = TILE_CHARS_WIDE if language == "zh" else TILE_CHARS
    tiles = [(i + 1, _lines(s.question, width), _lines(s.short, width + 4)) for i, s in enumerate(t.steps)]
    return _template().render(title=t.title, subtitle=t.picture, tiles=tiles)


@cache
def png(language: str) -> bytes:
    """The same as a PNG of 1200 x 760 pixels."""
    import vl_convert

    made: bytes = vl_convert.svg_to_png(svg(language))
    return made


def _lines(text: str, width: int) -> list[str]:
    if " " not in text.strip():
        return [text[i : i + width] for i in range(0, len(text), width)]
    return textwrap.wrap(text, width)


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("recap.svg.j2")
