"""From a dropped file to rows that nothing will see until the end."""

import json
import shlex
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from agent.case import DatasetRef
from agent.say import number
from tools.dataset import ConvertReport, ConvertRequest, LintReport, LintRequest, SplitReport, SplitRequest, lint, split
from tools.dataset import convert as convert_file
from tools.dataset.converting import columns
from tools.dataset.power import assumption
from tools.dataset.power import words as power_words
from tools.errors import InputError
from tools.progress import Progress
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Code, Entries, Entry, Notice, Table, Text
from ui.chat.cards.findings import findings_card, fix_card
from ui.chat.journey.earlier import offer_earlier
from ui.chat.journey.evidence import learnt
from ui.chat.journey.measure import target_button
from ui.chat.journey.metric import offer_metric
from ui.chat.journey.told import line, told
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import add_ref, take_in
from ui.chat.words import Words
from ui.chat.work import in_background

MOST_COLUMNS = 3
"""Up to so many columns each pair is a button; of more, the two are chosen from lists."""
EXAMPLE = Path(__file__).parents[3] / "examples" / "zava" / "tickets.jsonl"


async def invite(talk: Talk) -> None:
    """How to bring data."""
    w = talk.words
    blocks: list[Block] = [
        Text(text=w("invite.drop")),
        Text(text=w("invite.stays"), muted=True),
        Code(text="finetune-advisor lint FILE"),
        Buttons(items=[Button(label=w("invite.example"), action="example", done_label=w("invite.example_done"))]),
    ]
    await announce(talk.thread_id, Card(name="invite", label=w("invite.label"), blocks=blocks, language=w.language))


async def example(talk: Talk) -> None:
    """The project's own example set: tickets of an invented shop, routed to eight teams."""
    if not EXAMPLE.is_file():
        raise InputError("the example is not part of this installation", where=str(EXAMPLE))
    await check(talk, take_in(talk.case, EXAMPLE, "zava-tickets.jsonl"))


async def check(talk: Talk, ref: DatasetRef) -> None:
    """Lint a file and show what was found; what it holds becomes known facts."""

    def work(progress: Progress) -> LintReport:
        return lint(LintRequest(path=Path(ref.path), name=ref.name), progress)

    async def then(report: LintReport) -> None:
        w = talk.words
        actions, path = _actions(ref, report, w), shlex.quote(ref.path)
        mapping = _column_form(ref, w) if _is_table(report) else None
        card = findings_card(report, ref.id, path=path, actions=actions, mapping=mapping, language=w.language)
        await announce(talk.thread_id, card)
        await _note_examples(talk, ref, report)
        await offer_earlier(talk)

    again = Button(label=talk.words("do.check_again"), action="check", payload={"dataset": ref.id}, again=True)
    title, language = talk.words("work.checking", name=ref.name), talk.case.language
    in_background(talk.thread_id, title, work, then, language=language, again=again)


def _background(
    talk: Talk, title: str, work: Callable[[Progress], Any], then: Callable[[Any], Awaitable[None]]
) -> None:
    in_background(talk.thread_id, title, work, then, language=talk.case.language)


def _actions(ref: DatasetRef, report: LintReport, w: Words) -> list[Button]:
    # A table can be read in more than one way: its columns can be named whatever was recognised.
    named = _column_buttons(ref, w) if _is_table(report) else []
    if report.examples == 0 or not report.ok or (_is_table(report) and report.format == "text"):
        return named
    payload = {"dataset": ref.id}
    return [
        *named,
        Button(
            label=w("do.set_aside"),
            action="set_aside",
            payload=payload,
            style="primary",
            done_label=w("do.set_aside_done"),
        ),
        Button(label=w("do.price"), action="price", payload=payload, again=True),
    ]


def _is_table(report: LintReport) -> bool:
    return any(f.rule == "FT014" for f in report.findings)


def _column_form(ref: DatasetRef, w: Words) -> Entries | None:
    """For a table with many columns: which is the question and which the answer, chosen from their names."""
    names = columns(Path(ref.path))
    if len(names) <= MOST_COLUMNS:
        return None
    items = [
        Entry(name=name, label=w(f"invite.column_{name}"), value=w("invite.column_choose"), choices=names)
        for name in ("user", "assistant")
    ]
    return Entries(items=items, button=w("invite.column_go"), action="convert", payload={"dataset": ref.id}, once=True)


def _column_buttons(ref: DatasetRef, w: Words) -> list[Button]:
    """For a small table: which column is the question and which the answer."""
    names = columns(Path(ref.path))
    pairs = [(q, a) for q in names for a in names if q != a] if len(names) <= MOST_COLUMNS else []
    return [
        Button(
            label=w("invite.columns", question=q, answer=a),
            action="convert",
            payload={"dataset": ref.id, "user": q, "assistant": a},
            done_label=w("invite.converting"),
        )
        for q, a in pairs
    ]


async def convert(talk: Talk, ref: DatasetRef, user: str, assistant: str) -> None:
    """Write a table as chat JSON Lines and check that."""
    if not user or not assistant or user == assistant:
        raise InputError(talk.words("invite.column_both"))
    source = Path(ref.path)
    target = source.with_name(f"{source.stem}.chat.jsonl")

    def work(progress: Progress) -> ConvertReport:
        target.unlink(missing_ok=True)
        system = f"Answer with the {assistant} only."
        request = ConvertRequest(path=source, out=target, user=user, assistant=assistant, system=system, name=ref.name)
        return convert_file(request, progress)

    async def then(report: ConvertReport) -> None:
        w = talk.words
        left = "".join(w("invite.left_out", n=n, why=why) for why, n in report.left_out.items())
        said = w("invite.wrote", n=report.examples, system=f"Answer with the {assistant} only.") + left
        label = w("invite.converted")
        card = Card(name="convert", label=label, blocks=[Text(text=said)], language=w.language)
        await announce(talk.thread_id, card)
        await check(talk, add_ref(talk.case, target.name, target))

    _background(talk, talk.words("work.converting", name=ref.name), work, then)


async def _note_examples(talk: Talk, ref: DatasetRef, report: LintReport) -> None:
    if report.examples == 0 or report.technique is None:
        return
    found: dict[str, Any] = {"examples": report.examples} if report.technique in ("sft", "vision_sft") else {}
    if report.technique == "dpo":
        found = {"preference_pairs": report.examples}
    if report.technique == "rft":
        found = {"task_prompts": report.examples}
    await learnt(talk, found, ref.name)


async def fix(talk: Talk, ref: DatasetRef, offers: Iterable[str] = ()) -> None:
    """Write a repaired copy beside the original, show what changed, and check the copy.

    Args:
        talk: where it is shown.
        ref: the file.
        offers: repairs that change the data, which the person asked for by name.
    """
    source, asked = Path(ref.path), frozenset(offers)
    stem = source.name.removesuffix(".gz").rsplit(".", 1)[0]
    target = source.with_name(".".join([stem, "fixed", *sorted(asked), "jsonl"]))

    def work(progress: Progress) -> LintReport:
        target.unlink(missing_ok=True)
        return lint(LintRequest(path=source, name=ref.name, fix_to=target, offers=asked), progress)

    async def then(report: LintReport) -> None:
        if report.fix is None:
            raise InputError("nothing could be repaired without changing meaning", where=ref.name)
        await announce(talk.thread_id, fix_card(report, report.fix, target.name, talk.case.language))
        await check(talk, add_ref(talk.case, target.name, target))

    _background(talk, talk.words("work.repairing", name=ref.name), work, then)


async def set_aside(talk: Talk, ref: DatasetRef) -> None:
    """Split into train, validation and held-out rows, and say what the held-out rows can show."""
    source = Path(ref.path)
    out = source.parent / f"{source.stem}.split"

    def work(progress: Progress) -> SplitReport:
        record = out / "split.json"
        if record.is_file():  # the same file is divided once; a second click finds the same rows
            return SplitReport.model_validate(json.loads(record.read_text()))
        return split(SplitRequest(path=source, out=out, name=ref.name, keep_held_out=True), progress)

    async def then(report: SplitReport) -> None:
        for part in report.parts:
            what = talk.words.get(f"split.parts.{part.name}", part.name)
            add_ref(talk.case, f"{ref.name} · {what}", Path(part.path), id_=f"{ref.id}.{part.name}")
        asks_target = talk.case.facts_now().target_score is None
        card = _split_card(ref, report, talk.words, asks_target=asks_target)
        same = line("split", shlex.quote(ref.path), "--out", shlex.quote(str(out)))
        await announce(talk.thread_id, told(talk, card, same, dataset=ref.id))
        if any(p.name == "held_out" and p.examples for p in report.parts):
            await offer_metric(talk, ref.id)
            await learnt(talk, {"evals_defined": True}, f"held-out rows of {ref.name}")

    _background(talk, talk.words("work.set_aside"), work, then)


def _split_card(ref: DatasetRef, report: SplitReport, w: Words, *, asks_target: bool) -> Card:
    counts = {p.name: p.examples for p in report.parts}
    held = counts.get("held_out", 0)
    blocks: list[Block] = [
        Table(
            caption=w("split.caption", seed=str(report.seed)),
            columns=[w("split.part"), w("drawn.examples"), "sha256"],
            rows=[
                [w.get(f"split.parts.{p.name}", p.name), number(p.examples, w.language), p.sha256[:12]]
                for p in report.parts
            ],
        ),
        *_power_blocks(report, w),
        *[Text(text=note, muted=True) for note in report.notes],
    ]
    if held:
        payload = {"dataset": ref.id}
        blocks.append(
            Buttons(
                items=[
                    Button(
                        label=w("do.measure_base"),
                        action="measure_base",
                        payload=payload,
                        style="primary",
                        again=True,
                    ),
                    Button(label=w("do.climb"), action="climb", payload=payload, again=True),
                    *([target_button(w)] if asks_target else []),
                    Button(label=w("do.plan"), action="plan", payload=payload, again=True),
                ]
            )
        )
    return Card(name="split", label=w("split.label"), blocks=blocks, language=w.language)


def _power_blocks(report: SplitReport, w: Words) -> list[Block]:
    if report.power is None:
        return [Notice(tone="warn", text=w("split.too_few"))]
    return [
        Text(text=f"{w('split.nothing_sees')} {power_words(report.power)}"),
        Text(text=assumption(report.power), muted=True),
    ]
