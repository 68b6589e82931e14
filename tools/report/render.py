"""One page, three forms. HTML and Markdown through Jinja, PDF through Typst: each gets the same blocks."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from knowledge.report_words import LANGUAGES, report_words
from tools.errors import UnavailableError
from tools.report.blocks import Page
from tools.report.layout import page
from tools.report.record import DecisionRecord

CHINESE = re.compile(
    r"CJK|(?:Noto|Source Han) \S+ (?:SC|TC|HK)|WenQuanYi|PingFang|Sim(?:Sun|Hei)|YaHei|Heiti|Songti|Unifont"
)
TEMPLATES = Path(__file__).parent / "templates"


class Bar(NamedTuple):
    """What stands above the page where it is served: its state, and what can be done with it."""

    status: str
    """Open, approved, ... in words."""
    said: tuple[str, ...] = ()
    """What people decided, and what has just happened."""
    refused: str = ""
    """Why what was just asked for was not done."""
    broken: tuple[str, ...] = ()
    """Why the page no longer holds."""
    read_only: bool = True
    page_id: str = ""
    digest: str = ""
    can_decide: bool = False
    links: tuple[tuple[str, str, bool], ...] = ()
    """Id, until when in words, whether it can still be ended."""
    new_link: str = ""
    """The whole address; shown once."""
    seen: int = 0
    """Decisions that stand on it."""
    person: str = ""
    comment: str = ""
    """What was written and not taken, so that nobody writes it twice."""
    newest: str = ""
    """The page that took this one's place."""


def html(record: DecisionRecord, bar: Bar | None = None) -> str:
    """One file that needs nothing else: no script, no address is fetched."""
    return page_html(page(record, bar.digest if bar else ""), bar)


def page_html(laid: Page, bar: Bar | None = None) -> str:
    """A page that is laid out already."""
    words = report_words(laid.language)["bar"]
    return _templates().get_template("page.html.j2").render(page=laid, bar=bar, w=words)


def no_link(accepts: str) -> str:
    """What stands where a link leads nowhere, in the reader's language.

    Args:
        accepts: the browser's `accept-language`.
    """
    wanted = (part.strip()[:2].lower() for part in accepts.split(","))
    language = next((code for code in wanted if code in LANGUAGES), "en")
    w = report_words(language)["bar"]
    return (
        _templates().get_template("no_link.html.j2").render(language=language, title=w["no_link"], why=w["no_link_why"])
    )


def markdown(record: DecisionRecord) -> str:
    """For a repository or a wiki. Pictures are left out; what they show stands in words."""
    return page_markdown(page(record))


def page_markdown(laid: Page) -> str:
    """A page that is laid out already."""
    text = _templates().get_template("page.md.j2").render(page=laid)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def pdf(record: DecisionRecord) -> bytes:
    """A4, for a printer or a file; the words go to Typst as data, never as markup.

    Raises:
        UnavailableError: no font of this computer can write the page's language.
    """
    return page_pdf(page(record))


def page_pdf(laid: Page) -> bytes:
    """A page that is laid out already; raises as `pdf` does."""
    import typst

    if laid.language == "zh" and not any(CHINESE.search(name) for name in typst.Fonts().families()):
        raise UnavailableError(
            "no font on this computer can write Chinese into a PDF",
            remedy="Install one (Debian: fonts-noto-cjk), or take the HTML page and print it from the browser.",
        )

    made: bytes = typst.compile((TEMPLATES / "page.typ").read_bytes(), sys_inputs={"page": laid.model_dump_json()})
    return made


@cache
def _templates() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html.j2"], default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["md"] = _escaped
    return made


def _escaped(text: str, cell: bool = False) -> str:
    """Text that Markdown shows as it is."""
    shown = re.sub(r"([\\`*_\[\]<>#])", r"\\\1", " ".join(str(text).split()))
    return shown.replace("|", "\\|") if cell else shown
