"""The chat's fixed words, one file a language; figures in them are written as that language writes them."""

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from agent.extract.words import read_yaml
from agent.say import number

ROOT = Path(__file__).parent
LANGUAGES = ("en", "de", "es", "fr", "zh")


class Words:
    """One language's words, by dotted name: `words("de")("question.why")`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = flat(read_yaml(ROOT / f"{language}.yaml"))

    def __call__(self, name: str, /, **holes: Any) -> str:
        """The text with its {holes} filled; whole numbers and days are written as the language does.

        Where `n` is 1, the text named `…_one` is taken, in the languages that have one.

        Raises:
            KeyError: there is no such text, or a hole was left open.
        """
        text = self._texts[name]
        if holes.get("n") == 1:
            text = self._texts.get(f"{name}_one", text)
        return text.format(**{k: self._spoken(v) for k, v in holes.items()}) if "{" in text else text

    def get(self, name: str, default: str) -> str:
        """The text, or the default where there is none: for names that a tool gives."""
        return self._texts.get(name, default)

    def group(self, name: str) -> dict[str, str]:
        """All texts under a name."""
        return {k.removeprefix(f"{name}."): v for k, v in self._texts.items() if k.startswith(f"{name}.")}

    def decimal(self, value: float, form: str) -> str:
        """A broken number in a form of `format()`, with the language's decimal sign."""
        text = format(value, form)
        return text.replace(".", ",") if self.language in ("de", "es", "fr") else text

    def money(self, usd: Decimal | None) -> str:
        """A sum in dollars with its cents; unknown is said, never 0."""
        if usd is None:
            return self("unknown")
        if self.language == "en":
            return f"${usd:,.2f}"
        from tools.report.forms import Forms

        return Forms(self.language).cents(usd)

    def decision(self, decision: str, technique: str | None = None) -> str:
        """The name of a decision, or of the technique that does it."""
        name = technique or decision
        return self.get(f"decisions.{name}", name.replace("_", " "))

    def _spoken(self, value: Any) -> str:
        if isinstance(value, date) and self.language != "en":
            from tools.report.forms import Forms

            return Forms(self.language).day(value)
        return number(value, self.language) if isinstance(value, int) and not isinstance(value, bool) else str(value)


@cache
def words(language: str) -> Words:
    """The words of a language; English where we do not have it."""
    return Words(language if language in LANGUAGES else "en")


def of_browser(language: str | None) -> Words:
    """The words for a browser's language tag, such as `de-AT`."""
    return words((language or "en").split("-")[0].lower())


def flat(nested: dict[str, Any], above: str = "") -> dict[str, str]:
    """Texts by dotted name."""
    found: dict[str, str] = {}
    for name, value in nested.items():
        path = f"{above}{name}"
        found |= flat(value, f"{path}.") if isinstance(value, dict) else {path: str(value)}
    return found
