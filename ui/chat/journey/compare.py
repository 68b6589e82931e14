"""Base against tuned on the same held-out rows, and what now."""

import asyncio
import hashlib
import re
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from agent.tuned import facts_of
from knowledge.sources import sources
from knowledge.what_now import what_now
from tools import pictures
from tools.engine.control import endpoint as local_endpoint
from tools.errors import InputError, NotFoundError
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.guardrail import GENERAL, Guarded, guardrail, guardrails_beside
from tools.jobs import curves
from tools.jobs.both import base_of, candidate, tuned_here
from tools.jobs.models import Plan
from tools.progress import Progress
from ui.advice import note_tuned
from ui.chat.cards.blocks import Button, Card, Code, Item, ItemList, Text
from ui.chat.cards.comparison import comparison_card
from ui.chat.cards.ladder import guardrail_card
from ui.chat.journey.evidence import learnt
from ui.chat.journey.measure import eval_name, keep, measured
from ui.chat.journey.metric import metric_of
from ui.chat.journey.told import line, told
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.words import Words
from ui.chat.work import in_background

PROMPT_ARMS = (
    "base-plain",
    "base-few_shot",
    "ladder/plain",
    "ladder/better_prompt",
    "ladder/few_shot",
    "ladder/retrieval",
)


async def score_tuned(talk: Talk, job_id: str, step: int | None = None) -> None:
    """Score the tuned model on the same rows, compare with the best base score, and decide anew.

    Args:
        talk: the conversation.
        job_id: the job that made it.
        step: a checkpoint of the job; its last step: the model as it ended; None: what the curves propose, by
            validation loss, never by the held-out rows.
    """
    job, plan = await asyncio.to_thread(tuned_here, job_id, talk.owner)
    dataset = await asyncio.to_thread(dataset_of, talk, plan)
    at, model = candidate(job, step)
    tuned = eval_name(talk, dataset, f"tuned-{job_id[:8]}" + ("" if at is None else f"-step-{at}"))
    base = base_of(plan)
    plain = eval_name(talk, dataset, "base-plain" + (f"-{re.sub(r'[^A-Za-z0-9._-]+', '-', base)}" if base else ""))

    def work(progress: Progress) -> Comparison:
        if plain not in talk.case.evals:
            measured(talk, dataset, "plain", plain, progress, base)
        measured(talk, dataset, "plain", tuned, progress, model)
        # What prompts brought was measured on the usual base: no opponent for a model tuned on another one.
        opponent = plain if base else _best_base(talk, dataset, plain)
        return compare(CompareRequest(baseline=opponent, candidate=tuned))

    async def then(c: Comparison) -> None:
        async with talk.turn():
            talk.case.evals = [*(e for e in talk.case.evals if e not in (tuned, plain)), plain, tuned]
        target = talk.case.facts_now().target_score
        w = talk.words
        card = comparison_card(c, target=target, actions=[], language=w.language)
        if at is not None:
            last = str(curves.read(job.metrics).last_step)
            which = Text(text=w("after.scored_step", step=str(at), last=last))
            card = card.model_copy(update={"blocks": [which, *card.blocks]})
        same = line("evals compare", c.baseline_name, c.candidate_name)
        await announce(talk.thread_id, told(talk, card, same, dataset=dataset), _what_now(c, model, w))
        await asyncio.to_thread(note_tuned, talk.owner, talk.case.id, c)
        source = f"measured on {c.n} rows: {c.baseline_name} against {c.candidate_name}"
        await learnt(talk, facts_of(c, target), source, always=True)
        _guard(talk, dataset, tuned, (base, model), Button(
            label=w("ladder.go_on"), action="score_tuned", payload={"job_id": job_id, "step": step}, again=True,
        ), gained=c.verdict == "improved")  # fmt: skip

    in_background(talk.thread_id, talk.words("work.score_tuned"), work, then, language=talk.case.language)


def _guard(talk: Talk, dataset: str, name: str, models: tuple[str, str], again: Button, *, gained: bool) -> None:
    """What must not get worse, before and after tuning: measured by itself, after the comparison is shown."""

    def work(progress: Progress) -> list[Guarded]:
        metric = metric_of(talk, dataset)
        free = (Decimal(0), Decimal(0))
        base, tuned = (local_endpoint(progress, model) for model in models)
        sets = metric.guardrails if metric else (GENERAL,)
        asked = guardrails_beside(sets, base, tuned, name, base_prices=free, tuned_prices=free)
        return [guardrail(one, progress).short for one in asked]

    async def then(guarded: list[Guarded]) -> None:
        if guarded:
            await keep(talk, [n for g in guarded for n in (g.base, g.tuned)])
            await announce(talk.thread_id, guardrail_card(guarded, gained, talk.case.language))

    in_background(talk.thread_id, talk.words("work.guard"), work, then, language=talk.case.language, again=again)


def dataset_of(talk: Talk, plan: Plan) -> str:
    """The file whose train rows the job learnt from: the one with the digest that was approved.

    Rows whose images are gone are passed over.
    """
    for ref in talk.case.datasets:
        if ref.id.endswith(".train") and Path(ref.path).is_file():
            with suppress(InputError), pictures.embedded(Path(ref.path)) as whole, whole.open("rb") as f:
                if hashlib.file_digest(f, "sha256").hexdigest() == plan.envelope.training.sha256:
                    return ref.id.removesuffix(".train")
    raise NotFoundError(
        "the held-out rows of this job's file are not in this conversation", remedy="Keep rows aside first."
    )


def _best_base(talk: Talk, dataset: str, plain: str) -> str:
    """The fairest opponent is the best prompt we measured, not the weakest."""
    from tools.evals import store

    names = [eval_name(talk, dataset, arm) for arm in PROMPT_ARMS]
    found = [e for e in store.evals() if e.name in names]
    return max(found, key=lambda e: e.score or 0.0).name if found else plain


def _what_now(c: Comparison, model: str, w: Words) -> Card:
    known = sources()
    items = [
        Item(text=a.text, source=known[a.source].title, href=known[a.source].url or "") for a in what_now()[c.verdict]
    ]
    blocks = [
        ItemList(title=w("what_now.title"), items=items),
        Text(text=w("what_now.model"), muted=True),
        Code(text=model),
    ]
    return Card(name="what-now", label=w("what_now.label"), blocks=[*blocks], language=w.language)
