"""The ladder measured: what it says, the chart with its table, the rows behind each number, and what comes next."""

import math
from itertools import pairwise
from typing import Any

from agent.say import number
from tools.evals.guardrail import Guarded
from tools.ladder.conclude import of_guardrail, with_loss
from tools.ladder.records import Arm, LadderResult
from tools.ladder.say import ability, line
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Details,
    Dot,
    Dots,
    Item,
    ItemList,
    Table,
    Text,
    Tick,
    Verdict,
)
from ui.chat.cards.score import against_target, interval, score
from ui.chat.words import Words, words

FOLLOWED = ("retrieval", "few_shot", "linear", "nearest_neighbour")
"""Rungs that live on training rows, so that a learning curve says something of them."""
LEAST = {"cost": 0.0001, "latency": 0.001}
"""US dollars and seconds below which a difference is none to anybody."""
_APART = 0.1
"""Share of the width that keeps two numbers readable on a telephone."""


def ladder_card(
    r: LadderResult, *, target: float | None, payload: dict[str, Any], actions: list[Button], language: str = "en"
) -> Card:
    """Every rung on the same rows, controls among them.

    Args:
        r: what was measured.
        target: the score that the person called good enough; None: none was said.
        payload: what the curve's button carries: the file and what it was measured with.
        actions: what can be done next.
        language: of the card.
    """
    w = words(language)
    best = next((a for a in r.arms if a.name == r.best_without_tuning), None)
    drawn = [a for a in r.arms if a.score is not None]
    blocks: list[Block] = [Verdict(sentence=r.because.text(language))]
    if drawn:
        blocks += [_chart(drawn, "cost", w), _chart(drawn, "latency", w), _table(r, drawn, w)]
    if target is not None and best:
        name = w(f"score.arms.{best.name}")
        blocks.append(Text(text=against_target(name, best.score, best.ci_low, best.ci_high, target, w)))
    blocks += [Text(text=found.text(language), muted=True) for found in r.minded]
    blocks.append(Text(text=w("ladder.controls_why"), muted=True))
    remarks = [(a, a.remarks) for a in r.arms if a.remarks]
    if remarks:
        items = [Item(text=f"{_name(a, w)}: {'; '.join(x.text(language) for x in said)}") for a, said in remarks]
        blocks.append(Details(summary=w("ladder.remarks"), blocks=[ItemList(items=items)]))
    if drawn:
        behind = [*_rows_behind(drawn, w), *guardrail_rows(r.guardrails, w)]
        blocks.append(Details(summary=w("ladder.rows"), blocks=[Buttons(items=behind)]))
    blocks.append(Buttons(items=[*actions, *_curves(drawn, payload, w)]))
    return Card(name="ladder", label=w("ladder.label"), blocks=blocks, language=language)


def _name(a: Arm, w: Words) -> str:
    return w.get(f"score.arms.{a.name}", a.name)


def _table(r: LadderResult, drawn: list[Arm], w: Words) -> Table:
    columns = [w("ladder.rung"), w("score.score"), w("score.interval"), "n", w("ladder.per_1000"), w("ladder.takes")]
    return Table(
        caption=w("comparison.caption", metric=r.metric, n=r.n),
        columns=columns,
        rows=[_row(i, a, w) for i, a in enumerate(drawn, 1)],
        own=True,
    )


def _row(i: int, a: Arm, w: Words) -> list[str]:
    control = f" ({w('ladder.control')})" if a.kind == "control" else ""
    return [
        f"{i} · {_name(a, w)}{control}",
        score(a.score, w),
        interval(a.ci_low, a.ci_high, w),
        number(a.n, w.language),
        _cost(a, w),
        _takes(a, w),
    ]


def _cost(a: Arm, w: Words) -> str:
    usd = a.usd_per_1000_requests
    return w("unknown") if usd is None else f"$ {w.decimal(float(usd), '.4f' if 0 < usd < 1 else '.2f')}"


def _takes(a: Arm, w: Words) -> str:
    if a.latency_ms is None:
        return w("unknown")
    small = 0 < a.latency_ms < 10
    return f"{'< ' if small else ''}{w.decimal(0.01 if small else a.latency_ms / 1000, '.2f')} s"


def _chart(drawn: list[Arm], what: str, w: Words) -> Dots:
    """Score against cost or latency; the same number is the same rung in the table."""
    values = [_value(a, what) for a in drawn]
    known = [(i, a, v) for i, (a, v) in enumerate(zip(drawn, values, strict=True), 1) if v is not None]
    places = _places([v for _, _, v in known], LEAST[what])
    unknown = [_name(a, w) for a, v in zip(drawn, values, strict=True) if v is None]
    title = w(f"ladder.by_{what}") + (f" ({w('ladder.unknown_of', names=', '.join(unknown))})" if unknown else "")
    said = "; ".join(f"{_name(a, w)} {score(a.score, w)}, {_said(v, what, w)}" for _, a, v in known)
    dots = [
        Dot(mark=i, name=f"{_name(a, w)}: {_said(v, what, w)}", at=at, y=a.score or 0.0, low=a.ci_low, high=a.ci_high,
            control=a.kind == "control")
        for (i, a, v), at in zip(known, places, strict=True)
    ]  # fmt: skip
    return Dots(
        title=title, alt=said or title, x_label=w(f"ladder.{what}_axis"), dots=dots,
        ticks=_ticks([v for _, _, v in known], what, w),
    )  # fmt: skip


def _value(a: Arm, what: str) -> float | None:
    if what == "latency":
        return None if a.latency_ms is None else a.latency_ms / 1000
    return None if a.usd_per_1000_requests is None else float(a.usd_per_1000_requests)


def _said(value: float, what: str, w: Words) -> str:
    places = 0 if value == 0 or value >= 100 else max(0, 2 - math.floor(math.log10(max(value, LEAST[what]))))
    text = w.decimal(value, f".{places}f")
    if 0 < value < LEAST[what]:
        text = f"< {w.decimal(LEAST[what], 'g')}"
    return f"$ {text}" if what == "cost" else f"{text} s"


def _scaled(values: list[float], least: float) -> list[float]:
    """0..1, linear up to the smallest value that matters, logarithmic beyond: nothing stands beside a lot."""
    least = max(least, min((v for v in values if v > least), default=1.0))
    logs = [math.log1p(v / least) for v in values]
    top = max(logs, default=0.0)
    return [v / top if top else 0.5 for v in logs]


def _places(values: list[float], least: float) -> list[float]:
    """Where each stands; those that would hide each other are moved apart, in their order."""
    at = _scaled(values, least)
    order = sorted(range(len(at)), key=lambda i: at[i])
    if len(set(values)) == 1:  # all cost the same: spread evenly, the axis says so
        return [(i + 0.5) / len(values) for i in range(len(values))]
    apart = min(_APART, 1 / max(1, len(order) - 1))
    for before, i in pairwise(order):
        at[i] = max(at[i], at[before] + apart)
    limit = 1.0
    for i in reversed(order):  # and back from the right edge, where that went too far
        at[i] = min(at[i], limit)
        limit = at[i] - apart
    return [max(0.0, v) for v in at]


def _ticks(values: list[float], what: str, w: Words) -> list[Tick]:
    if not values:
        return []
    if len(set(values)) == 1:
        return [Tick(at=0.5, label=w("ladder.all_the_same", value=_said(values[0], what, w)))]
    return [Tick(at=0.0, label=_said(min(values), what, w)), Tick(at=1.0, label=_said(max(values), what, w))]


def _rows_behind(drawn: list[Arm], w: Words) -> list[Button]:
    plain = next((a.eval for a in drawn if a.name == "plain"), None)
    return [
        Button(label=_name(a, w), action="rows", payload={"eval": a.eval, "beside": plain, "start": 0}, again=True)
        for a in drawn
    ]


def guardrail_card(guarded: list[Guarded], gained: bool, language: str = "en") -> Card:
    """What tuning did to everything else; a gain on the task with a loss there is one sentence."""
    w = words(language)
    lines = [of_guardrail(g).text(language) for g in guarded]
    lost = any(g.forgot for g in guarded)
    if lost and gained:
        lines.insert(0, with_loss(line("task_gain"), guarded).text(language))
    blocks: list[Block] = [Verdict(sentence=lines[0], tone="stop" if lost else "wait")]
    blocks += [Text(text=text) for text in lines[1:]]
    blocks.append(Buttons(items=guardrail_rows(guarded, w)))
    return Card(name="guardrail", label=w("ladder.guardrail_label"), blocks=blocks, language=language)


def guardrail_rows(guarded: list[Guarded], w: Words) -> list[Button]:
    """The rows behind each set, the tuned model's beside the base's."""
    return [
        Button(
            label=w("ladder.guardrail_rows", probes=ability(g.probes, w.language)),
            action="rows",
            payload={"eval": g.tuned, "beside": g.base, "start": 0},
            again=True,
        )
        for g in guarded
        if g.tuned
    ]


def _curves(drawn: list[Arm], payload: dict[str, Any], w: Words) -> list[Button]:
    """The best rung that lives on training rows: would more rows make it better?"""
    found = [a for a in drawn if a.name in FOLLOWED]
    if not found:
        return []
    top = max(found, key=lambda a: (a.score or 0.0, -FOLLOWED.index(a.name)))
    label = w("ladder.curve", rung=_name(top, w))
    return [Button(label=label, action="curve", payload={**payload, "arm": top.name}, again=True)]
