"""Base against tuned: the verdict first, then the numbers with interval and n, then what got worse."""

from agent.said import said
from tools.evals.compare import Comparison, Flip
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Details, Item, ItemList, Table, Text, Tone, Verdict
from ui.chat.cards.score import against_target, interval, score
from ui.chat.words import Words, words

TONES: dict[str, Tone] = {
    "improved": "go",
    "no_significant_difference": "wait",
    "regressed": "stop",
    "insufficient_evidence": "wait",
}


def comparison_card(c: Comparison, *, target: float | None, actions: list[Button], language: str = "en") -> Card:
    """The card of one paired comparison.

    Args:
        c: the comparison.
        target: the score that the person called good enough; None: none was said.
        actions: what can be done next.
        language: of the card.
    """
    w = words(language)
    rows = [
        [c.baseline_name, score(c.baseline, w), interval(c.baseline_interval.low, c.baseline_interval.high, w)],
        [c.candidate_name, score(c.candidate, w), interval(c.candidate_interval.low, c.candidate_interval.high, w)],
        [w("comparison.difference"), _points(c.difference, w), _points_interval(c, w)],
    ]
    p = w("unknown") if c.p_value is None else f"{'< ' * (c.p_value < 0.001)}{w.decimal(max(c.p_value, 0.001), '.3f')}"
    blocks: list[Block] = [
        Verdict(sentence=w(f"comparison.verdicts.{c.verdict}"), tone=TONES[c.verdict]),
        Text(text=_sentence(c.reason, language)),
        Table(
            caption=w("comparison.caption", metric=_metric(c.metric, w), n=c.n),
            columns=["", w("score.score"), w("score.interval")],
            rows=rows,
            own=True,
        ),
        Text(text=w("comparison.test", test=c.test, p=p, method=c.interval_method), muted=True),
    ]
    if target is not None:
        at, name = c.candidate_interval, w("score.tuned_model")
        blocks.insert(3, Text(text=against_target(name, c.candidate, at.low, at.high, target, w)))
    if c.regressions_total:
        blocks.append(
            Details(
                summary=w("comparison.worse", n=c.regressions_total),
                blocks=[ItemList(items=[_flip(f, w) for f in c.regressions[:20]])],
            )
        )
    if c.improvements_total:
        blocks.append(
            Details(
                summary=w("comparison.better", n=c.improvements_total),
                blocks=[ItemList(items=[_flip(f, w) for f in c.improvements[:20]])],
            )
        )
    if len(c.slices) > 1:
        slices = [[s.category or "–", score(s.baseline, w), score(s.candidate, w), str(s.n)] for s in c.slices]
        columns = [w("comparison.group"), w("comparison.base"), w("comparison.tuned"), "n"]
        blocks.append(Details(summary=w("comparison.groups"), blocks=[Table(columns=columns, rows=slices, own=True)]))
    if c.sensitivity and c.sensitivity.detectable_difference:
        points = c.sensitivity.detectable_difference * 100
        blocks.append(Text(text=w("comparison.detectable", n=c.n, points=round(points)), muted=True))
    blocks += [Text(text=text, muted=True) for text in c.warnings]
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="comparison", label=w("comparison.label"), blocks=blocks, language=language)


def _sentence(reason: str, language: str) -> str:
    """With a capital, but for a figure's own name: `n=12: ...`."""
    text = said(reason, language)
    return text if reason.startswith("n=") else text[:1].upper() + text[1:]


def _metric(name: str, w: Words) -> str:
    return w.get(f"comparison.metrics.{name.replace(' ', '_')}", name)


def _points(value: float | None, w: Words) -> str:
    return w("unknown") if value is None else w("comparison.points", n=w.decimal(value * 100, "+.1f"))


def _points_interval(c: Comparison, w: Words) -> str:
    if c.ci_low is None or c.ci_high is None:
        return w("unknown")
    return w("score.to", low=w.decimal(c.ci_low * 100, "+.1f"), high=w.decimal(c.ci_high * 100, "+.1f"))


def _flip(f: Flip, w: Words) -> Item:
    answers = [(text or "")[:60] for text in (f.target, f.baseline_completion, f.candidate_completion)]
    return Item(
        text=f"{(f.input or f.id)[:160]}",
        note=w("comparison.flip", target=answers[0], base=answers[1], tuned=answers[2]),
    )
