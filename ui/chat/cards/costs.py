"""What it costs: one sentence, the range, where the money goes, the lifetime first when it is short."""

from decimal import Decimal

from tools.cost import CostEstimate
from tools.cost.money import Spread
from ui.chat.cards.blocks import Block, Card, Code, Details, Item, ItemList, Table, Text


def cost_card(estimates: list[CostEstimate], *, path: str) -> Card:
    """Estimates side by side; every price with its source and date."""
    rows = [
        [
            f"{e.provider} · {e.model}",
            _spread(e.training_usd),
            _spread(e.hosting_usd_per_month),
            _spread(e.inference_usd_per_month),
            _spread(e.total_usd),
        ]
        for e in estimates
    ]
    blocks: list[Block] = [
        Table(
            caption=f"Expected (low to high), USD, over {estimates[0].months} months",
            columns=["where", "training", "hosting a month", "use a month", "in all, people included"],
            rows=rows,
        )
    ]
    warnings = [Item(tag=e.provider, tone="warn", text=w) for e in estimates for w in e.warnings]
    if warnings:
        blocks.insert(0, ItemList(items=warnings[:3]))
        if len(warnings) > 3:
            blocks.append(Details(summary=f"{len(warnings) - 3} more to mind", blocks=[ItemList(items=warnings[3:])]))
    for e in estimates:
        prices = [
            Item(
                text=f"{p.what}: ${p.usd} per {p.unit}",
                note=f"checked {p.checked_on}",
                source=p.source,
                href=_address(p.source),
            )
            for p in e.prices
        ]
        parts = [Item(text=f"{c.name}: {c.arithmetic}") for c in e.components]
        assumed = [Item(text=f"{a.name}: {a.value}", note=f"({a.origin}) {a.why}") for a in e.assumptions]
        blocks.append(
            Details(
                summary=f"How {e.provider} was reckoned",
                blocks=[
                    Text(text=e.summary),
                    Text(text=e.lifetime.text, muted=True),
                    Text(text=e.break_even.text, muted=True),
                    ItemList(title="The sums", items=parts),
                    ItemList(title="Assumed; every one can be changed", items=assumed),
                    ItemList(title="Prices", items=prices),
                    Code(text=f"finetune-advisor cost {path} --provider {e.provider} --model {e.model}"),
                ],
            )
        )
    return Card(name="cost", label="What it costs", blocks=blocks)


def _spread(s: Spread) -> str:
    if s.expected is None:
        return "unknown"
    if s.low == s.high:
        return _usd(s.expected)
    return f"{_usd(s.expected)} ({_usd(s.low)} to {_usd(s.high)})"


def _usd(value: Decimal | None) -> str:
    if value is None:
        return "unknown"
    return f"${value:,.2f}" if value < 1000 else f"${value:,.0f}"


def _address(source: str) -> str:
    return source.split(" ")[0] if source.startswith("https://") else ""
