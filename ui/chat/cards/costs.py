"""What it costs: what must be said first, one sentence, the range, what drives it, the chart, and every source."""

from decimal import Decimal

from agent.said import said
from tools.cost.card import CostCard, money
from tools.cost.compare import Comparison
from tools.cost.curve import Curve
from tools.cost.eligibility import EligibilityReport
from tools.cost.money import Spread
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
from ui.chat.words import Words, words

ANSWERS = {"no": "no", "not known": "not_known"}
"""A verdict of tools.cost.eligibility -> its word; all else is yes."""


def spread(sum_: Spread, w: Words) -> str:
    """Expected (low to high), as the language writes sums."""
    if w.language == "en":
        return money(sum_, short=True)
    from tools.report.forms import Forms

    return Forms(w.language).spread(sum_)


def cost_card(
    cards: list[CostCard],
    *,
    path: str,
    dataset: str,
    refused: tuple[str, ...] = (),
    assumed: str = "",
    language: str = "en",
) -> Card:
    """Estimates, the first one whole and the others beside it.

    Args:
        cards: what was priced, the leading one first.
        path: the file, as a command would name it.
        dataset: its id in the case, for pricing it anew.
        refused: offers that cannot be had, and why.
        assumed: what the case says and a person changed, as options of the command.
        language: of the card.
    """
    w = words(language)
    lead = cards[0]
    e = lead.estimate
    blocks: list[Block] = [Notice(tone="warn", text=lead.first)] if lead.first else []
    blocks += [
        Verdict(sentence=lead.sentence),
        Text(text=w("cost.in_all", range=said(lead.range_text, language))),
        *_low_end(e, w),
        ItemList(
            title=w("cost.drivers"),
            items=[Item(tag=f"{d.share:.0%}", text=d.name, note=w.money(d.usd)) for d in e.drivers],
        ),
        _chart(lead.curve, lead, w),
        _beside(cards, w),
    ]
    if refused:
        blocks.append(ItemList(items=[Item(tag=w("cost.not_priced"), tone="warn", text=r) for r in refused]))
    warnings = [Item(tag=c.estimate.provider, tone="warn", text=text) for c in cards for text in c.warnings]
    if warnings:
        blocks.append(Details(summary=w("cost.to_mind", n=len(warnings)), blocks=[ItemList(items=warnings)]))
    blocks.append(Details(summary=w("cost.other_ways"), blocks=_ways(lead.ways, w)))
    blocks.append(Details(summary=w("cost.change"), blocks=_assumed(e.assumptions, dataset, w)))
    blocks.append(Buttons(items=_next(cards, w)))
    blocks += [
        Details(summary=w("cost.how", provider=c.estimate.provider), blocks=_reckoned(c, path, assumed, w))
        for c in cards
    ]
    return Card(name="cost", label=w("cost.label"), blocks=blocks, language=language)


def _low_end(e: CostEstimate, w: Words) -> list[Block]:
    """Where only a floor of the whole is known, it stands beside parts that are expected values: say which is which."""
    if e.total_usd.expected is not None or not e.total_usd.at_least or not e.drivers:
        return []
    return [Text(text=w("cost.low_end", sum=w.money(sum((d.usd for d in e.drivers), Decimal(0)))), muted=True)]


def eligibility_card(report: EligibilityReport, *, can_ask: bool, language: str = "en") -> Card:
    """What an organisation must have to tune there, before anyone labels data.

    Args:
        report: the rules, and what a read with the key said.
        can_ask: a key is set, so that one harmless read may be made when the person says so.
        language: of the card.
    """
    w = words(language)
    tone = {"no": "stop", "not known": "wait"}.get(report.verdict, "go")
    answer = w(f"eligibility.{ANSWERS.get(report.verdict, 'yes')}")
    items = [
        Item(
            text=r.text,
            note=w("eligibility.otherwise", what=said(r.otherwise, language)),
            source=w("source") if r.address else "",
            href=r.address,
        )
        for r in report.requirements
    ]
    blocks: list[Block] = [
        Verdict(sentence=w("eligibility.verdict", provider=report.title, answer=answer), tone=tone),
        Text(text=report.said),
    ]
    if items:
        blocks.append(ItemList(title=w("eligibility.must_have"), items=items))
    if report.next_route and report.verdict != "yes, as far as can be seen":
        blocks.append(ItemList(title=w("eligibility.next_route"), items=[Item(text=report.next_route)]))
    if can_ask:
        label = w("eligibility.ask", provider=report.title)
        ask = {"provider": report.provider, "ask": True}
        blocks.append(Buttons(items=[Button(label=label, action="may_we_tune", payload=ask, again=True)]))
    return Card(name="eligibility", label=w("eligibility.label"), blocks=blocks, language=language)


def eligibility_button(provider: str, language: str = "en") -> Button:
    """Asks what an organisation must have to tune there."""
    names = {"openai": "OpenAI", "azure": "Azure", "bedrock": "Amazon Bedrock"}
    label = words(language)("do.may_we", provider=names.get(provider, provider.capitalize()))
    return Button(label=label, action="may_we_tune", payload={"provider": provider}, again=True)


def _chart(c: Curve, card: CostCard, w: Words) -> Block:
    if not c.points:
        return Text(text=f"{card.estimate.break_even.text}", muted=True)
    mark = next(
        (
            Mark(x=p.requests_per_day, y=float(p.tuned_usd), label=w("cost.from_a_day", n=c.crossing))
            for p in c.points
            if c.crossing and p.requests_per_day == c.crossing
        ),
        None,
    )
    return Lines(
        title=card.estimate.break_even.text,
        alt=card.alt,
        x_label=w("cost.requests_a_day"),
        y_label=w("cost.usd_over", months=c.months),
        series=[
            Series(name=w("cost.tuned"), points=[(p.requests_per_day, float(p.tuned_usd)) for p in c.points]),
            Series(name=w("cost.today"), points=[(p.requests_per_day, float(p.today_usd)) for p in c.points]),
        ],
        band=[(p.requests_per_day, float(p.tuned_low_usd), float(p.tuned_high_usd)) for p in c.points],
        mark=mark,
        table=Table(
            caption=w("cost.curve", months=c.months),
            columns=list(card.break_even_head),
            rows=[list(r) for r in card.break_even_rows],
        ),
    )


def _next(cards: list[CostCard], w: Words) -> list[Button]:
    hosted = [c.estimate.provider for c in cards if c.estimate.provider not in ("local", "own_gpu")]
    return [
        Button(label=w("cost.other_provider"), action="reask", payload={"fact": "provider"}, again=True),
        Button(label=w("cost.other_base"), action="reask", payload={"fact": "base_model"}, again=True),
        *[eligibility_button(p, w.language) for p in hosted],
    ]


def _beside(cards: list[CostCard], w: Words) -> Table:
    e = cards[0].estimate
    rows = [
        [
            f"{x.provider} · {x.model}",
            spread(x.training_usd, w),
            spread(x.hosting_usd_per_month, w),
            spread(x.inference_usd_per_month, w),
            spread(x.total_usd, w),
        ]
        for x in (c.estimate for c in cards)
    ]
    columns = [w(f"cost.{name}") for name in ("where", "one_training", "hosting", "use", "total")]
    return Table(caption=w("cost.beside", months=e.months), columns=columns, rows=rows)


def _ways(found: Comparison, w: Words) -> list[Block]:
    months = [h.months for h in found.arms[0].horizons]
    rows = []
    for arm in found.arms:
        sums = [spread(h.total_usd, w) for h in arm.horizons]
        split = [f"{spread(arm.horizons[0].capital_usd, w)} / {spread(arm.horizons[0].operating_usd, w)}"]
        rows.append([arm.title, *sums, *split, str(arm.ends or w("cost.not_published"))])
    columns = [
        w("cost.way"),
        *[w("cost.months", n=m) for m in months],
        w("cost.make_run", n=months[0]),
        w("cost.base_until"),
    ]
    notes = [Item(text=f"{a.title}: {a.note}") for a in found.arms if a.note]
    return [Text(text=found.sentence), Table(columns=columns, rows=rows), ItemList(items=notes)]


def _assumed(assumptions: tuple[Assumption, ...], dataset: str, w: Words) -> list[Block]:
    names = changeable()
    entries = [
        Entry(name=a.name, label=a.name.replace("_", " "), value=a.value) for a in assumptions if a.name in names
    ]
    if not any(e.name == "requests_per_day" for e in entries):
        entries.insert(0, Entry(name="requests_per_day", label=w("cost.requests_per_day"), value=w("cost.not_given")))
    why = [
        Item(
            text=f"{a.name.replace('_', ' ')}: {a.value}",
            note=f"({a.origin}) {a.why}",
            source=w("source") if a.source.startswith("https://") else a.source,
            href=a.source if a.source.startswith("https://") else "",
        )
        for a in assumptions
    ]
    return [
        Text(text=w("cost.fill_in")),
        Entries(items=entries, button=w("cost.again"), action="price", payload={"dataset": dataset}),
        Details(summary=w("cost.where_from"), blocks=[ItemList(items=why)]),
    ]


def _reckoned(card: CostCard, path: str, assumed: str, w: Words) -> list[Block]:
    e = card.estimate
    command = f"finetune-advisor cost {path} --provider {e.provider} --model {e.model}"
    return [
        Text(text=e.lifetime.text),
        Text(text=e.break_even.text, muted=True),
        *[_part(c, w) for c in e.components],
        Code(text=" ".join(part for part in (command, assumed or _volume(e)) if part)),
    ]


def _part(c: Component, w: Words) -> Block:
    """One sum; opened, the arithmetic and every figure in it with its source."""
    inside: list[Block] = [Text(text=c.arithmetic)]
    if c.prices:
        inside.append(ItemList(items=[_price(p, w) for p in c.prices]))
    return Details(summary=f"{said(c.name, w.language)}: {spread(c.usd, w)}", blocks=inside)


def _price(p: PriceUsed, w: Words) -> Item:
    upto = f" to ${p.usd_high}" if p.usd_high is not None else ""
    whose = said("somebody else's note", w.language)
    kind = f", {whose}" if p.confidence == "secondary" else ""
    link = p.source if p.source.startswith("https://") else ""
    text = f"{p.what}: ${p.usd}{upto} per {p.unit}"
    return Item(
        text=text,
        note=w("checked_on", date=said(str(p.checked_on), w.language)) + kind,
        source=said(p.source, w.language, whole=True),
        href=link,
    )


def _volume(e: CostEstimate) -> str:
    """Of an estimate whose request is not at hand: the volume, which decides most."""
    given = next((a for a in e.assumptions if a.name == "requests_per_day" and a.origin == "given"), None)
    return f"-r {given.value.replace(',', '')}" if given else ""
