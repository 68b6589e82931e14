"""After a job: what its curves show, the next plan with its one change, and base and tuned side by side."""

from pathlib import Path

from agent.said import said
from tools.jobs.both import BothAnswers, Side
from tools.jobs.checks import LOCAL_ENGINE
from tools.jobs.curves import CurveReport, checkpoint_to_score
from tools.jobs.models import JobReport
from tools.jobs.next_plan import NextPlan
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
    Marked,
    Piece,
    Table,
    Text,
    Tone,
)
from ui.chat.words import words

TONES: dict[Side, Tone] = {"same": "plain", "base": "bad", "tuned": "good"}


def curves_card(job: JobReport, read: CurveReport, following: NextPlan, language: str = "en") -> Card:
    """The readings with their evidence; loss is never called success. The readings' own sentences are in English."""
    w = words(language)
    # One by one: joined, a number before the semicolon would be taken for a part of the name that follows it.
    items = [
        Item(text=r.message, tag=w(f"after.kinds.{r.kind}"), note="; ".join(said(e, language) for e in r.evidence))
        for r in read.readings
    ]
    blocks: list[Block] = [ItemList(items=items), Text(text=read.caution, muted=True)]
    buttons = []
    kept = checkpoint_to_score(read, job.checkpoints)
    if kept is not None:
        blocks.append(Text(text=w("after.lowest", step=str(read.best_step))))
        if job.backend in LOCAL_ENGINE:
            blocks.append(Text(text=w("after.scored_itself", step=str(kept[0]))))
            buttons.append(
                Button(
                    label=w("after.score_end", step=str(read.last_step)),
                    action="score_tuned",
                    payload={"job_id": job.id, "step": read.last_step},
                    again=True,
                )
            )
        else:
            blocks.append(Text(text=w("after.score_there", step=str(kept[0]))))
            blocks.append(Code(text=f"finetune-advisor evals run HELD_OUT.jsonl --model {kept[1]}"))
    change = following.change
    if change is not None:
        row = [change.name, str(change.before), str(change.after), change.why]
        columns = [w(f"after.{name}") for name in ("setting", "now", "then", "why")]
        blocks.append(Table(caption=w("after.next"), columns=columns, rows=[row]))
        buttons.append(Button(label=w("after.plan"), action="next_plan", payload={"job_id": job.id}, again=True))
    if following.advice:
        advice = ItemList(items=[Item(text=a) for a in following.advice])
        blocks.append(Details(summary=w("after.also"), blocks=[advice]))
    if buttons:
        blocks.append(Buttons(items=buttons))
    return Card(name="curves", label=w("after.label"), blocks=blocks, language=language)


def ask_both_card(job_id: str, language: str = "en") -> Card:
    """A box for one's own question to both models."""
    w = words(language)
    entry = Entry(name="text", label=w("after.own_text"), value="", mode="text")
    form = Entries(items=[entry], button=w("after.ask"), action="ask_both", payload={"job_id": job_id})
    return Card(name="ask-both", label=w("after.both"), blocks=[form], language=language)


def saved_card(folder: Path, language: str = "en") -> Card:
    """Where a finished job was written, and what of it may be shared."""
    w = words(language)
    blocks: list[Block] = [Text(text=w("after.saved_here")), Code(text=str(folder))]
    blocks.append(Text(text=w("after.saved_what"), muted=True))
    return Card(name="saved", label=w("after.saved"), blocks=blocks, language=language)


def answers_card(both: BothAnswers, language: str = "en") -> Card:
    """Both answers to one text, and where they differ. One text proves nothing; the held-out rows do."""
    w = words(language)
    sides = {"base": w("comparison.base"), "tuned": w("comparison.tuned")}
    answers = [[sides["base"], both.base[:2000]], [sides["tuned"], both.tuned[:2000]]]
    blocks: list[Block] = [
        Table(caption=both.text[:300], columns=[w("work.model"), w("after.answer")], rows=answers),
        Text(text=w("after.one_text"), muted=True),
    ]
    if both.base != both.tuned:
        pieces = [Piece(text=p.text, tone=TONES[p.side], said=sides.get(p.side, "")) for p in both.differences]
        blocks.insert(1, Marked(label=w("after.differ"), pieces=pieces))
    if both.system:
        blocks.insert(0, Text(text=w("after.instruction", text=both.system[:200]), muted=True))
    return Card(name="answers", label=w("after.both"), blocks=blocks, language=language)
