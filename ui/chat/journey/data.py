"""From a dropped file to rows that nothing will see until the end."""

import json
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.case import DatasetRef
from tools.dataset import ConvertReport, ConvertRequest, LintReport, LintRequest, SplitReport, SplitRequest, lint, split
from tools.dataset import convert as convert_file
from tools.dataset.converting import columns
from tools.dataset.power import assumption
from tools.dataset.power import words as power_words
from tools.errors import InputError
from tools.progress import Progress
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Code, Notice, Table, Text
from ui.chat.cards.findings import findings_card, fix_card
from ui.chat.journey.evidence import learnt
from ui.chat.journey.measure import target_button
from ui.chat.journey.metric import offer_metric
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import add_ref, take_in
from ui.chat.work import in_background

MOST_COLUMNS = 3
"""A table with more columns is converted on the command line, where each can be named."""
EXAMPLE = Path(__file__).parents[3] / "examples" / "zava" / "tickets.jsonl"


async def invite(talk: Talk) -> None:
    """How to bring data."""
    blocks: list[Block] = [
        Text(
            text="Drop a file into the box below, or use the paper clip: JSONL, JSON, CSV, Parquet or gzip, to 200 MB."
        ),
        Text(
            text="It stays on this computer, in your home folder. A larger file is checked where it lies:", muted=True
        ),
        Code(text="finetune-advisor lint FILE"),
        Buttons(
            items=[
                Button(label="Use the example (320 tickets of a shop)", action="example", done_label="Example in use")
            ]
        ),
    ]
    await announce(talk.thread_id, Card(name="invite", label="Bring your data", blocks=blocks))


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
        actions = _actions(ref, report)
        await announce(talk.thread_id, findings_card(report, ref.id, path=shlex.quote(ref.path), actions=actions))
        await _note_examples(talk, ref, report)

    in_background(talk.thread_id, f"Checking {ref.name}", work, then)


def _actions(ref: DatasetRef, report: LintReport) -> list[Button]:
    if report.format in ("csv", "parquet"):
        return _column_buttons(ref)
    if report.examples == 0 or not report.ok:
        return []
    payload = {"dataset": ref.id}
    return [
        Button(
            label="Keep rows aside for the test",
            action="set_aside",
            payload=payload,
            style="primary",
            done_label="Rows kept aside",
        ),
        Button(label="What would training cost?", action="price", payload=payload, again=True),
    ]


def _column_buttons(ref: DatasetRef) -> list[Button]:
    """For a small table: which column is the question and which the answer."""
    names = columns(Path(ref.path))
    pairs = [(q, a) for q in names for a in names if q != a] if len(names) <= MOST_COLUMNS else []
    return [
        Button(
            label=f"“{q}” is the question, “{a}” the answer",
            action="convert",
            payload={"dataset": ref.id, "user": q, "assistant": a},
            done_label="Converting",
        )
        for q, a in pairs
    ]


async def convert(talk: Talk, ref: DatasetRef, user: str, assistant: str) -> None:
    """Write a table as chat JSON Lines and check that."""
    source = Path(ref.path)
    target = source.with_name(f"{source.stem}.chat.jsonl")

    def work(progress: Progress) -> ConvertReport:
        target.unlink(missing_ok=True)
        system = f"Answer with the {assistant} only."
        request = ConvertRequest(path=source, out=target, user=user, assistant=assistant, system=system, name=ref.name)
        return convert_file(request, progress)

    async def then(report: ConvertReport) -> None:
        left = "".join(f" {n:,} left out: {why}." for why, n in report.left_out.items())
        words = f"{report.examples:,} examples written, with “Answer with the {assistant} only.” before each.{left}"
        await announce(talk.thread_id, Card(name="convert", label="Converted", blocks=[Text(text=words)]))
        await check(talk, add_ref(talk.case, target.name, target))

    in_background(talk.thread_id, f"Converting {ref.name}", work, then)


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
        await announce(talk.thread_id, fix_card(report, report.fix, target.name))
        await check(talk, add_ref(talk.case, target.name, target))

    in_background(talk.thread_id, f"Repairing {ref.name}", work, then)


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
            add_ref(talk.case, f"{part.name} of {ref.name}", Path(part.path), id_=f"{ref.id}.{part.name}")
        asks_target = talk.case.facts_now().target_score is None
        await announce(talk.thread_id, _split_card(ref, report, asks_target=asks_target))
        if any(p.name == "held_out" and p.examples for p in report.parts):
            await offer_metric(talk, ref.id)
            await learnt(talk, {"evals_defined": True}, f"held-out rows of {ref.name}")

    in_background(talk.thread_id, "Keeping rows aside", work, then)


def _split_card(ref: DatasetRef, report: SplitReport, *, asks_target: bool) -> Card:
    counts = {p.name: p.examples for p in report.parts}
    held = counts.get("held_out", 0)
    blocks: list[Block] = [
        Table(
            caption=f"Divided once, seed {report.seed}; near-equal rows stay on one side",
            columns=["part", "examples", "sha256"],
            rows=[[p.name.replace("_", "-"), f"{p.examples:,}", p.sha256[:12]] for p in report.parts],
        ),
        *_power_blocks(report),
        *[Text(text=note, muted=True) for note in report.notes],
    ]
    if held:
        payload = {"dataset": ref.id}
        blocks.append(
            Buttons(
                items=[
                    Button(
                        label="Measure the base model first",
                        action="measure_base",
                        payload=payload,
                        style="primary",
                        again=True,
                    ),
                    *([target_button()] if asks_target else []),
                    Button(label="Plan a training job", action="plan", payload=payload, again=True),
                ]
            )
        )
    return Card(name="split", label="Rows kept aside", blocks=blocks)


def _power_blocks(report: SplitReport) -> list[Block]:
    if report.power is None:
        words = "There are too few rows to keep any aside, so nothing could be proved. Collect more first."
        return [Notice(tone="warn", text=words)]
    return [
        Text(text=f"Nothing will see the held-out rows until the end. {power_words(report.power)}"),
        Text(text=assumption(report.power), muted=True),
    ]
