"""The learning curve: the score on 25, 50 and 100 % of the training rows, and what twice as many may bring."""

from decimal import Decimal
from typing import Any

from tools.ladder.curve import Curve
from tools.ladder.records import LadderPlan
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Lines, Series, Table, Text, Verdict
from ui.chat.cards.costs import spread
from ui.chat.cards.ladder_plan import sum_of
from ui.chat.cards.score import interval, score
from ui.chat.words import Words, words


def curve_plan_card(plans: list[LadderPlan], arm: str, payload: dict[str, Any], language: str = "en") -> Card:
    """What a curve would ask and cost, and the button that begins it."""
    w = words(language)
    requests, costs = sum(p.requests for p in plans), [p.worst_case_usd for p in plans]
    known = [c for c in costs if c is not None]
    worst = sum(known, Decimal(0)) if len(known) == len(costs) else None
    kept = payload.get("kept") if isinstance(payload.get("kept"), dict) else {}
    go = {**payload, "go": True}
    if requests == 0:
        sentence, label = w("ladder_plan.all_known"), w("ladder_plan.go_known")
    elif worst is None:
        sentence, label = w("curve.unpriced", n=requests), w("ladder_plan.go_unpriced")
        go["unpriced"] = True
    else:
        said = sum_of(worst, w)
        sentence, label = w("curve.priced", n=requests, sum=said), w("ladder_plan.go", sum=said)
        go["kept"] = {**(kept or {}), "budget": f"{worst:f}"}
    blocks: list[Block] = [
        Verdict(sentence=sentence),
        Text(text=w("curve.what", rung=w.get(f"score.arms.{arm}", arm)), muted=True),
        Buttons(items=[Button(label=label, action="curve", payload=go, style="primary", again=True)]),
    ]
    return Card(name="ladder-curve-plan", label=w("curve.label"), blocks=blocks, language=language)


def curve_card(c: Curve, language: str = "en") -> Card:
    """The curve with its forecast and the price of labelling."""
    w = words(language)
    f, last = c.forecast, c.points[-1]
    rung = w.get(f"score.arms.{c.arm}", c.arm)
    points = [(float(p.train_examples), p.score) for p in c.points if p.score is not None]
    band = [
        (float(p.train_examples), p.ci_low, p.ci_high)
        for p in c.points
        if p.ci_low is not None and p.ci_high is not None
    ]
    series = [Series(name=rung, points=points)]
    rows = [
        [str(p.train_examples), f"{p.share:.0%}", score(p.score, w), interval(p.ci_low, p.ci_high, w)] for p in c.points
    ]
    if f.gain is not None and last.score is not None and f.ci_low is not None and f.ci_high is not None:
        then = min(1.0, last.score + f.gain)
        gain = w("curve.gain", low=w.decimal(f.ci_low, "+.3f"), high=w.decimal(f.ci_high, "+.3f"))
        series.append(
            Series(name=w("curve.forecast"), points=[(points[-1][0], last.score), (float(f.train_examples), then)])
        )
        rows.append([str(f.train_examples), w("curve.forecast"), score(then, w), gain])
    said = "; ".join(f"{r[0]}: {r[2]} ({r[3]})" for r in rows)
    blocks: list[Block] = [
        Verdict(sentence=f.because.text(language)),
        Lines(
            title=w("curve.title", rung=rung, n=c.n),
            alt=said,
            x_label=w("curve.rows"),
            y_label=w("score.score"),
            series=series,
            band=band,
            table=Table(
                caption=w("curve.title", rung=rung, n=c.n),
                columns=[w("curve.rows"), w("curve.share"), w("score.score"), w("score.interval")],
                rows=rows,
                own=True,
            ),
        ),
        Text(text=_labelling(c, w)),
        Text(text=w("curve.method"), muted=True),
    ]
    return Card(name="ladder-curve", label=w("curve.label"), blocks=blocks, language=language)


def _labelling(c: Curve, w: Words) -> str:
    f, more = c.forecast, c.forecast.train_examples - c.points[-1].train_examples
    if f.usd is None or f.usd_low is None or f.usd_high is None:
        return w("curve.price_unknown", n=more)
    from tools.cost.money import Spread

    said = spread(Spread(low=f.usd_low, expected=f.usd, high=f.usd_high), w)
    return w("curve.price_given" if f.usd_source == "given" else "curve.price_assumed", n=more, sum=said)
