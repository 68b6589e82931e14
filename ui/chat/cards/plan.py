"""The plan: the exact job and its worst case, and the one click that may start it."""

from decimal import Decimal

from tools.jobs import PROMISE
from tools.jobs.models import Plan
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Code, Details, Item, ItemList, Notice, Table, Text


def money(usd: Decimal | None) -> str:
    """An amount as a person reads it; unknown is said, never 0."""
    return "unknown" if usd is None else f"${usd:,.2f}"


def plan_card(plan: Plan, first_batch: Block | None = None) -> Card:
    """Readable in half a minute; the button names the act and the sum."""
    e = plan.envelope
    rows = [
        ["what", f"{e.technique.upper()} on {e.base_model}"],
        ["where", f"{e.backend} ({e.account})"],
        ["training file", f"{plan.training_name} · {e.training.rows:,} examples · sha256 {e.training.sha256[:12]}"],
    ]
    if e.validation:
        rows.append(["validation file", f"{plan.validation_name} · {e.validation.rows:,} examples"])
    rows += [
        ["worst case", f"{money(e.worst_case_usd)} (expected {money(plan.expected_usd)})"],
        ["time", _minutes(plan)],
        ["lives", plan.lifetime],
    ]
    blocks: list[Block] = [
        Text(text=f"Plan {plan.plan_digest[:8]}", muted=True),
        Table(caption="The exact job", columns=["", ""], rows=rows),
        Details(
            summary="Hyperparameters, each with its origin",
            blocks=[
                Table(
                    columns=["name", "value", "origin", "rule"],
                    rows=[[h.name, str(h.value), h.origin, h.rule] for h in plan.hyperparameters],
                )
            ],
        ),
        Details(
            summary="Measured afterwards, stop rules, what the price rests on",
            blocks=[
                ItemList(title="Measured afterwards", items=[Item(text=t) for t in plan.measured_after]),
                ItemList(title="Stop rules", items=[Item(text=s.rule) for s in plan.stop_rules]),
                ItemList(title="Price", items=[Item(text=t) for t in plan.price_notes]),
                ItemList(items=[Item(text=PROMISE, tag="promise")]),
                Code(text=f"finetune-advisor jobs approve {plan.id}"),
            ],
        ),
    ]
    if plan.warnings or plan.blockers:
        items = [Item(text=b.message, tag="blocks", tone="bad") for b in plan.blockers]
        items += [Item(text=w, tag="mind", tone="warn") for w in plan.warnings]
        blocks.insert(2, ItemList(items=items))
    if first_batch is not None:
        blocks.append(first_batch)
    blocks.append(_decision(plan))
    return Card(name="plan", label=f"Plan {plan.plan_digest[:8]}", blocks=blocks)


def _decision(plan: Plan) -> Block:
    if plan.blockers:
        return Notice(
            tone="bad",
            text="This plan cannot be approved as it stands. Change what blocks it, then ask for a new plan.",
        )
    sum_ = plan.envelope.worst_case_usd or Decimal(0)
    verb = f"Approve and spend up to {money(sum_)}" if sum_ else "Approve and train on this computer ($0.00)"
    payload = {"plan_id": plan.id, "digest": plan.plan_digest}
    return Buttons(
        items=[
            Button(label="Not now", action="reject_plan", payload=payload, done_label="Not approved"),
            Button(label=verb, action="approve_plan", payload=payload, style="primary", done_label="Approved"),
        ]
    )


def _minutes(plan: Plan) -> str:
    if plan.minutes_low is None or plan.minutes_high is None:
        return f"unknown: {plan.time_note}" if plan.time_note else "unknown"
    return f"{plan.minutes_low:,.0f} to {plan.minutes_high:,.0f} minutes ({plan.time_note})"
