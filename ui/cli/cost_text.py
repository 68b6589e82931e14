"""An estimate as people read it in a terminal: the verdict, the range, what drives it, the parts, the sources."""

from collections.abc import Iterator
from decimal import Decimal

from tools.cost.money import Spread, usd
from tools.cost.result import CostEstimate


def money(value: Spread) -> str:
    """A sum, a range, or that it is unknown and why."""
    if value.expected is None:
        floor = f"at least {usd(value.at_least)}, " if value.at_least else ""
        return f"{floor}unknown: {'; '.join(value.unknown)}"
    if value.low == value.high:
        return usd(value.expected)
    return f"{usd(value.expected)} ({usd(value.low or Decimal(0))} to {usd(value.high or Decimal(0))})"


def lines(result: CostEstimate) -> Iterator[str]:
    """All lines, without line breaks."""
    yield result.summary
    yield ""
    yield f"Total over {result.months} months   {money(result.total_usd)}"
    yield f"  paid to the provider   {money(result.provider_usd)}"
    yield f"  today's way            {money(result.baseline_usd)}"
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
    yield "Assumed, and changeable"
    for a in result.assumptions:
        why = f": {a.why}" if a.why else ""
        yield f"  {a.name} = {a.value} [{a.origin}{why}]"
