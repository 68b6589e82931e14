"""The cooking demo: the whole way on the example as it was once recorded, staged, beside a button that runs it live."""

import asyncio
from collections.abc import Callable, Iterable

from agent.said import said as in_language
from knowledge.rehearsal_words import STEPS, Rehearsal, rehearsal
from tools.dataset.power import assumption
from tools.dataset.power import words as power_words
from tools.errors import InputError
from tools.report.forms import Forms
from ui import recording
from ui.chat.cards.blocks import (
    Block,
    Button,
    Buttons,
    Card,
    Code,
    Details,
    Entries,
    Item,
    ItemList,
    Notice,
    Options,
    Table,
    Text,
    Verdict,
)
from ui.chat.cards.comparison import comparison_card
from ui.chat.cards.costs import cost_card
from ui.chat.cards.findings import findings_card
from ui.chat.cards.job import job_card
from ui.chat.cards.plan import money, plan_card
from ui.chat.cards.score import interval, score, score_card
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.words import words

FILE = "tickets.jsonl"
COMMANDS = {
    "data": "lint", "aside": "split", "base": "evals run", "plan": "jobs plan", "job": "jobs watch",
    "compared": "evals compare",
}  # fmt: skip


async def rehearse(talk: Talk, step: int | None = None) -> None:
    """Show the beginning (None) or one step.

    Raises:
        NotFoundError: the recording is not part of this installation.
        InputError: there is no such step.
    """
    await announce(talk.thread_id, await asyncio.to_thread(card_of, talk.case.language, step))


def card_of(language: str, step: int | None) -> Card:
    """One card of it; raises as `rehearse` does."""
    if step is None:
        return _first(language)
    if not 0 <= step < len(STEPS):
        raise InputError("the recording has no such step")
    return _step(language, step)


def _first(language: str) -> Card:
    """Everything that came of it on one card, and the ways into each part."""
    w, m, f = rehearsal(language), recording.manifest(), Forms(language)
    found = comparison_card(recording.comparison(), target=recording.target(), actions=[], language=language)
    runs = [recording.run_result(name) for name in recording.RUNS]
    rows = [
        [
            w.ways[name],
            score(r.score, words(language)),
            interval(r.ci_low, r.ci_high, words(language)),
            f"{r.scored:,}",
            _took(w, r.wall_seconds),
        ]
        for name, r in zip(recording.RUNS, runs, strict=True)
    ]
    training = sum(s.seconds for s in m.steps if " jobs watch " in s.command)
    took = w.took.format(minutes=_minutes(w, m.minutes), training=_minutes(w, training / 60))
    blocks: list[Block] = [
        *_label(w, m, f),
        *[b for b in found.blocks if isinstance(b, Verdict)],
        Table(caption=found_caption(found), columns=list(w.columns), rows=rows, own=True),
        Text(text=f"{took} {w.cost.format(sum=money(recording.job().spent_usd, language))}"),
        _page_links(w, language),
        Buttons(items=[_button(w.steps[s], i) for i, s in enumerate(STEPS)]),
        Buttons(items=[_live(w, m)]),
    ]
    return Card(name="rehearsal", label=w.title, blocks=blocks, language=language)


def found_caption(card: Card) -> str:
    """What the comparison's own table is called: metric and number of rows."""
    return next((b.caption for b in card.blocks if isinstance(b, Table)), "")


def _step(language: str, step: int) -> Card:
    w, m = rehearsal(language), recording.manifest()
    name = STEPS[step]
    blocks: list[Block] = [*_label(w, m, Forms(language)), Text(text=w.says[name]), *_SHOWN[name](w, language)]
    for command in [s for s in m.steps if s.command.startswith(f"finetune-advisor {COMMANDS.get(name, '-')} ")]:
        if name == "base" and "zava/tuned" in command.command:
            continue
        words = w.command.format(seconds=w.seconds.format(n=f"{command.seconds:,.0f}"))
        blocks += [Text(text=words, muted=True), Code(text=command.command)]
    onward = [_button(w.again, None)]
    if step + 1 < len(STEPS):
        onward.insert(0, _button(w.next.format(step=w.steps[STEPS[step + 1]]), step + 1, primary=True))
    label = w.progress.format(n=step + 1, of=len(STEPS), step=w.steps[name])
    return Card(
        name=f"rehearsal-{name}",
        label=f"{w.title}. {label}",
        blocks=[*blocks, Buttons(items=[*onward, _live(w, m)])],
        language=language,
    )


def _label(w: Rehearsal, m: recording.Manifest, f: Forms) -> list[Block]:
    """On every card of it: that it is a recording, of when, on what, with what."""
    versions = ", ".join(f"{name} {number}" for name, number in m.versions.items())
    words = w.recorded.format(
        when=f.moment(m.recorded_at),
        machine=in_language(m.machine, f.language),
        model=m.base_model,
        versions=versions,
        seed=m.seed,
    )
    return [Notice(text=f"{w.title}. {w.nothing}", tone="warn"), Text(text=words, muted=True)]


def still(blocks: Iterable[Block]) -> list[Block]:
    """A card's blocks without anything to click: what was recorded cannot be approved, cancelled or changed."""
    kept: list[Block] = []
    for b in blocks:
        if isinstance(b, Details):
            kept.append(b.model_copy(update={"blocks": still(b.blocks)}))
        elif not isinstance(b, Buttons | Entries | Options):
            kept.append(b)
    return kept


def _data(_w: Rehearsal, language: str) -> list[Block]:
    return still(findings_card(recording.lint_report(), "example", path=FILE, actions=[], language=language).blocks)


def _aside(w: Rehearsal, language: str) -> list[Block]:
    report = recording.split_report()
    rows = [[p.name.replace("_", "-"), f"{p.examples:,}", p.sha256[:12]] for p in report.parts]
    said = [power_words(report.power), assumption(report.power)] if report.power else []
    notes = [Text(text=note, muted=True) for note in (*said, *report.notes)]
    return [Table(caption=w.steps["aside"], columns=["", "n", "sha256"], rows=rows), *notes]


def _base(_w: Rehearsal, language: str) -> list[Block]:
    found: list[Block] = []
    for name in recording.RUNS[:2]:
        arm = name.removeprefix("base-")
        result = recording.run_result(name)
        found += still(
            score_card(result, arm, target=recording.target(), alike=False, actions=[], language=language).blocks
        )
    return found


def _plan(_w: Rehearsal, language: str) -> list[Block]:
    return still(plan_card(recording.plan(), language=language).blocks)


def _job(_w: Rehearsal, language: str) -> list[Block]:
    return still(job_card(recording.job(), language=language).blocks)


def _compared(_w: Rehearsal, language: str) -> list[Block]:
    return still(
        comparison_card(recording.comparison(), target=recording.target(), actions=[], language=language).blocks
    )


def _cost(_w: Rehearsal, language: str) -> list[Block]:
    return still(cost_card(recording.cost_cards(), path=FILE, dataset="example", language=language).blocks)


def _page(w: Rehearsal, language: str) -> list[Block]:
    record = recording.page(language)
    return [Verdict(sentence=record.verdict), Text(text=record.plain), _page_links(w, language)]


_SHOWN: dict[str, Callable[[Rehearsal, str], list[Block]]] = {
    "data": _data, "aside": _aside, "base": _base, "plan": _plan, "job": _job, "compared": _compared, "cost": _cost,
    "page": _page,
}  # fmt: skip


def _page_links(w: Rehearsal, language: str) -> ItemList:
    forms = (("HTML", "page.html"), ("PDF", "page.pdf"), ("Markdown", "page.md"))
    items = [
        Item(text=f"{w.steps['page']}, {form}", source=w.open, href=f"/example/{language}/{file}")
        for form, file in forms
    ]
    return ItemList(items=items)


def _button(label: str, step: int | None, *, primary: bool = False) -> Button:
    payload = {} if step is None else {"step": step}
    return Button(label=label, action="rehearse", payload=payload, style="primary" if primary else "plain", again=True)


def _live(w: Rehearsal, m: recording.Manifest) -> Button:
    return Button(label=w.live, hint=_minutes(w, m.minutes), action="example", style="primary", done_label=w.live_done)


def _minutes(w: Rehearsal, minutes: float) -> str:
    return w.minutes.format(n=f"{minutes:.0f}" if minutes >= 1 else f"{minutes:.1f}")


def _took(w: Rehearsal, seconds: float | None) -> str:
    return "–" if seconds is None else w.seconds.format(n=f"{seconds:,.0f}")
