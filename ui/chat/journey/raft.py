"""RAFT in the chat: documents and questions become rows with the right passage among wrong ones."""

import json
import shlex
from pathlib import Path
from typing import Any

from agent.case import DatasetRef
from tools.dataset import LintReport, LintRequest, lint
from tools.endpoint import Endpoint
from tools.errors import AdvisorError, CancelledError, InputError, RefusedError, UnavailableError
from tools.progress import Progress
from tools.raft.make import make, plan
from tools.raft.records import RaftPlan, RaftRequest, RaftResult, Teacher
from ui.chat.cards.blocks import Button
from ui.chat.cards.findings import findings_card
from ui.chat.cards.raft import documents_card, raft_card, raft_made_card, raft_plan_card
from ui.chat.cards.teacher import ended_card
from ui.chat.journey.teacher import (
    Given,
    agree,
    alone,
    named,
    names_addresses,
    options,
    share,
    spending,
    teacher_of,
    whole,
)
from ui.chat.journey.told import line, told
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import add_ref, is_document, ref_of, take_in
from ui.chat.words import Words
from ui.chat.work import in_background

OPTIONS = ("base_url", "model", "key_env", "each", "usd_in", "usd_out", "budget", "budget_tokens")
OF_THE_ROWS = ("golden_share", "distractors", "passage_words")


async def raft(talk: Talk) -> None:
    """Say what RAFT does, and ask for documents, questions and the parameters."""
    found = [d.id for d in talk.case.files() if _holds_documents(d)]
    card = raft_card(found, [d.id for d in talk.case.files()], addresses=names_addresses(), w=talk.words)
    await announce(talk.thread_id, card)


async def documents(talk: Talk, refs: list[DatasetRef]) -> None:
    """Say that what was dropped is taken as documents and what can be made of it; as data it is checked on a click."""
    async with talk.turn():
        pass  # the files are noted: the case is saved
    await announce(talk.thread_id, documents_card(refs, w=talk.words))


def _holds_documents(ref: DatasetRef) -> bool:
    """Text, Markdown, or JSON Lines whose first line has a `text` and no turns."""
    path = Path(ref.path)
    if is_document(ref):
        return True
    if path.suffix != ".jsonl" or not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as f:
        try:
            first = json.loads(f.readline(1_000_000))
        except (ValueError, RecursionError):
            return False
    return isinstance(first, dict) and isinstance(first.get("text"), str) and "messages" not in first


async def raft_plan(talk: Talk, given: Given) -> None:
    """With a file of questions the rows are made at once; a teacher's work is planned first, and nothing is sent.

    Raises:
        InputError: documents, questions or a teacher are not named, or a field cannot be used.
    """
    if "questions" in given:
        await raft_make(talk, given)
        return
    if not named(given):
        raise InputError(
            "questions come from a file or from a teacher", remedy="Name a file of this conversation, or a teacher."
        )

    def work(progress: Progress) -> tuple[RaftRequest, RaftPlan]:
        request = _request(talk, given, progress)
        return request, plan(request)

    async def then(made: tuple[RaftRequest, RaftPlan]) -> None:
        card = raft_plan_card(*made, {"kept": given}, addresses=names_addresses(), w=talk.words)
        await announce(talk.thread_id, told(talk, card, _same(talk, given, "--plan")))

    in_background(talk.thread_id, talk.words("teacher.planning"), work, then, language=talk.case.language)


async def raft_make(talk: Talk, given: Given) -> None:
    """Make the rows; a teacher's terms and budget are accepted by this click. Its answers are kept if it is stopped."""

    def work(progress: Progress) -> tuple[RaftResult, LintReport, DatasetRef] | AdvisorError:
        with alone(talk, "RAFT"):
            request = _request(talk, given, progress)
            if request.teacher is not None:
                _within_budget(request.teacher)
                agree([request.teacher.endpoint], talk.owner, given)
            try:
                result = make(request, progress)
            except (CancelledError, RefusedError, UnavailableError) as e:
                if request.teacher is None:
                    raise
                return e
            ref = _take_in(talk, result)
            return result, lint(LintRequest(path=Path(ref.path), name=ref.name), progress), ref

    async def then(made: tuple[RaftResult, LintReport, DatasetRef] | AdvisorError) -> None:
        if isinstance(made, AdvisorError):
            card = ended_card(made, None, None, "raft_make", {"kept": given}, w=talk.words)
            await announce(talk.thread_id, card)
            return
        result, report, ref = made
        async with talk.turn():
            pass  # the files are noted: the case is saved
        same = told(talk, raft_made_card(result, w=talk.words), _same(talk, given, "--accept-terms"), dataset=ref.id)
        actions = _onward(ref, result, talk.words) if report.ok else []
        findings = findings_card(
            report, ref.id, path=shlex.quote(ref.path), actions=actions, language=talk.case.language
        )
        await announce(talk.thread_id, same, findings)

    in_background(talk.thread_id, talk.words("teacher.making"), work, then, language=talk.case.language)


def _within_budget(teacher: Teacher) -> None:
    """Nothing is agreed to before it is said what it may take."""
    free = teacher.usd_per_million_prompt_tokens == 0 and teacher.usd_per_million_completion_tokens == 0
    if not free and teacher.budget_usd is None and teacher.budget_tokens is None:
        raise RefusedError("no budget is given", remedy="Say what it may take, in US dollars or in tokens.")


def _take_in(talk: Talk, result: RaftResult) -> DatasetRef:
    """The rows as a file of the case that is divided already: by document, so that no random division is made."""
    ref = take_in(talk.case, result.train, "raft.train.jsonl")
    add_ref(talk.case, ref.name, Path(ref.path), id_=f"{ref.id}.train")
    if result.held_out is not None:
        held = _beside(ref, result.held_out)
        add_ref(talk.case, held.name, held, id_=f"{ref.id}.held_out")
    return ref


def _beside(ref: DatasetRef, file: Path) -> Path:
    """Keep the held-out rows with the training rows they belong to."""
    import shutil

    target = Path(ref.path).with_name("raft.held_out.jsonl")
    try:
        shutil.copyfile(file, target)
    except OSError as e:
        raise InputError(
            f"the file could not be kept ({e.strerror})", where=file.name, remedy="Free some space."
        ) from None
    return target


def _onward(ref: DatasetRef, result: RaftResult, w: Words) -> list[Button]:
    payload = {"dataset": ref.id}
    plan = Button(label=w("do.plan"), action="plan", payload=payload, again=True)
    if result.held_out is None:
        return [plan]
    measure = Button(label=w("do.measure_base"), action="measure_base", payload=payload, style="primary", again=True)
    return [measure, plan]


def _request(talk: Talk, given: Given, progress: Progress) -> RaftRequest:
    paths = tuple(Path(ref_of(talk.case, name).path) for name in _ids(given.get("documents", "")))
    if not paths:
        raise InputError("no documents are named", remedy="Drop .txt, .md or .jsonl files into the chat first.")
    asked = Path(ref_of(talk.case, given["questions"]).path) if "questions" in given else None
    more: dict[str, Any] = {"golden_share": share(given, "golden_share"), "held_out_share": share(given, "held_out")}
    more |= {name: whole(given, name) for name in ("distractors", "passage_words")}
    limits = {"distractors": (0, 20), "passage_words": (20, 2000)}
    for name, (low, high) in limits.items():
        if more[name] is not None and not low <= more[name] <= high:
            raise InputError(f"{more[name]} is not from {low} to {high}", where=name)
    if more["held_out_share"] == 1:
        raise InputError("with every document held out there is nothing to learn", where="held_out")
    return RaftRequest(
        documents=paths,
        out=paths[0].with_name(f"{paths[0].stem}.raft"),
        questions=asked,
        teacher=None if asked else _teacher(teacher_of(given, progress), talk.owner, given),
        **{k: v for k, v in more.items() if v is not None},
    )


def _teacher(endpoint: Endpoint, person: str, given: Given) -> Teacher:
    each = whole(given, "each", 3)
    if each not in range(1, 21):
        raise InputError(f"{each} is not from 1 to 20", where="each")
    return Teacher(endpoint=endpoint, person=person, questions=each, **spending(given))


def _ids(text: str) -> list[str]:
    return [part for part in text.replace(",", " ").split() if part]


def _same(talk: Talk, given: Given, last: str) -> str:
    paths = {d.id: shlex.quote(d.path) for d in talk.case.datasets}
    said = [paths.get(name, name) for name in _ids(given.get("documents", ""))]
    first = next((Path(d.path) for d in talk.case.datasets if d.id in _ids(given.get("documents", ""))), Path("raft"))
    said += ["--out", shlex.quote(str(first.with_name(f"{first.stem}.raft")))]
    if "questions" in given:
        said += ["--questions", paths.get(given["questions"], given["questions"])]
    else:
        terms_read = f"--terms {shlex.quote(given['terms'])}" if "terms" in given else ""
        said += ["--teacher", options(given, *OPTIONS), last, terms_read]
    said.append(options({k: v for k, v in given.items() if k != "local"}, *OF_THE_ROWS, "held_out"))
    return line("raft", *said)
