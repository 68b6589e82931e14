"""An estimate as people read it in a terminal: the verdict, the range, what drives it, the parts, the sources."""

from collections.abc import Iterator

from tools.cost.card import money
from tools.cost.chart import table
from tools.cost.compare import Comparison
from tools.cost.curve import Curve
from tools.cost.money import Spread, usd
from tools.cost.result import Assumption, CostEstimate


def lines(result: CostEstimate) -> Iterator[str]:
    """All lines, without line breaks."""
    yield result.summary
    yield ""
    yield f"Total over {result.months} months   {money(result.total_usd)}"
    yield f"  paid to the provider   {money(result.provider_usd)}"
    yield f"  today's way            {money(result.baseline_usd)}"
    if result.training_hours:
        t = result.training_hours
        yield f"One training takes about {t.expected:.2g} hours ({t.low:.2g} to {t.high:.2g}), {t.text}"
    if result.drivers:
        parts = ", ".join(f"{d.name} {d.share:.0%}" for d in result.drivers)
        yield f"Largest parts: {parts}"
    yield ""
    width = max(len(c.name) for c in result.components)
    for c in result.components:
        yield f"  {c.name:<{width}}  {c.arithmetic}"
    if result.warnings:
        yield ""
        yield "Mind"
        for warning in result.warnings:
            yield f"  - {warning}"
    yield ""
    yield f"Prices (judged on {result.as_of})"
    for p in result.prices:
        upto = f" to {usd(p.usd_high)}" if p.usd_high is not None else ""
        note = ", secondary" if p.confidence == "secondary" else ""
        yield f"  {usd(p.usd)}{upto} per {p.unit}: {p.what} [{p.source}, {p.checked_on}{note}]"
    yield ""
    yield from _assumed(result.assumptions)


def _assumed(assumptions: tuple[Assumption, ...]) -> Iterator[str]:
    yield "Assumed, and changeable: --assume NAME=VALUE"
    for a in assumptions:
        why = f": {a.why}" if a.why else ""
        cited = f" ({a.source})" if a.source else ""
        yield f"  {a.name} = {a.value} [{a.origin}{why}{cited}]"


def side_by_side(result: Comparison) -> Iterator[str]:
    """The ways as a table."""
    yield result.sentence
    yield ""
    width = max(len(a.title) for a in result.arms)
    heads = [f"{h.months} months" for h in result.arms[0].horizons]
    yield f"  {'':<{width}}  {'1,000 requests':>16}  " + "  ".join(f"{h:>34}" for h in heads) + "  until"
    for arm in result.arms:
        totals = "  ".join(f"{_short(h.total_usd):>34}" for h in arm.horizons)
        until = arm.ends or "not published"
        yield f"  {arm.title:<{width}}  {_short(arm.per_1000_requests_usd, False):>16}  {totals}  {until}"
        for h in arm.horizons:
            parts = f"{_short(h.capital_usd)} to make it, {_short(h.operating_usd)} to run it"
            yield f"      {h.months} months: {parts}"
        if arm.note:
            yield f"      ({arm.note})"
    yield ""
    yield from _assumed(result.assumptions)


def _short(value: Spread, spread: bool = True) -> str:
    if value.expected is None or value.low is None or value.high is None:
        return "unknown"
    if value.low == value.high or not spread:
        return usd(value.expected)
    places = 0 if value.high >= 100 else 2
    return f"{usd(value.expected)} ({value.low:,.{places}f} to {value.high:,.{places}f})"


def curve_table(result: Curve) -> Iterator[str]:
    """The break-even as a table."""
    yield result.sentence
    if not result.points:
        yield from (f"unknown: {reason}" for reason in result.unknown)
        return
    yield ""
    head, rows = table(result)
    widths = [max(len(r[i]) for r in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        yield "  " + "  ".join(f"{cell:>{w}}" for cell, w in zip(row, widths, strict=True))
