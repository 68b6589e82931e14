"""Base against tuned: the verdict first, then the numbers with interval and n, then what got worse."""

from tools.evals.compare import Comparison, Flip
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Details, Item, ItemList, Table, Text, Tone, Verdict
from ui.chat.cards.score import against_target, interval, score

SENTENCES = {
    "improved": "Training helped: the tuned model is better on rows that nothing had seen.",
    "no_significant_difference": "No difference can be shown between base and tuned.",
    "regressed": "Training hurt: the tuned model is worse on rows that nothing had seen.",
    "insufficient_evidence": "There are too few rows to say anything.",
}
TONES: dict[str, Tone] = {
    "improved": "go",
    "no_significant_difference": "wait",
    "regressed": "stop",
    "insufficient_evidence": "wait",
}


def comparison_card(c: Comparison, *, target: float | None, actions: list[Button]) -> Card:
    """The card of one paired comparison.

    Args:
        c: the comparison.
        target: the score that the person called good enough; None: none was said.
        actions: what can be done next.
    """
    rows = [
        [c.baseline_name, score(c.baseline), interval(c.baseline_interval.low, c.baseline_interval.high)],
        [c.candidate_name, score(c.candidate), interval(c.candidate_interval.low, c.candidate_interval.high)],
        ["difference", _points(c.difference), _points_interval(c)],
    ]
    p = "unknown" if c.p_value is None else ("< 0.001" if c.p_value < 0.001 else f"{c.p_value:.3f}")
    blocks: list[Block] = [
        Verdict(sentence=SENTENCES[c.verdict], tone=TONES[c.verdict]),
        Text(text=c.reason),
        Table(
            caption=f"{c.metric} on the same {c.n:,} held-out rows", columns=["", "score", "95 % interval"], rows=rows
        ),
        Text(text=f"{c.test}; p {p}; interval: {c.interval_method}", muted=True),
    ]
    if target is not None:
        at, name = c.candidate_interval, "the tuned model"
        blocks.insert(3, Text(text=against_target(name, c.candidate, at.low, at.high, target)))
    if c.regressions_total:
        blocks.append(
            Details(
                summary=f"What got worse ({c.regressions_total:,})",
                blocks=[ItemList(items=[_flip(f) for f in c.regressions[:20]])],
            )
        )
    if c.improvements_total:
        blocks.append(
            Details(
                summary=f"What got better ({c.improvements_total:,})",
                blocks=[ItemList(items=[_flip(f) for f in c.improvements[:20]])],
            )
        )
    if len(c.slices) > 1:
        slices = [[s.category or "–", score(s.baseline), score(s.candidate), str(s.n)] for s in c.slices]
        blocks.append(
            Details(
                summary="By group, harm first", blocks=[Table(columns=["group", "base", "tuned", "n"], rows=slices)]
            )
        )
    if c.sensitivity and c.sensitivity.detectable_difference:
        points = c.sensitivity.detectable_difference * 100
        blocks.append(Text(text=f"{c.n:,} rows can show a difference of about {points:.0f} points.", muted=True))
    blocks += [Text(text=w, muted=True) for w in c.warnings]
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="comparison", label="Base against tuned", blocks=blocks)


def _points(value: float | None) -> str:
    return "unknown" if value is None else f"{value * 100:+.1f} points"


def _points_interval(c: Comparison) -> str:
    return "unknown" if c.ci_low is None or c.ci_high is None else f"{c.ci_low * 100:+.1f} to {c.ci_high * 100:+.1f}"


def _flip(f: Flip) -> Item:
    return Item(
        text=f"{(f.input or f.id)[:160]}",
        note=f"wanted “{(f.target or '')[:60]}”, base said “{(f.baseline_completion or '')[:60]}”, "
        f"tuned said “{(f.candidate_completion or '')[:60]}”",
    )
