"""What every command shares: JSON on standard output, messages and progress on standard error."""

import sys
import time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pydantic import BaseModel

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


class Usd(click.ParamType[Decimal]):
    """A sum in US dollars, exact: never negative, never without end."""

    name = "usd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The sum as a decimal."""
        try:
            amount = Decimal(str(value).strip().removeprefix("$"))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            self.fail(f"{value!r} is no sum of money; give USD, such as 12.34", param, ctx)
        if amount < 0:
            self.fail(f"{value!r} is less than nothing; give USD, such as 12.34", param, ctx)
        return amount


USD = Usd()


def emit_json(result: "BaseModel") -> None:
    """Write one JSON document to standard output; money stays a decimal string, never a rounded float."""
    click.echo(result.model_dump_json(indent=2, by_alias=True))


class Bar:
    """Progress on standard error, at most ten lines a second, only when a person is watching."""

    def __init__(self) -> None:
        self._last = 0.0
        self._shown = False

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        """Show `done` of `total`."""
        if not sys.stderr.isatty() or time.monotonic() - self._last < 0.1:
            return
        self._last, self._shown = time.monotonic(), True
        share = f"{100 * done / total:3.0f} %" if total else f"{done:,.0f}"
        click.echo(f"\r{share} {text:<60.60}", err=True, nl=False)

    def close(self) -> None:
        """Clear the line."""
        if self._shown:
            click.echo("\r" + " " * 70 + "\r", err=True, nl=False)
