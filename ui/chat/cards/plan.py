"""The plan: the exact job and its worst case, and the one click that may start it."""

from decimal import Decimal

from agent.said import said
from knowledge.thresholds import threshold
from tools.jobs import PROMISE
from tools.jobs.backends.registry import BACKENDS
from tools.jobs.models import Plan
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Code,
    Details,
    Entries,
    Entry,
    Item,
    ItemList,
    Notice,
    Table,
    Text,
)
from ui.chat.words import Words, words


def money(usd: Decimal | None, language: str = "en") -> str:
    """An amount as a person reads it; unknown is said, never 0."""
    return words(language).money(usd)


def plan_card(plan: Plan, first_batch: Block | None = None, *, dataset: str = "", language: str = "en") -> Card:
    """Readable in half a minute; the button names the act and the sum. With `dataset` the plan can be changed."""
    e, w = plan.envelope, words(language)
    trained = w("plan.file", name=plan.training_name, n=e.training.rows)
    rows = [
        [w("plan.what"), w("plan.what_is", technique=e.technique.upper(), model=e.base_model)],
        [w("plan.where"), f"{e.backend} ({said(e.account, language)})"],
        [w("plan.training_file"), f"{trained} · sha256 {e.training.sha256[:12]}"],
    ]
    if e.validation:
        rows.append([w("plan.validation_file"), w("plan.file", name=plan.validation_name or "", n=e.validation.rows)])
    worst, expected = w.money(e.worst_case_usd), w.money(plan.expected_usd)
    rows += [
        [w("plan.worst_case"), w("plan.worst_is", worst=worst, expected=expected)],
        [w("plan.time"), _minutes(plan, w)],
        [w("plan.lives"), plan.lifetime],
        [w("plan.approval"), w("plan.approval_is", hours=int(threshold("jobs.approval_hours")))],
    ]
    if e.repeat:
        rows.append([w("plan.once_more"), w("plan.once_more_is", n=e.repeat)])
    if e.training.tokens is not None:
        rows.insert(3, [w("plan.tokens"), w("plan.tokens_are", n=e.training.tokens)])
    blocks: list[Block] = [
        Table(caption=w("plan.caption"), columns=["", ""], rows=rows),
        Details(
            summary=w("plan.hyperparameters"),
            blocks=[
                Table(
                    columns=[w("plan.name"), w("plan.value"), w("plan.origin"), w("plan.rule")],
                    rows=[[h.name, str(h.value), h.origin, h.rule] for h in plan.hyperparameters],
                )
            ],
        ),
        Details(
            summary=w("plan.after"),
            blocks=[
                ItemList(title=w("plan.measured_after"), items=[Item(text=t) for t in plan.measured_after]),
                ItemList(title=w("plan.stop_rules"), items=[Item(text=s.rule) for s in plan.stop_rules]),
                ItemList(title=w("plan.price"), items=[Item(text=t) for t in plan.price_notes]),
                ItemList(items=[Item(text=PROMISE, tag=w("plan.promise"))]),
                Code(text=f"finetune-advisor jobs approve {plan.id}"),
            ],
        ),
    ]
    if plan.warnings or plan.blockers:
        items = [Item(text=b.message, tag=w("plan.blocks"), tone="bad") for b in plan.blockers]
        items += [Item(text=text, tag=w("plan.mind"), tone="warn") for text in plan.warnings]
        blocks.insert(2, ItemList(items=items))
    if first_batch is not None:
        blocks.append(first_batch)
    if dataset:
        blocks.append(Details(summary=w("plan.change"), blocks=_change(plan, dataset, w)))
    blocks += _decision(plan, w)
    return Card(name="plan", label=w("plan.label", digest=plan.plan_digest[:8]), blocks=blocks, language=language)


def _change(plan: Plan, dataset: str, w: Words) -> list[Block]:
    """A form with what stands; what is filled in makes a new plan, and this one stays as it is."""
    e = plan.envelope
    technique = w("plan.change_technique", names="sft, dpo, rft")
    entries = [
        Entry(name="backend", label=w("plan.change_where", names=", ".join(BACKENDS)), value=e.backend, mode="text"),
        Entry(name="base_model", label=w("plan.change_base"), value=e.base_model, mode="text"),
        Entry(name="technique", label=technique, value=e.technique, mode="text"),
        *(Entry(name=h.name, label=h.name, value=str(h.value)) for h in plan.hyperparameters),
        Entry(name="seed", label=w("plan.change_seed"), value=str(e.seed)),
    ]
    kept = {"backend": e.backend, "technique": e.technique, "base_model": e.base_model, "seed": str(e.seed)}
    kept |= {h.name: str(h.value) for h in plan.hyperparameters if h.origin == "given"}
    payload = {"dataset": dataset, "kept": kept}
    return [
        Text(text=w("plan.change_says")),
        Entries(items=entries, button=w("plan.again"), action="plan", payload=payload),
    ]


def needs_word(plan: Plan) -> bool:
    """Whether the sum is such that a click alone is too little."""
    return (plan.envelope.worst_case_usd or 0) > threshold("jobs.typed_above_usd")


def _decision(plan: Plan, w: Words) -> list[Block]:
    if plan.blockers:
        return [Notice(tone="bad", text=w("plan.blocked"))]
    sum_ = plan.envelope.worst_case_usd or Decimal(0)
    verb = w("plan.approve" if sum_ else "plan.approve_here", sum=w.money(sum_))
    payload = {"plan_id": plan.id, "digest": plan.plan_digest}
    no = Button(label=w("plan.not_now"), action="reject_plan", payload=payload, done_label=w("plan.not_approved"))
    if needs_word(plan):
        word = Entry(name="word", label=w("plan.type_word", word=w("plan.word")), value="", mode="text")
        return [
            Entries(items=[word], button=verb, action="approve_plan", payload=payload, once=True),
            Buttons(items=[no]),
        ]
    yes = Button(label=verb, action="approve_plan", payload=payload, style="primary", done_label=w("plan.approved"))
    return [Buttons(items=[no, yes])]


def _minutes(plan: Plan, w: Words) -> str:
    note = said(plan.time_note, w.language)
    if plan.minutes_low is None or plan.minutes_high is None:
        return w("plan.time_unknown", note=note) if note else w("unknown")
    return w("plan.minutes", low=round(plan.minutes_low), high=round(plan.minutes_high), note=note)
