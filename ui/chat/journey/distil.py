"""Distillation in the chat: a teacher is named, plan and terms are shown, a person agrees, answers are collected."""

import asyncio
import shlex
from pathlib import Path
from typing import Any

from agent.case import DatasetRef
from tools.distillation.collect import collect, plan
from tools.distillation.records import DistilPlan, DistilRequest, DistilResult, Filters, Judge
from tools.endpoint import Endpoint
from tools.errors import AdvisorError, CancelledError, InputError, RefusedError, UnavailableError
from tools.evals.prompts import AsIs, Instructions
from tools.progress import Progress
from ui.chat.cards.teacher import collected_card, distil_card, distil_plan_card, ended_card
from ui.chat.journey.data import check
from ui.chat.journey.teacher import Given, agree, alone, named, names_addresses, options, spending, teacher_of, whole
from ui.chat.journey.told import line, path_of, told
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import ref_of, take_in
from ui.chat.work import in_background

OPTIONS = (
    "base_url", "model", "key_env", "system", "usd_in", "usd_out", "budget", "budget_tokens", "max_tokens", "limit",
    "judge", "least_mark",
)  # fmt: skip


async def distil(talk: Talk) -> None:
    """Say what distillation does, and ask for the teacher."""
    files = talk.case.files()
    source = _prompts(talk, files[-1].id) if files else None
    card = distil_card(source.name if source else "", _payload(talk), addresses=names_addresses(), w=talk.words)
    await announce(talk.thread_id, card)


def _payload(talk: Talk) -> dict[str, Any]:
    files = talk.case.files()
    return {"dataset": files[-1].id} if files else {}


def _prompts(talk: Talk, dataset: str) -> DatasetRef:
    """The rows that may be learnt: of a file that was divided, the part for training."""
    refs = {d.id: d for d in talk.case.datasets}
    return refs.get(f"{dataset}.train") or ref_of(talk.case, dataset)


async def distil_plan(talk: Talk, dataset: str, given: Given) -> None:
    """What the teacher would be asked and cost at most; nothing is sent.

    Raises:
        InputError: there is no file, no teacher is named, or a field cannot be used.
    """
    source = _prompts(talk, dataset)
    if not named(given):
        raise InputError("no teacher is named", remedy="Give its address and its model, or take the local one.")

    def work(progress: Progress) -> tuple[DistilRequest, DistilPlan]:
        request = _request(talk, source, given, progress)
        return request, plan(request)

    async def then(made: tuple[DistilRequest, DistilPlan]) -> None:
        request, found = made
        payload = {"dataset": dataset, "kept": given}
        card = distil_plan_card(request, found, payload, addresses=names_addresses(), w=talk.words)
        await announce(talk.thread_id, told(talk, card, _same(talk, source, given, "--plan"), dataset=dataset))

    in_background(talk.thread_id, talk.words("teacher.planning"), work, then, language=talk.case.language)


async def distil_collect(talk: Talk, dataset: str, given: Given) -> None:
    """The click: terms and budget are accepted, the answers collected; the file they make is checked like any other.

    Stopped, out of budget or without its endpoint it keeps what it has, and the same click goes on from there.
    """
    source = _prompts(talk, dataset)

    def work(progress: Progress) -> tuple[DistilRequest, DistilResult | AdvisorError]:
        with alone(talk, "distillation"):
            request = _request(talk, source, given, progress)
            judge = request.filters.judge
            _within_budget(request, plan(request))
            agree([request.teacher, *([judge.endpoint] if judge else [])], talk.owner, given)
            try:
                return request, collect(request, progress)
            except (CancelledError, RefusedError, UnavailableError) as e:
                return request, e

    async def then(made: tuple[DistilRequest, DistilResult | AdvisorError]) -> None:
        request, result = made
        payload = {"dataset": dataset, "kept": given}
        if isinstance(result, AdvisorError):
            known = await asyncio.to_thread(plan, request)
            await announce(
                talk.thread_id,
                ended_card(result, known.known, known.prompts, "distil_collect", payload, w=talk.words),
            )
            return
        name = f"{Path(source.name.removesuffix('.gz')).stem}.distilled.jsonl"
        async with talk.turn():
            ref = take_in(talk.case, result.out, name)
        card = collected_card(request, result, ref.name, w=talk.words)
        await announce(talk.thread_id, told(talk, card, _same(talk, source, given, "--accept-terms"), dataset=ref.id))
        await check(talk, ref)

    in_background(talk.thread_id, talk.words("teacher.collecting"), work, then, language=talk.case.language)


def _within_budget(request: DistilRequest, found: DistilPlan) -> None:
    """Nothing is agreed to, and no terms are put on record, before it is said what it may take."""
    free = found.worst_case_usd == 0 or found.requests + found.judge_requests == 0
    if not free and request.budget_usd is None and request.budget_tokens is None:
        raise RefusedError("no budget is given", remedy="Say what it may take, in US dollars or in tokens.")


def _request(talk: Talk, source: DatasetRef, given: Given, progress: Progress) -> DistilRequest:
    teacher = teacher_of(given, progress)
    spend = spending(given)
    path = Path(source.path)
    return DistilRequest(
        prompts=path,
        out=path.with_name(f"{path.stem}.distilled.jsonl"),
        teacher=teacher,
        prompt=Instructions(text=given["system"]) if "system" in given else AsIs(),
        filters=Filters(judge=_judge(teacher, given, spend)),
        person=talk.owner,
        limit=_positive(given, "limit", None),
        max_tokens=_positive(given, "max_tokens", 512),
        **spend,
    )


def _judge(teacher: Endpoint, given: Given, spend: dict[str, Any]) -> Judge | None:
    if "judge" not in given:
        return None
    prices = {k: v for k, v in spend.items() if k.startswith("usd_per")}
    least = whole(given, "least_mark", 4)
    if least not in range(1, 6):
        raise InputError("a mark is from 1 to 5", where="least_mark", remedy="Such as 4.")
    endpoint = teacher.model_copy(update={"model": given["judge"]})
    return Judge(endpoint=endpoint, least=least, **prices)


def _positive(given: Given, name: str, default: int | None) -> Any:
    found = whole(given, name, default)
    if found is not None and found < 1:
        raise InputError("it is at least 1", where=name, remedy="Such as 200.")
    return found


def _same(talk: Talk, source: DatasetRef, given: Given, last: str) -> str:
    accepted = f"--terms {shlex.quote(given['terms'])}" if "terms" in given else ""
    # The judge's price is the teacher's here; on the command line each has its own.
    prices = {f"judge_{k}": given[k] for k in ("usd_in", "usd_out") if "judge" in given and k in given}
    said = options({**given, **prices}, *OPTIONS, "judge_usd_in", "judge_usd_out")
    return line("distill", path_of(talk.case, source.id), said, last, accepted)
