"""Scores of the base model: one arm, or every rung of the ladder side by side."""

from tools.evals.run import RunResult
from tools.ladder.records import Arm, LadderResult
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Details, Item, ItemList, Table, Text, Verdict

ALIKE = "No rule can judge free text: this score says how alike the words are, not how good the answer is."
ARM_WORDS = {
    "majority": "always the commonest answer",
    "nearest_neighbour": "the answer of the most similar training row",
    "linear": "a linear model on words",
    "plain": "plain prompt",
    "better_prompt": "better prompt",
    "constrained": "answers held to the labels",
    "few_shot": "examples in the prompt",
    "shuffled_labels": "the same examples with shuffled answers",
    "retrieval": "the most similar rows as examples",
    "tuned": "tuned model",
}


def score(value: float | None) -> str:
    """Three places; unknown is said."""
    return "unknown" if value is None else f"{value:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """Low to high; unknown is said."""
    return "unknown" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def against_target(name: str, value: float | None, low: float | None, high: float | None, target: float) -> str:
    """How a score with its interval stands to the score that was wanted."""
    if value is None or low is None or high is None:
        return f"Your target is {target:g}; whether {name} reaches it is unknown."
    if low >= target:
        return f"Your target is {target:g}; {name} is above it with its whole interval."
    if high < target:
        return f"Your target is {target:g}; {name} is below it with its whole interval."
    return f"Your target is {target:g}; it lies within the interval of {name}, so these rows cannot settle it."


def score_card(r: RunResult, arm: str, *, target: float | None, alike: bool, actions: list[Button]) -> Card:
    """One arm of the base model on the held-out rows."""
    took = f"{r.wall_seconds:.0f} s" if r.wall_seconds else "measured before"
    blocks: list[Block] = [
        Table(
            caption=f"Base model, {ARM_WORDS.get(arm, arm)}, n = {r.scored:,} held-out rows",
            columns=["score", "95 % interval", "graded by", "took"],
            rows=[[score(r.score), interval(r.ci_low, r.ci_high), f"{r.grader} v{r.grader_version}", took]],
        )
    ]
    if target is not None:
        blocks.append(Text(text=against_target("this score", r.score, r.ci_low, r.ci_high, target)))
    if alike:
        blocks.append(Text(text=ALIKE, muted=True))
    if r.rejected:
        blocks.append(Text(text=f"{r.rejected:,} rows were refused by the model and have no score.", muted=True))
    if r.truncated:
        words = f"{r.truncated:,} answers ran on past the room given: the base model chats instead of answering."
        blocks.append(Text(text=words, muted=True))
    blocks.append(Buttons(items=actions))
    return Card(name="score", label="Score of the base model", blocks=blocks)


def ladder_card(r: LadderResult, *, target: float | None, actions: list[Button]) -> Card:
    """Every rung on the same rows, controls apart."""
    best = next((a for a in r.arms if a.name == r.best_without_tuning), None)
    blocks: list[Block] = [
        Verdict(sentence=r.reason),
        Table(
            caption=f"{r.metric} on the same {r.n:,} held-out rows",
            columns=["rung", "score", "95 % interval", "n", "a typical answer takes"],
            rows=[_row(a) for a in r.arms if a.kind == "arm" and a.eval],
        ),
    ]
    if target is not None and best:
        blocks.append(Text(text=against_target(ARM_WORDS[best.name], best.score, best.ci_low, best.ci_high, target)))
    blocks += [Text(text=w, muted=True) for w in r.warnings]
    controls = [_row(a) for a in r.arms if a.kind == "control" and a.eval]
    if controls:
        words = "Controls: if one of these does as well as a model, the model is not what makes the score."
        columns = ["control", "score", "95 % interval", "n", "a typical answer takes"]
        blocks.append(Details(summary="Controls", blocks=[Text(text=words), Table(columns=columns, rows=controls)]))
    left_out = [Item(text=f"{ARM_WORDS[a.name]}: {a.note}") for a in r.arms if not a.eval and a.name != "tuned"]
    if left_out:
        blocks.append(Details(summary="Not measured", blocks=[ItemList(items=left_out)]))
    blocks.append(Buttons(items=actions))
    return Card(name="ladder", label="Every rung without training", blocks=blocks)


def _row(a: Arm) -> list[str]:
    took = "no model asked" if a.latency_ms is None else f"{a.latency_ms / 1000:.1f} s"
    return [ARM_WORDS.get(a.name, a.name), score(a.score), interval(a.ci_low, a.ci_high), f"{a.n:,}", took]
