"""What it costs: what must be said first, one sentence, the range, what drives it, the chart, and every source."""

from tools.cost.card import CostCard, money
from tools.cost.compare import Comparison
from tools.cost.curve import Curve
from tools.cost.eligibility import EligibilityReport
from tools.cost.request import changeable
from tools.cost.result import Assumption, Component, CostEstimate, PriceUsed
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Code,
    Details,
    Entries,
    Entry,
    Item,
    ItemList,
    Lines,
    Mark,
    Notice,
    Series,
    Table,
    Text,
    Verdict,
)


def cost_card(cards: list[CostCard], *, path: str, dataset: str, refused: tuple[str, ...] = ()) -> Card:
    """Estimates, the first one whole and the others beside it.

    Args:
        cards: what was priced, the leading one first.
        path: the file, as a command would name it.
        dataset: its id in the case, for pricing it anew.
        refused: offers that cannot be had, and why.
    """
    lead = cards[0]
    e = lead.estimate
    blocks: list[Block] = [Notice(tone="warn", text=lead.first)] if lead.first else []
    blocks += [
        Verdict(sentence=lead.sentence),
        Text(text=f"In all {lead.range_text}."),
        ItemList(
            title="Where the money goes",
            items=[Item(tag=f"{d.share:.0%}", text=d.name, note=f"${d.usd:,.2f}") for d in e.drivers],
        ),
        _chart(lead.curve, lead),
        _beside(cards),
    ]
    if refused:
        blocks.append(ItemList(items=[Item(tag="not priced", tone="warn", text=r) for r in refused]))
    warnings = [Item(tag=c.estimate.provider, tone="warn", text=w) for c in cards for w in c.warnings]
    if warnings:
        blocks.append(Details(summary=f"{len(warnings)} to mind", blocks=[ItemList(items=warnings)]))
    blocks.append(Details(summary="Beside the other ways, over 12 and 36 months", blocks=_ways(lead.ways)))
    blocks.append(Details(summary="Change what is assumed", blocks=_assumed(e.assumptions, dataset)))
    blocks.append(Buttons(items=_next(cards)))
    blocks += [Details(summary=f"How {c.estimate.provider} was reckoned", blocks=_reckoned(c, path)) for c in cards]
    return Card(name="cost", label="What it costs", blocks=blocks)


def eligibility_card(report: EligibilityReport, *, can_ask: bool) -> Card:
    """What an organisation must have to tune there, before anyone labels data.

    Args:
        report: the rules, and what a read with the key said.
        can_ask: a key is set, so that one harmless read may be made when the person says so.
    """
    tone = {"no": "stop", "not known": "wait"}.get(report.verdict, "go")
    answer = {"no": "No", "not known": "Not known yet"}.get(report.verdict, "Yes, as far as can be seen")
    items = [
        Item(text=r.text, note=f"Otherwise: {r.otherwise}", source="source" if r.address else "", href=r.address)
        for r in report.requirements
    ]
    blocks: list[Block] = [
        Verdict(sentence=f"May you tune at {report.title}? {answer}.", tone=tone),
        Text(text=report.said),
    ]
    if items:
        blocks.append(ItemList(title="What your organisation must have", items=items))
    if report.next_route and report.verdict != "yes, as far as can be seen":
        blocks.append(ItemList(title="The next best route", items=[Item(text=report.next_route)]))
    if can_ask:
        label = f"Ask {report.title} with your key (one read, nothing is started)"
        ask = {"provider": report.provider, "ask": True}
        blocks.append(Buttons(items=[Button(label=label, action="may_we_tune", payload=ask, again=True)]))
    return Card(name="eligibility", label="Eligibility", blocks=blocks)


def eligibility_button(provider: str) -> Button:
    """Asks what an organisation must have to tune there."""
    names = {"openai": "OpenAI", "azure": "Azure", "bedrock": "Amazon Bedrock"}
    label = f"May we tune at {names.get(provider, provider.capitalize())}?"
    return Button(label=label, action="may_we_tune", payload={"provider": provider}, again=True)


def _chart(c: Curve, card: CostCard) -> Block:
    if not c.points:
        return Text(text=f"{card.estimate.break_even.text}", muted=True)
    mark = next(
        (
            Mark(x=p.requests_per_day, y=float(p.tuned_usd), label=f"from {c.crossing:,} a day")
            for p in c.points
            if c.crossing and p.requests_per_day == c.crossing
        ),
        None,
    )
    return Lines(
        title=card.estimate.break_even.text,
        alt=card.alt,
        x_label="requests a day",
        y_label=f"USD over {c.months} months",
        series=[
            Series(name="tuned", points=[(p.requests_per_day, float(p.tuned_usd)) for p in c.points]),
            Series(name="today", points=[(p.requests_per_day, float(p.today_usd)) for p in c.points]),
        ],
        band=[(p.requests_per_day, float(p.tuned_low_usd), float(p.tuned_high_usd)) for p in c.points],
        mark=mark,
        table=Table(
            caption=f"Cost over {c.months} months",
            columns=list(card.break_even_head),
            rows=[list(r) for r in card.break_even_rows],
        ),
    )


def _next(cards: list[CostCard]) -> list[Button]:
    hosted = [c.estimate.provider for c in cards if c.estimate.provider not in ("local", "own_gpu")]
    return [
        Button(label="Price another provider", action="reask", payload={"fact": "provider"}, again=True),
        Button(label="Price another base model", action="reask", payload={"fact": "base_model"}, again=True),
        *[eligibility_button(p) for p in hosted],
    ]


def _beside(cards: list[CostCard]) -> Table:
    e = cards[0].estimate
    rows = [
        [
            f"{x.provider} · {x.model}",
            money(x.training_usd, short=True),
            money(x.hosting_usd_per_month, short=True),
            money(x.inference_usd_per_month, short=True),
            money(x.total_usd, short=True),
        ]
        for x in (c.estimate for c in cards)
    ]
    columns = ["where", "one training", "hosting a month", "use a month", "in all, people included"]
    return Table(caption=f"Expected (low to high), USD, over {e.months} months", columns=columns, rows=rows)


def _ways(found: Comparison) -> list[Block]:
    months = [h.months for h in found.arms[0].horizons]
    rows = []
    for arm in found.arms:
        sums = [money(h.total_usd, short=True) for h in arm.horizons]
        split = [
            f"{money(arm.horizons[0].capital_usd, short=True)} / {money(arm.horizons[0].operating_usd, short=True)}"
        ]
        rows.append([arm.title, *sums, *split, str(arm.ends or "not published")])
    columns = ["way", *[f"{m} months" for m in months], f"to make it / to run it, {months[0]} months", "base until"]
    notes = [Item(text=f"{a.title}: {a.note}") for a in found.arms if a.note]
    return [Text(text=found.sentence), Table(columns=columns, rows=rows), ItemList(items=notes)]


def _assumed(assumptions: tuple[Assumption, ...], dataset: str) -> list[Block]:
    names = changeable()
    entries = [
        Entry(name=a.name, label=a.name.replace("_", " "), value=a.value) for a in assumptions if a.name in names
    ]
    if not any(e.name == "requests_per_day" for e in entries):
        entries.insert(0, Entry(name="requests_per_day", label="requests per day", value="not given"))
    why = [
        Item(
            text=f"{a.name.replace('_', ' ')}: {a.value}",
            note=f"({a.origin}) {a.why}",
            source="source" if a.source.startswith("https://") else a.source,
            href=a.source if a.source.startswith("https://") else "",
        )
        for a in assumptions
    ]
    return [
        Text(text="Fill in what you know better; the rest stays. One number each, such as 10 or 0.5."),
        Entries(items=entries, button="Reckon again", action="price", payload={"dataset": dataset}),
        Details(summary="Where each comes from", blocks=[ItemList(items=why)]),
    ]


def _reckoned(card: CostCard, path: str) -> list[Block]:
    e = card.estimate
    return [
        Text(text=e.lifetime.text),
        Text(text=e.break_even.text, muted=True),
        *[_part(c) for c in e.components],
        Code(text=f"finetune-advisor cost {path} --provider {e.provider} --model {e.model}{_volume(e)}"),
    ]


def _part(c: Component) -> Block:
    """One sum; opened, the arithmetic and every figure in it with its source."""
    inside: list[Block] = [Text(text=c.arithmetic)]
    if c.prices:
        inside.append(ItemList(items=[_price(p) for p in c.prices]))
    return Details(summary=f"{c.name}: {money(c.usd, short=True)}", blocks=inside)


def _price(p: PriceUsed) -> Item:
    upto = f" to ${p.usd_high}" if p.usd_high is not None else ""
    kind = ", somebody else's note" if p.confidence == "secondary" else ""
    link = p.source if p.source.startswith("https://") else ""
    text = f"{p.what}: ${p.usd}{upto} per {p.unit}"
    return Item(text=text, note=f"checked {p.checked_on}{kind}", source=p.source, href=link)


def _volume(e: CostEstimate) -> str:
    given = next((a for a in e.assumptions if a.name == "requests_per_day" and a.origin == "given"), None)
    return f" -r {given.value.replace(',', '')}" if given else ""
