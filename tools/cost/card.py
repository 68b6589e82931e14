"""The words and figures of a cost card: one sentence, the range, what drives it, chart, table, and every source."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.cost.book import plain
from tools.cost.catalogue import find_provider
from tools.cost.chart import alt_text, break_even_figure, table
from tools.cost.compare import Comparison, compare_of
from tools.cost.curve import Curve, curve_of
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
    curve: Curve
    """The points of the break-even chart; none when a price is unknown."""
    alt: str
    """The chart in words."""
    figure: dict[str, Any] | None
    """The chart as a Plotly figure in JSON; None when a price is unknown."""
    ways: Comparison
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
        sentence=_sentence(e, request.requests_per_day),
        range_text=_range(e),
        first=e.lifetime.text if e.lifetime.covers_horizon is False else "",
        drivers=tuple(f"{d.name}: {usd(d.usd)} ({d.share:.0%})" for d in e.drivers),
        rows=tuple((x.name, money(x.usd), x.arithmetic) for x in e.components),
        break_even_head=head,
        break_even_rows=rows,
        curve=c,
        alt=alt_text(c),
        figure=break_even_figure(c),
        ways=compare_of(w),
        warnings=e.warnings,
        prices=e.prices,
        estimate=e,
    )


def _range(e: CostEstimate) -> str:
    text = f"{money(e.total_usd, short=True)} over {e.months} months; {money(e.training_usd, short=True)} a training"
    return f"{text}. Not known: {'; '.join(e.total_usd.unknown)}" if e.total_usd.unknown else text


def _sentence(e: CostEstimate, volume: Decimal | None) -> str:
    t, where = e.total_usd, f"Tuning {e.model} at {find_provider(e.provider).title}"
    if t.expected is not None:
        whole = f"${t.expected:,.0f}" if t.expected >= 1000 else usd(t.expected)
        sum_ = f"costs about {whole} over {e.months} months, people included"
    else:
        sum_ = f"costs at least {usd(t.at_least)} over {e.months} months" if t.at_least else "has no known sum"
    even = e.break_even
    yours = "" if volume is None else f" (yours: {plain(volume)})"
    pays = {
        "always": "and pays at any volume",
        "from": f"and pays from about {even.requests_per_day or 0:,} requests a day{yours}",
        "never": "and never pays on cost alone",
        "unknown": "and whether it pays cannot be said yet",
    }[even.verdict]
    return f"{where} {sum_}, {pays}."


def money(value: Spread, *, short: bool = False) -> str:
    """A sum for people, a range, or that it is unknown and (unless `short`) why."""
    if value.expected is None or value.low is None or value.high is None:
        if short:
            return f"unknown, at least {usd(value.at_least)}" if value.at_least else "unknown"
        floor = f"at least {usd(value.at_least)}, " if value.at_least else ""
        return f"{floor}unknown: {'; '.join(value.unknown)}"
    if value.low == value.high:
        return usd(value.expected)
    if short and value.high >= 1000:
        return f"${value.expected:,.0f} ({value.low:,.0f} to {value.high:,.0f})"
    return f"{usd(value.expected)} ({usd(value.low)} to {usd(value.high)})"
