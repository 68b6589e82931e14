"""The ladder before it is measured: which rungs can run, on what, how many requests, at most how much, how long."""

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from agent.say import number
from tools.ladder.list_price import ListPrice
from tools.ladder.records import LadderPlan
from tools.ladder.records import Planned as AnyPlanned
from tools.ladder.say import ability
from tools.ladder.timing import Timing
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Details,
    Entries,
    Entry,
    Notice,
    Table,
    Text,
    Verdict,
)
from ui.chat.journey.where import FIELDS, Wanted
from ui.chat.words import Words, words


@dataclass(frozen=True)
class Planned:
    """What the card says."""

    plan: LadderPlan
    wanted: Wanted
    model: str
    address: str
    """Empty: the local engine."""
    here: bool
    """Whether the address is this computer's own."""
    listed: ListPrice | None
    prices: tuple[Decimal | None, Decimal | None]
    """US dollars per million tokens in and out."""
    timing: Timing | None
    other: str
    """The model that the settings name; empty: none."""
    may_name_address: bool
    train_rows: int


def plan_card(p: Planned, dataset: str, language: str = "en") -> Card:
    """The card with the one button that begins it."""
    w = words(language)
    worst, budget = p.plan.worst_case_usd, p.wanted.budget
    blocks: list[Block] = [
        Verdict(sentence=_sentence(p, w)),
        Text(text=_time(p, w)),
        Table(
            caption=w("ladder_plan.caption", n=p.plan.samples, train=p.train_rows),
            columns=[w("ladder.rung"), w("ladder_plan.requests"), w("ladder_plan.most"), w("ladder_plan.can_run")],
            rows=[
                *(_row(w.get(f"score.arms.{a.name}", a.name), a, w) for a in p.plan.arms),
                *(_row(w("ladder.guardrail", probes=ability(g.name, language)), g, w) for g in p.plan.guardrails),
            ],
        ),
        Text(text=_where(p, w)),
    ]
    if p.address:
        blocks.append(Text(text=_price(p, w), muted=True))
    if worst and budget is not None and budget < worst:
        blocks.append(
            Notice(tone="warn", text=w("ladder_plan.below", budget=sum_of(budget, w), worst=sum_of(worst, w)))
        )
    if p.plan.leaked:
        blocks.append(Text(text=w("ladder_plan.leaked", n=p.plan.leaked), muted=True))
    blocks.append(Text(text=w("ladder_plan.kept"), muted=True))
    kept = p.wanted.kept()
    blocks.append(
        Details(
            summary=w("ladder_plan.change"),
            blocks=[
                Text(text=w("ladder_plan.fill_in" if p.may_name_address else "ladder_plan.fill_in_here"), muted=True),
                Entries(
                    items=_entries(p, w),
                    button=w("cost.again"),
                    action="climb",
                    payload={"dataset": dataset, "kept": kept},
                ),
            ],
        )
    )
    blocks.append(Buttons(items=_buttons(p, dataset, w)))
    return Card(name="ladder-plan", label=w("ladder_plan.label"), blocks=blocks, language=language)


def sum_of(usd: Decimal, w: Words) -> str:
    """Dollars and cents, and more places below one: a ladder often costs less than a cent."""
    if usd == 0 or usd >= 1:
        return w.money(usd)
    text = w.decimal(float(usd), ".4f")
    return f"${text}" if w.language in ("en", "zh") else f"{text} $"


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _sentence(p: Planned, w: Words) -> str:
    n, worst = p.plan.requests, p.plan.worst_case_usd
    if n == 0:
        return w("ladder_plan.all_known")
    if not p.address:
        return w("ladder_plan.local", n=n, model=p.model)
    at = {"n": n, "model": p.model, "host": _host(p.address)}
    if worst is None:
        return w("ladder_plan.unpriced", **at)
    return w("ladder_plan.priced", sum=sum_of(_most(p), w), **at)


def _most(p: Planned) -> Decimal:
    """What a yes allows: the budget where one was given, and never more than the worst case."""
    worst = p.plan.worst_case_usd or Decimal(0)
    return worst if p.wanted.budget is None else min(worst, p.wanted.budget)


def _time(p: Planned, w: Words) -> str:
    if p.timing is None:
        return w("ladder_plan.time_unknown")
    seconds = p.timing.seconds(p.plan.requests)
    took = w("job.seconds", n=round(seconds)) if seconds < 90 else w("job.minutes", n=round(seconds / 60))
    return w("ladder_plan.time", took=took, n=p.timing.n)


def _row(name: str, a: AnyPlanned, w: Words) -> list[str]:
    can = w("ladder_plan.runs") if a.why_not is None else a.why_not.text(w.language)
    if a.why_not is not None and a.why_not.key == "no_tuned":  # here that is a button, and no command
        can = w("ladder_plan.no_tuned", plan=w("do.plan"))
    if a.known and a.why_not is None:
        can = w("ladder_plan.known", n=a.known)
    most = "" if a.why_not else w("unknown") if a.worst_case_usd is None else sum_of(a.worst_case_usd, w)
    requests = "" if a.why_not else number(a.requests, w.language)
    return [name, requests, most, can]


def _where(p: Planned, w: Words) -> str:
    if p.here:
        return w("ladder_plan.stays")
    return w("ladder_plan.sends", n=p.plan.samples, host=_host(p.address))


def _price(p: Planned, w: Words) -> str:
    tokens = w("ladder_plan.tokens", sent=p.plan.prompt_tokens, made=p.plan.completion_tokens)
    sent, made = p.prices
    if sent is None or made is None:
        return f"{tokens} {w('ladder_plan.price_unknown')}"
    sums = {"sent": w.money(sent), "made": w.money(made)}
    if p.listed:
        day = p.listed.checked_on
        return f"{tokens} {w('ladder_plan.price_listed', provider=p.listed.provider, date=day, **sums)}"
    return f"{tokens} {w('ladder_plan.price_given', **sums)}"


def _entries(p: Planned, w: Words) -> list[Entry]:
    now = {**{f: "" for f in FIELDS}, **p.wanted.kept()}
    if p.address:
        now |= {"model": p.model, "address": p.address}
        now |= {k: f"{v:f}" for k, v in zip(("usd_in", "usd_out"), p.prices, strict=True) if v is not None}
    left_out = () if p.may_name_address else ("address",)
    return [
        Entry(
            name=f,
            label=w(f"ladder_plan.fields.{f}"),
            value=now[f] or w("ladder_plan.nothing"),
            mode="decimal" if f in ("usd_in", "usd_out", "budget", "rows") else "text",
        )
        for f in FIELDS
        if f not in left_out
    ]


def _buttons(p: Planned, dataset: str, w: Words) -> list[Button]:
    kept, worst = p.wanted.kept(), p.plan.worst_case_usd
    go = {"dataset": dataset, "go": True}
    label = w("ladder_plan.go_known") if p.plan.requests == 0 else w("ladder_plan.go_local")
    if p.address and p.plan.requests and worst is None:
        label, go = w("ladder_plan.go_unpriced"), {**go, "unpriced": True}
    elif p.address and p.plan.requests:
        label, kept = w("ladder_plan.go", sum=sum_of(_most(p), w)), {**kept, "budget": f"{_most(p):f}"}
    buttons = [Button(label=label, action="climb", payload={**go, "kept": kept}, style="primary", again=True)]
    if p.address:
        here = {"dataset": dataset, "kept": {"where": "local", "rows": p.wanted.kept().get("rows", "")}}
        buttons.append(Button(label=w("ladder_plan.instead_here"), action="climb", payload=here, again=True))
    elif p.other:
        there = {"dataset": dataset, "kept": {"where": "endpoint", "rows": p.wanted.kept().get("rows", "")}}
        label = w("ladder_plan.instead_there", model=p.other)
        buttons.append(Button(label=label, action="climb", payload=there, again=True))
    return buttons
