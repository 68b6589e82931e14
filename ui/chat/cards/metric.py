"""What a good answer is, before anything is trained: the proposal on five rows, and what was accepted."""

from tools.evals.metric.propose import MetricProposal, ShownRow
from tools.evals.metric.records import Goal, Metric
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Code, Entries, Entry, Item, ItemList, Notice, Table, Text
from ui.chat.words import Words, words

_LONGEST = 60


def metric_card(found: MetricProposal, dataset: str, *, target: float | None, language: str = "en") -> Card:
    """The proposal: what it says, five rows graded by it, and the ways to accept or change it.

    What the proposal itself says is kept in English.
    """
    m, w = found.metric, words(language)
    blocks: list[Block] = [
        Text(text=w("metric.ask")),
        ItemList(items=_says(m, w)),
        Text(text=found.why, muted=True),
    ]
    if any(row.tried for row in found.rows):
        columns = [w(f"metric.{name}") for name in ("asked", "good", "counts", "not_counts")]
        blocks.append(Table(caption=w("metric.rows"), columns=columns, rows=[_row(row, w) for row in found.rows]))
    if found.needs:
        blocks.append(Notice(tone="warn", text=w("metric.yours", needs=found.needs)))
    if m.grader is None:
        command = f"finetune-advisor evals metric accept {m.name} --judge MODEL --judge-url URL --rubric @rubric.txt"
        blocks += [Text(text=w("metric.judge"), muted=True), Code(text=command)]
        return Card(name="metric", label=w("metric.label"), blocks=blocks, language=language)
    payload = {"dataset": dataset}
    goals = [
        Button(
            label=w("metric.accept"),
            action="accept_metric",
            payload={**payload, "goal": "improved"},
            style="primary",
            done_label=w("metric.accepted"),
        )
    ]
    if target is not None:
        label = w("metric.accept_target", target=w.decimal(target, "g"))
        goals.append(Button(label=label, action="accept_metric", payload={**payload, "goal": "target"}))
    form = Entries(
        items=[
            Entry(name="good_answer", label=w("metric.good_is"), value=m.good_answer, mode="text"),
            Entry(name="at_least", label=w("metric.at_least"), value=""),
            Entry(name="not_worse_than", label=w("metric.not_worse"), value=""),
        ],
        button=w("metric.change"),
        action="accept_metric",
        payload=payload,
    )
    blocks += [Buttons(items=goals), form]
    return Card(name="metric", label=w("metric.label"), blocks=blocks, language=language)


def accepted_card(m: Metric, actions: list[Button], language: str = "en") -> Card:
    """What was accepted, with its number and hash."""
    w = words(language)
    kept = w("metric.kept", digest=m.digest[:16], file=f"{m.name}/v{m.version}.yaml")
    blocks: list[Block] = [
        Text(text=w("metric.version", version=m.version)),
        ItemList(items=_says(m, w)),
        Text(text=kept, muted=True),
    ]
    if actions:
        blocks.append(Buttons(items=actions))
    return Card(name="metric-accepted", label=w("metric.accepted_label"), blocks=blocks, language=language)


def goal_from(given: dict[str, str], goal: object, target: float | None) -> Goal:
    """The goal that a click or a filled-in form names.

    Raises:
        ValueError: a number that is none, or two goals.
    """
    values = {k: float(given[k].replace(",", ".")) for k in ("at_least", "not_worse_than") if given.get(k, "").strip()}
    if goal == "target" and target is not None:
        values["at_least"] = target
    return Goal.model_validate(values or {"improved": True})


def _says(m: Metric, w: Words) -> list[Item]:
    grader = m.grader.type if m.grader else w("metric.no_grader")
    slices = ", ".join(m.slices) or w("metric.by_label" if grader == "label" else "metric.none")
    report = ", ".join(w.get(f"metric.reports.{r}", r) for r in m.report)
    guard = ", ".join(w("metric.general") if g == "general" else g for g in m.guardrails) or w("metric.nothing")
    return [
        Item(text=w("metric.says_good", answer=m.good_answer)),
        Item(text=w("metric.says_graded", grader=grader, report=report)),
        Item(text=w("metric.says_goal", goal=m.goal)),
        Item(text=w("metric.says_slices", slices=slices)),
        Item(text=w("metric.says_guard", guard=guard)),
    ]


def _row(row: ShownRow, w: Words) -> list[str]:
    """One row of the data, with the answers tried on it in two heaps."""
    good = [t.answer for t in row.tried[1:] if t.passes]
    other = [f"{_short(t.answer)} ({t.score:.2f})" if t.score else _short(t.answer) for t in row.tried if not t.passes]
    counts = " | ".join(map(_short, good)) or w("metric.only_that")
    return [_short(row.input), _short(row.target), counts, " | ".join(other)]


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"
