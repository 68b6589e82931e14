"""Numbers, dates and money as the reader's language writes them (CLDR, through Babel). Unknown is a word, never 0."""

from datetime import date, datetime
from decimal import Decimal

from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from knowledge.report_words import report_words
from tools.cost.money import Spread


class Forms:
    """How one language writes figures."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.words = report_words(language)
        self._locale = Locale.parse("zh_Hans" if language == "zh" else language)

    def score(self, value: float | None) -> str:
        """A score between 0 and 1, to three places."""
        return self.words["not_known"] if value is None else format_decimal(value, "0.000", locale=self._locale)

    def interval(self, low: float | None, high: float | None) -> str:
        """Low to high; empty when there is none."""
        return "" if low is None or high is None else f"{self.score(low)} – {self.score(high)}"

    def points(self, value: float | None) -> str:
        """A difference of scores in points, with its sign."""
        if value is None:
            return str(self.words["not_known"])
        return format_decimal(value * 100, "+0.0;−0.0", locale=self._locale)

    def number(self, value: float) -> str:
        """A count or a volume."""
        return str(format_decimal(value, "#,##0.##" if value < 100 else "#,##0", locale=self._locale))

    def p(self, value: float | None) -> str:
        """A p-value."""
        if value is None:
            return str(self.words["not_known"])
        least = format_decimal(0.001, "0.000", locale=self._locale)
        return f"< {least}" if value < 0.001 else str(format_decimal(value, "0.000", locale=self._locale))

    def usd(self, value: Decimal | float) -> str:
        """A sum; cents below a thousand, tenths of a cent below one cent."""
        amount = Decimal(str(value))
        form = (
            "¤#,##0"
            if abs(amount) >= 1000
            else ("¤0.00" if abs(amount) >= Decimal("0.01") or not amount else "¤0.0000")
        )
        if self._locale.language in ("de", "es", "fr"):
            form = form.removeprefix("¤") + " ¤"
        return (
            str(format_currency(amount, "USD", form, locale=self._locale, currency_digits=False))
            .replace("US$", "$")
            .replace("$US", "$")
        )

    def cents(self, value: Decimal) -> str:
        """A sum to the cent, whatever its size: for what a person approves."""
        form = "#,##0.00 ¤" if self._locale.language in ("de", "es", "fr") else "¤#,##0.00"
        return str(format_currency(value, "USD", form, locale=self._locale)).replace("US$", "$").replace("$US", "$")

    def spread(self, s: Spread | None) -> str:
        """Expected (low – high), or that it is not known."""
        if s is None:
            return str(self.words["not_priced"])
        if s.expected is None or s.low is None or s.high is None:
            return str(self.words["not_known"])
        if s.low == s.high:
            return self.usd(s.expected)
        return f"{self.usd(s.expected)} ({self.usd(s.low)} – {self.usd(s.high)})"

    def day(self, value: date | None) -> str:
        """A day."""
        return self.words["no_date"] if value is None else str(format_date(value, "medium", locale=self._locale))

    def moment(self, value: datetime) -> str:
        """A moment, in UTC."""
        return f"{format_datetime(value, 'medium', locale=self._locale)} UTC"
