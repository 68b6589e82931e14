"""Scores of the base model: one arm, or every rung of the ladder side by side."""

from agent.say import number
from tools.evals.run import RunResult
from tools.ladder.records import Arm, LadderResult
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Details, Item, ItemList, Table, Text, Verdict
from ui.chat.words import Words, words

ENGLISH = words("en")


def score(value: float | None, w: Words = ENGLISH) -> str:
    """Three places; unknown is said."""
    return w("unknown") if value is None else w.decimal(value, ".3f")


def interval(low: float | None, high: float | None, w: Words = ENGLISH) -> str:
    """Low to high; unknown is said."""
    if low is None or high is None:
        return w("unknown")
    return w("score.to", low=w.decimal(low, ".3f"), high=w.decimal(high, ".3f"))


def against_target(
    name: str, value: float | None, low: float | None, high: float | None, target: float, w: Words = ENGLISH
) -> str:
    """How a score with its interval stands to the score that was wanted."""
    if value is None or low is None or high is None:
        how = "unknown"
    else:
        how = "above" if low >= target else "below" if high < target else "within"
    return w(f"score.target_{how}", target=w.decimal(target, "g"), name=name)


def score_card(
    r: RunResult, arm: str, *, target: float | None, alike: bool, actions: list[Button], language: str = "en"
) -> Card:
    """One arm of the base model on the held-out rows."""
    w = words(language)
    took = w("job.seconds", n=round(r.wall_seconds)) if r.wall_seconds else w("score.before")
    blocks: list[Block] = [
        Table(
            caption=w("score.caption", arm=w.get(f"score.arms.{arm}", arm), n=r.scored),
            columns=[w("score.score"), w("score.interval"), w("score.graded_by"), w("score.took")],
            rows=[[score(r.score, w), interval(r.ci_low, r.ci_high, w), f"{r.grader} v{r.grader_version}", took]],
        )
    ]
    if target is not None:
        blocks.append(Text(text=against_target(w("score.this_score"), r.score, r.ci_low, r.ci_high, target, w)))
    if alike:
        blocks.append(Text(text=w("score.alike"), muted=True))
    if r.rejected:
        blocks.append(Text(text=w("score.rejected", n=r.rejected), muted=True))
    if r.truncated:
        blocks.append(Text(text=w("score.truncated", n=r.truncated), muted=True))
    blocks.append(Buttons(items=actions))
    return Card(name="score", label=w("score.label"), blocks=blocks, language=language)


def ladder_card(r: LadderResult, *, target: float | None, actions: list[Button], language: str = "en") -> Card:
    """Every rung on the same rows, controls apart."""
    w = words(language)
    best = next((a for a in r.arms if a.name == r.best_without_tuning), None)
    blocks: list[Block] = [
        Verdict(sentence=r.reason),
        Table(
            caption=w("comparison.caption", metric=r.metric, n=r.n),
            columns=_columns("ladder.rung", w),
            rows=[_row(a, w) for a in r.arms if a.kind == "arm" and a.eval],
        ),
    ]
    if target is not None and best:
        name = w(f"score.arms.{best.name}")
        blocks.append(Text(text=against_target(name, best.score, best.ci_low, best.ci_high, target, w)))
    blocks += [Text(text=text, muted=True) for text in r.warnings]
    controls = [_row(a, w) for a in r.arms if a.kind == "control" and a.eval]
    if controls:
        table = Table(columns=_columns("ladder.control", w), rows=controls)
        blocks.append(Details(summary=w("ladder.controls"), blocks=[Text(text=w("ladder.controls_why")), table]))
    left_out = [
        Item(text=f"{w.get(f'score.arms.{a.name}', a.name)}: {a.note}")
        for a in r.arms
        if not a.eval and a.name != "tuned"
    ]
    if left_out:
        blocks.append(Details(summary=w("ladder.not_measured"), blocks=[ItemList(items=left_out)]))
    blocks.append(Buttons(items=actions))
    return Card(name="ladder", label=w("ladder.label"), blocks=blocks, language=language)


def _columns(first: str, w: Words) -> list[str]:
    return [w(first), w("score.score"), w("score.interval"), "n", w("ladder.takes")]


def _row(a: Arm, w: Words) -> list[str]:
    took = w("ladder.no_model") if a.latency_ms is None else f"{w.decimal(a.latency_ms / 1000, '.1f')} s"
    name = w.get(f"score.arms.{a.name}", a.name)
    return [name, score(a.score, w), interval(a.ci_low, a.ci_high, w), number(a.n, w.language), took]
