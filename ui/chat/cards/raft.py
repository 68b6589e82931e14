"""RAFT: the form with the paper's figures, the plan of a teacher's work, and what the rows hold."""

from collections.abc import Sequence
from typing import Any

from agent.case import DatasetRef
from knowledge.raft import raft_defaults
from knowledge.sources import source
from tools.distillation import terms
from tools.raft.records import RaftPlan, RaftRequest, RaftResult
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Details,
    Entries,
    Entry,
    Item,
    ItemList,
    Notice,
    Table,
    Text,
)
from ui.chat.cards.teacher import OF_THE_TEACHER, agreement, form, recorded, spent, worst_rows
from ui.chat.words import Words

ROWS = {"golden_share": "golden_share", "distractors": "distractors", "passage_words": "passage_words"} | {
    "held_out": "held_out_share"
}
"""A field of the form -> the default it has."""


def documents_card(refs: Sequence[DatasetRef], *, w: Words) -> Card:
    """Dropped prose: what it is taken for, the way on, and the way out for who meant it as data."""
    go = Button(label=w("raft.from_documents"), action="raft", style="primary", again=True)
    data = [
        Button(
            label=w("raft.as_data", name=ref.name) if len(refs) > 1 else w("raft.as_data_only"),
            action="check",
            payload={"dataset": ref.id},
            again=True,
        )
        for ref in refs
    ]
    blocks: list[Block] = [
        ItemList(title=w("raft.taken"), items=[Item(text=ref.name, note=ref.id) for ref in refs]),
        Text(text=w("raft.taken_means"), muted=True),
        Buttons(items=[go, *data]),
    ]
    return Card(name="documents", label=w("raft.documents_label"), blocks=blocks, language=w.language)


def raft_card(documents: list[str], files: list[str], *, addresses: bool, w: Words) -> Card:
    """What RAFT is, and the form. Without documents it says how to bring them.

    Args:
        documents: ids of the conversation's files that look like documents.
        files: ids of all its files; questions may stand in one of them.
        addresses: whether any address may be named as the teacher's.
        w: the words.
    """
    paper = source("raft-paper")
    blocks: list[Block] = [
        Text(text=w("raft.what")),
        ItemList(items=[Item(text=w("raft.from_paper"), source=paper.title, href=str(paper.url))]),
    ]
    payload = {"kept": {"documents": " ".join(documents)}} if documents else {}
    if not documents:
        bring = Button(label=w("raft.again"), action="raft", again=True)
        blocks += [Notice(tone="warn", text=w("raft.no_documents")), Buttons(items=[bring])]
        return Card(name="raft", label=w("raft.label"), blocks=blocks, language=w.language)
    local = Button(
        label=w("teacher.take_local"),
        action="raft_plan",
        payload={"kept": {**payload["kept"], "local": "1"}},
        again=True,
    )
    blocks += [_form(payload, files, w, addresses=addresses), Buttons(items=[local])]
    return Card(name="raft", label=w("raft.label"), blocks=blocks, language=w.language)


def _form(payload: dict[str, Any], files: list[str], w: Words, *, addresses: bool) -> Entries:
    kept = payload["kept"]
    defaults = {name: w.decimal(float(raft_defaults()[d].value), "g") for name, d in ROWS.items()}
    own = [
        Entry(name="documents", label=w("raft.documents"), value=kept["documents"], mode="text"),
        Entry(name="questions", label=w("raft.questions", files=", ".join(files)), value="", mode="text"),
        *(Entry(name=n, label=w(f"raft.{n}", value=defaults[n]), value=kept.get(n, defaults[n])) for n in ROWS),
    ]
    teacher = form((*OF_THE_TEACHER, "each"), "raft_plan", payload, w, addresses=addresses)
    return teacher.model_copy(update={"items": [*own, *teacher.items], "button": w("raft.go")})


def raft_plan_card(
    request: RaftRequest, found: RaftPlan, payload: dict[str, Any], *, addresses: bool, w: Words
) -> Card:
    """How much a teacher would be asked and what it costs at most, its terms, and the one click that agrees."""
    teacher = request.teacher
    assert teacher is not None  # only a teacher's work has a plan
    rows = [
        [w("teacher.teacher"), terms.teacher_name(teacher.endpoint)],
        [w("raft.passages"), w("teacher.count", n=found.passages)],
        [w("teacher.requests"), w("raft.requests_at_most", n=found.requests)],
        *worst_rows(found.most_tokens, found.worst_case_usd, teacher.budget_usd, teacher.budget_tokens, w),
    ]
    kept = payload["kept"]
    blocks: list[Block] = [
        Table(caption=w("teacher.plan_caption"), columns=["", ""], rows=rows),
        ItemList(title=w("teacher.terms"), items=[Item(text=found.terms)]),
        *agreement(
            "raft_make",
            payload,
            _form(payload, kept["documents"].split(), w, addresses=addresses),
            w,
            known=terms.known(teacher.endpoint),
            accepted=found.terms_accepted,
            free=found.worst_case_usd == 0,
            worst=found.worst_case_usd,
            budget_usd=teacher.budget_usd,
            budget_tokens=teacher.budget_tokens,
        ),
    ]
    return Card(name="raft-plan", label=w("teacher.plan_label"), blocks=blocks, language=w.language)


def raft_made_card(result: RaftResult, *, w: Words) -> Card:
    """The rows: how many hold the right passage, what is held out by document, what made no row."""
    share = w.decimal(100 * result.rows_with_golden / result.train_rows, ".0f")
    rows = [
        [w("raft.train_rows"), w("raft.train_is", n=result.train_rows, share=share)],
        [w("raft.held_rows"), w("raft.held_is", n=result.held_out_rows, documents=len(result.held_out_documents))],
        [w("raft.longest"), w("raft.words", n=result.longest_words)],
    ]
    blocks: list[Block] = [
        Notice(tone="good", text=w("raft.made", documents=result.documents, passages=result.passages)),
        Table(columns=["", ""], rows=rows),
        Text(text=w("raft.divided"), muted=True),
    ]
    if result.short_of_distractors:
        blocks.append(Text(text=w("raft.short", n=result.short_of_distractors), muted=True))
    if result.dropped:
        table = Table(
            columns=[w("teacher.left_out"), w("drawn.examples")],
            rows=[
                [w.get(f"teacher.why.{why}", why.replace("_", " ")), w("teacher.count", n=n)]
                for why, n in result.dropped.items()
            ],
        )
        blocks.append(Details(summary=w("teacher.left_out_n", n=sum(result.dropped.values())), blocks=[table]))
    if result.terms is not None:
        blocks += [Text(text=spent(result, w), muted=True), *recorded(result.terms, w)]
    return Card(name="raft-made", label=w("raft.made_label"), blocks=blocks, language=w.language)
