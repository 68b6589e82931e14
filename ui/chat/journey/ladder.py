"""The ladder in the chat: what it would ask and cost is said first; then every rung on the same rows, with controls."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from tools.endpoint import Endpoint
from tools.engine.control import endpoint as local_endpoint
from tools.errors import AdvisorError, NotFoundError, RefusedError
from tools.evals.guardrail import GENERAL
from tools.jobs import view
from tools.jobs.plan import get_plan
from tools.ladder.arms import Bench
from tools.ladder.climb import climb as climb_ladder
from tools.ladder.list_price import ListPrice
from tools.ladder.plan import planned
from tools.ladder.records import ARMS, Arm, LadderPlan, LadderRequest, LadderResult
from tools.ladder.timing import Timing, timed
from tools.progress import Progress
from ui.advice import note_ladder
from ui.chat.cards.blocks import Block, Button, Item, ItemList
from ui.chat.cards.ladder import ladder_card
from ui.chat.cards.ladder_plan import Planned, plan_card
from ui.chat.cards.score import interval, score
from ui.chat.journey.compare import dataset_of
from ui.chat.journey.evidence import learnt
from ui.chat.journey.measure import SHOTS, eval_name, grader_of, keep, next_steps, room
from ui.chat.journey.metric import metric_of
from ui.chat.journey.told import line, path_of, told
from ui.chat.journey.where import Wanted, endpoint, endpoint_set, here, may_name_address, price, wanted
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import ref_of
from ui.chat.words import Words
from ui.chat.work import in_background

_measuring: set[str] = set()
_lock = Lock()


class Ready(NamedTuple):
    """A ladder that could be measured."""

    request: LadderRequest
    wanted: Wanted
    listed: ListPrice | None


def held_out_of(talk: Talk, dataset: str) -> Path:
    """The rows kept aside of a file.

    Raises:
        RefusedError: none were.
    """
    if not any(d.id == f"{dataset}.held_out" for d in talk.case.datasets):
        raise RefusedError("no rows of this file are kept aside yet", remedy="Keep rows aside first.")
    return Path(ref_of(talk.case, f"{dataset}.held_out").path)


def ready(talk: Talk, dataset: str, w: Wanted, progress: Progress) -> Ready:
    """Files, endpoint, prices and names of a ladder.

    Raises:
        InputError, RefusedError: a file, the endpoint or a number cannot be used.
        UnavailableError: the local engine does not start.
    """
    held_out = held_out_of(talk, dataset)
    metric = metric_of(talk, dataset)
    grader, proposal = grader_of(held_out, metric)
    local = w.where == "local"
    base = local_endpoint(progress) if local else endpoint(w, talk.case.facts_now())
    tuned = _tuned_here(talk, dataset, base) if local else _tuned_there(w, base)
    usd_in, usd_out, listed = (Decimal(0), Decimal(0), None) if local else price(w, base)
    request = LadderRequest(
        train=Path(ref_of(talk.case, f"{dataset}.train").path),
        held_out=held_out,
        endpoint=base,
        tuned=tuned,
        name=_name(talk, dataset, w, base, tuned),
        k=SHOTS,
        grader=grader if metric else None,
        metric=metric.ref if metric else None,
        limit=w.rows,
        max_tokens=room(proposal),
        usd_per_million_prompt_tokens=usd_in,
        usd_per_million_completion_tokens=usd_out,
        budget_usd=w.budget,
        target_score=talk.case.facts_now().target_score,
        guardrails=metric.guardrails if metric else (GENERAL,),
    )
    return Ready(request, w, listed)


def _tuned_here(talk: Talk, dataset: str, base: Endpoint) -> Endpoint | None:
    """The newest model that was tuned on this computer with this file's training rows."""
    for job_id in reversed(talk.case.jobs):
        try:
            job = view.get(job_id, talk.owner)
            if job.backend != "local" or not job.fine_tuned_model:
                continue
            if dataset_of(talk, get_plan(job.plan_id, talk.owner)) == dataset:
                return base.model_copy(update={"model": job.fine_tuned_model})
        except (NotFoundError, AdvisorError):
            continue
    return None


def _tuned_there(w: Wanted, base: Endpoint) -> Endpoint | None:
    return base.model_copy(update={"model": w.tuned}) if w.tuned else None


def _name(talk: Talk, dataset: str, w: Wanted, base: Endpoint, tuned: Endpoint | None) -> str:
    """Evals never change, so every other choice has a name of its own."""
    if w.where == "local" and tuned is None and w.rows is None:
        return eval_name(talk, dataset, "ladder")
    parts = [base.identity, base.model, tuned.model if tuned else "", str(w.rows or "")]
    return eval_name(talk, dataset, f"ladder-{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:6]}")


async def climb(talk: Talk, dataset: str, payload: dict[str, Any]) -> None:
    """Say what the ladder would ask and cost; with `go` in the payload, measure it.

    Args:
        talk: the conversation.
        dataset: the file's id in the case.
        payload: `kept` as the card has it, `given` as it was filled in, `go`: a person said yes to exactly this card.
    """
    chosen = wanted(payload.get("kept"), payload.get("given"))
    held_out_of(talk, dataset)
    if payload.get("go") is True:
        await _measure(talk, dataset, chosen, unpriced=payload.get("unpriced") is True)
    else:
        await _plan(talk, dataset, chosen)


async def _plan(talk: Talk, dataset: str, chosen: Wanted) -> None:
    def work(progress: Progress) -> tuple[Ready, LadderPlan, Timing | None]:
        found = ready(talk, dataset, chosen, progress)
        bench = Bench(found.request)
        timing = timed(bench, ask=chosen.where == "local", progress=progress)
        return found, planned(bench), timing

    async def then(made: tuple[Ready, LadderPlan, Timing | None]) -> None:
        found, plan, timing = made
        at = found.request.endpoint
        card = plan_card(
            Planned(
                plan=plan,
                wanted=found.wanted,
                model=at.model,
                address="" if chosen.where == "local" else at.base_url,
                here=chosen.where == "local" or here(at.base_url),
                listed=found.listed,
                prices=(found.request.usd_per_million_prompt_tokens, found.request.usd_per_million_completion_tokens),
                timing=timing,
                other=endpoint_set(),
                may_name_address=may_name_address(),
                train_rows=len(Bench(found.request).usable),
            ),
            dataset,
            talk.case.language,
        )
        await announce(talk.thread_id, told(talk, card, f"{same_line(talk, dataset, found)} --plan", dataset=dataset))

    in_background(talk.thread_id, talk.words("work.ladder_plan"), work, then, language=talk.case.language)


def same_line(talk: Talk, dataset: str, found: Ready) -> str:
    """The ladder as a command."""
    r, w = found.request, found.wanted
    metric = f"--grader {r.grader.type}" if r.grader else ""
    prices = (r.usd_per_million_prompt_tokens, r.usd_per_million_completion_tokens)
    priced = f"--usd-in {prices[0]:f} --usd-out {prices[1]:f}" if None not in prices else "--unpriced"
    at = "--local" if w.where == "local" else f"--base-url {r.endpoint.base_url} --model {r.endpoint.model} {priced}"
    return line(
        "ladder",
        path_of(talk.case, f"{dataset}.train"),
        f"--held-out {path_of(talk.case, f'{dataset}.held_out')}",
        at,
        f"--tuned {r.tuned.model}{' --tuned-local' if w.where == 'local' else ''}" if r.tuned else "",
        f"--budget {w.budget:f}" if w.budget is not None else "",
        f"--limit {w.rows}" if w.rows else "",
        f"--max-tokens {r.max_tokens}" if r.max_tokens else "",
        metric,
        f"-k {SHOTS} --as {r.name}",
    )


async def _measure(talk: Talk, dataset: str, chosen: Wanted, *, unpriced: bool) -> None:
    measured: list[Arm] = []
    at: dict[str, float] = {"done": 0.0}

    def work(progress: Progress) -> tuple[Ready, LadderResult]:
        found = ready(talk, dataset, chosen, progress)
        found = found._replace(request=found.request.model_copy(update={"unpriced": unpriced}))
        w = talk.words

        def report(done: float, total: float | None = None, text: str = "") -> None:
            at["done"] = done
            rung = ARMS[int(done)] if done < len(ARMS) else ""
            progress(done, total, w.get(f"score.arms.{rung}", w("ladder.guardrail_label")))

        with alone(found.request.name or ""):
            return found, climb_ladder(found.request, report, measured.append)

    async def then(made: tuple[Ready, LadderResult]) -> None:
        await _show(talk, dataset, *made)

    again = Button(
        label=talk.words("ladder.go_on"),
        action="climb",
        payload={"dataset": dataset, "kept": chosen.kept(), "go": True, "unpriced": unpriced},
        again=True,
    )
    in_background(
        talk.thread_id,
        talk.words("work.climb"),
        work,
        then,
        language=talk.case.language,
        detail=lambda: [_standing(measured, at["done"], talk.words)],
        again=again,
    )


@contextmanager
def alone(name: str) -> Iterator[None]:
    """While one ladder is measured, the same is not begun a second time: both would ask the same questions.

    Raises:
        RefusedError: it is being measured.
    """
    with _lock:
        if name in _measuring:
            raise RefusedError("this is being measured already", remedy="Wait for it, or stop it on its own card.")
        _measuring.add(name)
    try:
        yield
    finally:
        with _lock:
            _measuring.discard(name)


def _standing(done: list[Arm], at: float, w: Words) -> Block:
    """Each rung and how far it is."""
    items = []
    for i, name in enumerate(ARMS):
        label = w.get(f"score.arms.{name}", name)
        if i < len(done):
            arm = done[i]
            found = f"{score(arm.score, w)} ({interval(arm.ci_low, arm.ci_high, w)})"
            items.append(Item(text=label, tag=w("ladder.done"), tone="good", note=found if arm.eval else _why(arm, w)))
        elif i <= at:
            items.append(Item(text=label, tag=w("ladder.doing"), tone="info", note=f"{max(0.0, at - i):.0%}"))
        else:
            items.append(Item(text=label, tag=w("ladder.waiting")))
    if at >= len(ARMS):
        label = w("ladder.guardrail_label")
        items.append(Item(text=label, tag=w("ladder.doing"), tone="info", note=f"{at - len(ARMS):.0%}"))
    return ItemList(items=items)


def _why(arm: Arm, w: Words) -> str:
    return "; ".join(r.text(w.language) for r in arm.remarks)


async def _show(talk: Talk, dataset: str, found: Ready, result: LadderResult) -> None:
    beside = [name for g in result.guardrails for name in (g.base, g.tuned) if name]
    await keep(talk, [*(a.eval for a in result.arms if a.eval), *beside])
    target, language = found.request.target_score, talk.case.language
    actions = next_steps(talk, dataset, tried={"plain", "few_shot", "ladder"})
    payload = {"dataset": dataset, "kept": found.wanted.kept()}
    card = ladder_card(result, target=target, payload=payload, actions=actions, language=language)
    await announce(talk.thread_id, told(talk, card, same_line(talk, dataset, found), dataset=dataset))
    await asyncio.to_thread(note_ladder, talk.owner, talk.case.id, result, target)
    known = talk.case.facts_now()
    facts = {k: v for k, v in result.facts.items() if k not in ("examples", "target_score")}
    if known.prompt_effort in ("iterated", "systematic"):
        facts.pop("prompt_effort", None)
    source = f"measured on {result.n} held-out rows"
    await learnt(talk, facts, source, always=True, compared=True)
