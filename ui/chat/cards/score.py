"""Scores of the base model: one arm, or every rung of the ladder side by side."""

from tools.evals.run import RunResult
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Table, Text
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
