"""What a good answer is, before anything is trained: the proposal on five rows, and what was accepted."""

from tools.evals.metric.propose import MetricProposal, ShownRow
from tools.evals.metric.records import Goal, Metric
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Code, Entries, Entry, Item, ItemList, Notice, Table, Text

_REPORT = {"accuracy": "accuracy", "macro_f1": "macro-F1", "mean_score": "mean score"}
_GUARDRAIL = {"general": "the general probes (facts, arithmetic, instructions, format, reading, language, refusals)"}
_LONGEST = 60


def metric_card(found: MetricProposal, dataset: str, *, target: float | None) -> Card:
    """The proposal: what it says, five rows graded by it, and the ways to accept or change it."""
    m = found.metric
    blocks: list[Block] = [
        Text(text="Before anything is measured or trained: when is an answer good? Proposed from your held-out rows."),
        ItemList(items=_says(m)),
        Text(text=found.why, muted=True),
    ]
    if any(row.tried for row in found.rows):
        columns = ["asked", "good answer", "would count", "would not count"]
        caption = "Five rows, with answers as a model might give them"
        blocks.append(Table(caption=caption, columns=columns, rows=[_row(row) for row in found.rows]))
    if found.needs:
        blocks.append(Notice(tone="warn", text=f"Still yours to decide. {found.needs}"))
    if m.grader is None:
        command = f"finetune-advisor evals metric accept {m.name} --judge MODEL --judge-url URL --rubric @rubric.txt"
        blocks += [Text(text="Name a judge on the command line:", muted=True), Code(text=command)]
        return Card(name="metric", label="What a good answer is", blocks=blocks)
    payload = {"dataset": dataset}
    goals = [
        Button(
            label="Accept. Goal: better than today",
            action="accept_metric",
            payload={**payload, "goal": "improved"},
            style="primary",
            done_label="Accepted",
        )
    ]
    if target is not None:
        label = f"Accept. Goal: your target of {target:g}"
        goals.append(Button(label=label, action="accept_metric", payload={**payload, "goal": "target"}))
    form = Entries(
        items=[
            Entry(name="good_answer", label="A good answer is", value=m.good_answer),
            Entry(name="at_least", label="Goal: a score of at least (0 to 1)", value=""),
            Entry(name="not_worse_than", label="or: worse by at most (0 to 1)", value=""),
        ],
        button="Change, then accept",
        action="accept_metric",
        payload=payload,
    )
    return Card(name="metric", label="What a good answer is", blocks=[*blocks, Buttons(items=goals), form])


def accepted_card(m: Metric, actions: list[Button]) -> Card:
    """What was accepted, with its number and hash."""
    blocks: list[Block] = [
        Text(text=f"This is what every score is held to from now on: version {m.version}."),
        ItemList(items=_says(m)),
        Text(text=f"sha256 {m.digest[:16]}… in {m.name}/v{m.version}.yaml of your home folder's metrics", muted=True),
    ]
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="metric-accepted", label="Metric accepted", blocks=blocks)


def goal_from(given: dict[str, str], goal: object, target: float | None) -> Goal:
    """The goal that a click or a filled-in form names.

    Raises:
        ValueError: a number that is none, or two goals.
    """
    values = {k: float(given[k].replace(",", ".")) for k in ("at_least", "not_worse_than") if given.get(k, "").strip()}
    if goal == "target" and target is not None:
        values["at_least"] = target
    return Goal.model_validate(values or {"improved": True})


def _says(m: Metric) -> list[Item]:
    grader = m.grader.type if m.grader else "none yet: no rule can tell good from bad here"
    slices = ", ".join(m.slices) if m.slices else "the label" if grader == "label" else "none"
    return [
        Item(text=f"A good answer: {m.good_answer}"),
        Item(text=f"Graded by: {grader}; reported as {', '.join(_REPORT[r] for r in m.report)}"),
        Item(text=f"Goal: {m.goal}"),
        Item(text=f"Looked at apart: {slices}"),
        Item(text=f"Must not get worse: {', '.join(_GUARDRAIL.get(g, g) for g in m.guardrails) or 'nothing'}"),
    ]


def _row(row: ShownRow) -> list[str]:
    """One row of the data, with the answers tried on it in two heaps."""
    good = [t.answer for t in row.tried[1:] if t.passes]
    other = [f"{_short(t.answer)} ({t.score:.2f})" if t.score else _short(t.answer) for t in row.tried if not t.passes]
    return [_short(row.input), _short(row.target), " | ".join(map(_short, good)) or "only that", " | ".join(other)]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
