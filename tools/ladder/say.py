"""What a ladder says, kept as a key with its values and spoken in five languages by the files in words/."""

from functools import cache
from string import Formatter
from typing import Any

from pydantic import BaseModel, ConfigDict

from knowledge.load import ROOT, read

_WORDS = ROOT.parent / "tools" / "ladder" / "words"
LANGUAGES = ("en", "de", "es", "fr", "zh")
_COMMA = ("de", "es", "fr")
_RUNG_HOLES = ("rung", "other")
_ABILITY_HOLES = ("probes", "abilities")


class Line(BaseModel):
    """One sentence: its key in the word files, and what fills its holes; a value may be a line itself.

    `{rung}` and `{other}` hold rungs by name; `{Rung}` begins the sentence. `{probes}` holds a guardrail set,
    `{abilities}` a list of its abilities.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    values: dict[str, Any] = {}

    def text(self, language: str = "en") -> str:
        """The sentence; English where we do not have the language."""
        return _Speaker(language if language in LANGUAGES else "en").vformat_line(self)


def line(key: str, **values: Any) -> Line:
    """A sentence with its values."""
    return Line(key=key, values=values)


def together(lines: list[Line], language: str = "en") -> str:
    """Several remarks as one text."""
    return "; ".join(found.text(language) for found in lines)


def ability(name: str, language: str = "en") -> str:
    """A guardrail set or one of its abilities as people read it; a person's own keep the names they were given."""
    return str(_words(language if language in LANGUAGES else "en")["abilities"].get(name, name))


def terminal(key: str, language: str = "en", /, **values: Any) -> str:
    """A text of the report in a terminal; rungs keep the names that `--arm` takes."""
    speaker = _Speaker(language if language in LANGUAGES else "en")
    return speaker.plainly(key, values)


def decimal(value: Any, form: str, language: str = "en") -> str:
    """A number with the decimal sign of the language."""
    return _Speaker(language if language in LANGUAGES else "en").format_field(value, form)


@cache
def _words(language: str) -> dict[str, Any]:
    return read(_WORDS / f"{language}.yaml", dict[str, Any])


class _Speaker(Formatter):
    """Fills holes: rungs by their name in the language, numbers with its decimal sign."""

    def __init__(self, language: str) -> None:
        self._language, self._known = language, _words(language)

    def vformat_line(self, found: Line) -> str:
        return self.vformat(self._known["lines"][found.key], (), found.values)

    def plainly(self, key: str, values: dict[str, Any]) -> str:
        """A text of the terminal, whose values are names and numbers as they are."""
        pieces = self.parse(self._known["terminal"][key])
        return "".join(
            text + ("" if hole is None else self.format_field(values[hole], spec or ""))
            for text, hole, spec, _ in pieces
        )

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        name = str(key)
        value = kwargs[name.lower() if name[:1].isupper() else name]
        if isinstance(value, dict):  # a line that was stored as JSON
            value = Line.model_validate(value)
        if isinstance(value, Line):
            value = self.vformat_line(value)
        elif name.lower() in _RUNG_HOLES:
            value = self._known["rungs"][value]
        elif name in _ABILITY_HOLES:  # a person's own sets and abilities keep the names they were given
            value = ", ".join(
                self._known["abilities"].get(v, v) for v in ([value] if isinstance(value, str) else value)
            )
        return value[:1].upper() + value[1:] if name[:1].isupper() else value

    def format_field(self, value: Any, format_spec: str) -> str:
        said = str(super().format_field(value, format_spec))
        if self._language not in _COMMA or isinstance(value, str):
            return said
        return said.translate({ord("."): ",", ord(","): "."})
