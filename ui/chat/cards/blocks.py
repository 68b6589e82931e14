"""The blocks a card is made of. One drawing component (Card.jsx) knows them; nothing here is HTML."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from knowledge.glossary import glossary, terms_in
from ui.chat.words import words

MOST_TERMS = 6
"""Words explained on one card: each is a stop for the keyboard."""
RUNNING = {"verdict": ("sentence",), "text": ("text",), "item": ("name", "text")}
"""Kind of a part -> its running text; a rung is known by its name, a line of a list by its text."""
Tone = Literal["go", "stop", "wait", "info", "good", "warn", "bad", "plain"]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Verdict(_Block):
    """The one sentence on top."""

    kind: Literal["verdict"] = "verdict"
    sentence: str
    tone: Tone = "info"
    confidence: str = ""
    meaning: str = ""


class Heading(_Block):
    """A small heading."""

    kind: Literal["heading"] = "heading"
    text: str


class Text(_Block):
    """A paragraph."""

    kind: Literal["text"] = "text"
    text: str
    muted: bool = False


class Notice(_Block):
    """One line that matters."""

    kind: Literal["notice"] = "notice"
    text: str
    tone: Tone = "plain"


class Chip(_Block):
    """One fact; `quote` is shown on hover."""

    label: str
    value: str
    quote: str = ""


class Chips(_Block):
    """What was understood."""

    kind: Literal["chips"] = "chips"
    label: str
    items: list[Chip]


class Rung(_Block):
    """One rung of the ladder and how it stands."""

    name: str
    state: Literal["passed", "here", "later", "not_now", "not_needed"]
    state_label: str
    why: str = ""


class Ladder(_Block):
    """From prompt to training, and where one stands."""

    kind: Literal["ladder"] = "ladder"
    label: str = "The ladder from prompt to training"
    steps: list[Rung]


class Item(_Block):
    """One line of a list."""

    text: str
    tag: str = ""
    tone: Tone = "plain"
    note: str = ""
    source: str = ""
    href: str = ""
    excerpt: str = ""
    todo: str = ""
    """What to do now, on a line of its own."""


class ItemList(_Block):
    """A list with an optional title."""

    kind: Literal["list"] = "list"
    title: str = ""
    items: list[Item]


class Table(_Block):
    """A table; the first column is the row's heading."""

    kind: Literal["table"] = "table"
    caption: str = ""
    columns: list[str]
    rows: list[list[str]]
    own: bool = False
    """The cells are written in the card's language already: a score of 1,000 is not a thousand read as English."""


class Bar(_Block):
    """One bar of a histogram."""

    label: str
    value: float
    range: str = ""
    """What the bar stands for, for the table; the label where it says enough."""
    beyond: bool = False
    """Past the limit line."""


class Bars(_Block):
    """A histogram, with the limit drawn at a share (0..1) of the width."""

    kind: Literal["bars"] = "bars"
    title: str
    alt: str
    x_label: str
    bars: list[Bar]
    limit_share: float | None = None
    limit_label: str = ""


class Series(_Block):
    """One line of a chart."""

    name: str
    points: list[tuple[float, float]]


class Mark(_Block):
    """A point of a chart with its name."""

    x: float
    y: float
    label: str


class Lines(_Block):
    """A line chart with a table behind it."""

    kind: Literal["lines"] = "lines"
    title: str
    alt: str
    x_label: str
    y_label: str = ""
    series: list[Series]
    band: list[tuple[float, float, float]] = Field(default_factory=list)
    """x, low, high: the range of the first line, shaded."""
    mark: Mark | None = None
    table: Table | None = None
    """The same in numbers; None: a table for each line."""


class Dot(_Block):
    """One measured thing: a number in the chart, its name beside it."""

    mark: int
    name: str
    at: float
    """Where it stands from left to right, 0..1."""
    y: float
    low: float | None = None
    high: float | None = None
    control: bool = False
    """Drawn as a square."""


class Tick(_Block):
    """A value written under the axis."""

    at: float
    label: str


class Dots(_Block):
    """Scores (0..1) with their intervals against something that grows from left to right."""

    kind: Literal["dots"] = "dots"
    title: str
    alt: str
    x_label: str
    dots: list[Dot]
    ticks: list[Tick]


class Bar01(_Block):
    """How far long work is: share 0..1, or None when unknown."""

    kind: Literal["progress"] = "progress"
    share: float | None
    text: str


class Button(_Block):
    """A click that reaches the server as `action` with `payload`."""

    label: str
    action: str
    payload: dict[str, Any] = Field(default_factory=dict)
    style: Literal["primary", "plain", "danger", "quiet"] = "plain"
    done_label: str = ""
    hint: str = ""
    again: bool = False
    """May be clicked more than once."""
    disabled: bool = False


class Buttons(_Block):
    """A row of buttons."""

    kind: Literal["buttons"] = "buttons"
    items: list[Button]


class Option(_Block):
    """One answer to a question."""

    value: Any
    label: str
    also: dict[str, Any] = Field(default_factory=dict)
    """Other facts that this answer tells."""


class OptionGroup(_Block):
    """Answers shown as one until it is opened."""

    label: str
    options: list[int]


class Options(_Block):
    """The answers to one question; more than one may be chosen when `multi`."""

    kind: Literal["options"] = "options"
    fact: str
    question: str
    items: list[Option]
    groups: list[OptionGroup] = Field(default_factory=list)
    """Empty: all answers stand side by side."""
    multi: bool = False
    confirm_label: str = "These"
    unknown_label: str = "I don't know"
    answered: bool = False


class Entry(_Block):
    """One value that a person may change."""

    name: str
    label: str
    value: str
    """As it stands."""
    mode: Literal["decimal", "text"] = "decimal"
    """Which keyboard a telephone shows."""
    choices: list[str] = Field(default_factory=list)
    """One of these is chosen, where nothing else would do; `value` says what stands there before."""


class Entries(_Block):
    """A small form: what was filled in reaches the server as `given` beside the payload."""

    kind: Literal["entries"] = "entries"
    items: list[Entry]
    button: str
    action: str
    payload: dict[str, Any] = Field(default_factory=dict)
    once: bool = False
    """Dead after it was used, and after any other button of its card was."""


class Code(_Block):
    """Text to copy, a command most often."""

    kind: Literal["code"] = "code"
    text: str


class Piece(_Block):
    """A stretch of text of one kind."""

    text: str
    tone: Tone = "plain"
    said: str = ""
    """What the colour says, for those who do not see it."""


class Marked(_Block):
    """Text in which some stretches are marked; each mark is also a sign and a word, never a colour alone."""

    kind: Literal["marked"] = "marked"
    label: str
    pieces: list[Piece]


class Details(_Block):
    """Folded away until asked for."""

    kind: Literal["details"] = "details"
    summary: str
    blocks: list["Block"]


Block = (
    Verdict
    | Heading
    | Text
    | Notice
    | Chips
    | Ladder
    | ItemList
    | Table
    | Bars
    | Lines
    | Dots
    | Bar01
    | Buttons
    | Options
    | Entries
    | Code
    | Marked
    | Details
)
Details.model_rebuild()


class Card(BaseModel):
    """One card: a name for style and tests, a label for screen readers, and its blocks."""

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    blocks: list[Block]
    language: str = "en"

    def props(self) -> dict[str, Any]:
        """What the browser gets: the card, its explained terms, and the few words that the drawing itself needs."""
        drawn = self.model_dump(mode="json")
        _explain(drawn["blocks"], self.language, set())
        return {**drawn, "words": words(self.language).group("drawn")}


def _explain(blocks: Any, language: str, seen: set[str]) -> None:
    """Put `terms` ([start, end, meaning]) beside running text: each word of the field once a card, the first ones only.

    Tables, buttons and a person's own text are left as they are.
    """
    for part in blocks:
        where = next((key for key in RUNNING.get(part.get("kind", "item"), ()) if part.get(key)), None)
        if where:
            found = [t for t in sorted(terms_in(part[where], language)) if t[2] not in seen][: MOST_TERMS - len(seen)]
            seen |= {term for _, _, term in found}
            if found:
                part["terms"] = [[start, end, glossary(language)[term].meaning] for start, end, term in found]
        for inside in ("items", "steps", "blocks"):
            if part.get("kind") in ("list", "ladder", "details"):
                _explain(part.get(inside) or (), language, seen)
