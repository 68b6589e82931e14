"""The words and figures of a cost card: one sentence, the range, what drives it, chart, table, and every source."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.cost.chart import break_even_figure, table
from tools.cost.curve import curve_of
from tools.cost.estimate import report
from tools.cost.money import Spread, usd
from tools.cost.request import CostRequest
from tools.cost.result import CostEstimate, PriceUsed
from tools.cost.workings import start
from tools.progress import Progress, silent


class CostCard(BaseModel):
    """What a card shows; no layout."""

    model_config = ConfigDict(frozen=True)

    sentence: str
    range_text: str
    first: str
    """What must be said before anything else (a base that retires too soon); empty when nothing must."""
    drivers: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    """Part, sum, arithmetic."""
    break_even_head: tuple[str, ...]
    break_even_rows: tuple[tuple[str, ...], ...]
    figure: dict[str, Any] | None
    """A Plotly figure as JSON; None when a price is unknown."""
    warnings: tuple[str, ...]
    prices: tuple[PriceUsed, ...]
    estimate: CostEstimate


def cost_card(request: CostRequest, progress: Progress = silent) -> CostCard:
    """Estimate and word it.

    Raises:
        InputError: provider, model, tier or dataset cannot be used.
        RefusedError: the model is known and can no longer be tuned there.
    """
    w = start(request, progress)
    e, c = report(w), curve_of(w)
    head, rows = table(c)
    return CostCard(
        sentence=e.summary,
        range_text=f"{money(e.total_usd)} over {e.months} months; {money(e.training_usd)} a training",
        first=e.lifetime.text if e.lifetime.covers_horizon is False else "",
        drivers=tuple(f"{d.name}: {usd(d.usd)} ({d.share:.0%})" for d in e.drivers),
        rows=tuple((x.name, money(x.usd), x.arithmetic) for x in e.components),
        break_even_head=head,
        break_even_rows=rows,
        figure=break_even_figure(c),
        warnings=e.warnings,
        prices=e.prices,
        estimate=e,
    )


def money(value: Spread) -> str:
    """A sum for people, a range, or that it is unknown and why."""
    if value.expected is None or value.low is None or value.high is None:
        floor = f"at least {usd(value.at_least)}, " if value.at_least else ""
        return f"{floor}unknown: {'; '.join(value.unknown)}"
    if value.low == value.high:
        return usd(value.expected)
    return f"{usd(value.expected)} ({usd(value.low)} to {usd(value.high)})"
