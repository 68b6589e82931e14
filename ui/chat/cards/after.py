"""After a job: what its curves show, the next plan with its one change, and base and tuned side by side."""

from tools.jobs.curves import CurveReport
from tools.jobs.models import JobReport
from tools.jobs.next_plan import NextPlan
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Details, Entries, Entry, Item, ItemList, Table, Text


def curves_card(job: JobReport, read: CurveReport, following: NextPlan) -> Card:
    """The readings with their evidence; loss is never called success."""
    items = [Item(text=r.message, tag=r.kind.replace("_", " "), note="; ".join(r.evidence)) for r in read.readings]
    blocks: list[Block] = [ItemList(title="What the curves show", items=items), Text(text=read.caution, muted=True)]
    buttons = []
    if read.best_step is not None and read.best_step != read.last_step and _kept(job, read.best_step):
        blocks.append(Text(text=f"Validation loss was lowest at step {read.best_step}, not at the end."))
        buttons.append(
            Button(
                label=f"Score the checkpoint of step {read.best_step} too",
                action="score_tuned",
                payload={"job_id": job.id, "step": read.best_step},
                again=True,
            )
        )
    change = following.change
    if change is not None:
        row = [change.name, str(change.before), str(change.after), change.why]
        blocks.append(Table(caption="What to try next", columns=["setting", "now", "then", "why"], rows=[row]))
        buttons.append(Button(label="Plan that", action="next_plan", payload={"job_id": job.id}, again=True))
    if following.advice:
        blocks.append(Details(summary="Also", blocks=[ItemList(items=[Item(text=a) for a in following.advice])]))
    if buttons:
        blocks.append(Buttons(items=buttons))
    return Card(name="curves", label="What the curves show", blocks=blocks)


def _kept(job: JobReport, step: int) -> bool:
    return any(c.get("step_number") == step for c in job.checkpoints)


def ask_both_card(job_id: str) -> Card:
    """A box for one's own question to both models."""
    entry = Entry(name="text", label="Your own text, as it would come in real use", value="", mode="text")
    form = Entries(items=[entry], button="Ask both", action="ask_both", payload={"job_id": job_id})
    return Card(name="ask-both", label="Base and tuned side by side", blocks=[form])


def answers_card(text: str, system: str, base: str, tuned: str) -> Card:
    """Both answers to one text. One text proves nothing; the held-out rows do."""
    blocks: list[Block] = [
        Table(caption=text[:300], columns=["model", "answer"], rows=[["base", base[:2000]], ["tuned", tuned[:2000]]]),
        Text(text="One text proves nothing; the score on the held-out rows does.", muted=True),
    ]
    if system:
        blocks.insert(0, Text(text=f"Asked with the instruction of your data: {system[:200]}", muted=True))
    return Card(name="answers", label="Base and tuned side by side", blocks=blocks)
