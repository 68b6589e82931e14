"""Base against tuned on the same held-out rows, and what now."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from knowledge.sources import sources
from knowledge.what_now import what_now
from tools.errors import InputError, NotFoundError
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.jobs import view
from tools.jobs.models import Plan
from tools.jobs.plan import get_plan
from tools.progress import Progress
from ui.advice import note_tuned
from ui.chat.cards.blocks import Card, Code, Item, ItemList, Text
from ui.chat.cards.comparison import comparison_card
from ui.chat.journey.evidence import learnt
from ui.chat.journey.measure import eval_name, measured
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.work import in_background

AGAINST_PROMPT = {"improved": "better", "no_significant_difference": "same", "regressed": "worse"}
PROMPT_ARMS = (
    "base-plain",
    "base-few_shot",
    "ladder/plain",
    "ladder/better_prompt",
    "ladder/few_shot",
    "ladder/retrieval",
)


async def score_tuned(talk: Talk, job_id: str) -> None:
    """Score the tuned model on the same rows, compare with the best base score, and decide anew."""
    job = await asyncio.to_thread(view.get, job_id, talk.owner)
    if not job.fine_tuned_model:
        raise InputError("this job has no tuned model", where=job_id)
    plan = await asyncio.to_thread(get_plan, job.plan_id, talk.owner)
    dataset = await asyncio.to_thread(_dataset_of, talk, plan)
    tuned = eval_name(talk, dataset, f"tuned-{job_id[:8]}")
    plain = eval_name(talk, dataset, "base-plain")
    model = job.fine_tuned_model

    def work(progress: Progress) -> Comparison:
        if plain not in talk.case.evals:
            measured(talk, dataset, "plain", plain, progress)
        measured(talk, dataset, "plain", tuned, progress, model)
        return compare(CompareRequest(baseline=_best_base(talk, dataset, plain), candidate=tuned))

    async def then(c: Comparison) -> None:
        async with talk.turn():
            talk.case.evals = [*(e for e in talk.case.evals if e not in (tuned, plain)), plain, tuned]
        target = talk.case.facts_now().target_score
        await announce(talk.thread_id, comparison_card(c, target=target, actions=[]), _what_now(c, model))
        await asyncio.to_thread(note_tuned, talk.owner, talk.case.id, c)
        source = f"measured on {c.n} rows: {c.baseline_name} against {c.candidate_name}"
        await learnt(talk, _facts_of(c, target), source, always=True)

    in_background(talk.thread_id, "Scoring base against tuned", work, then)


def _dataset_of(talk: Talk, plan: Plan) -> str:
    """The file whose train rows the job learnt from: the one with the digest that was approved."""
    for ref in talk.case.datasets:
        if ref.id.endswith(".train") and Path(ref.path).is_file():
            with Path(ref.path).open("rb") as f:
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


def _facts_of(c: Comparison, target: float | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"already_tuned": True, "evals_defined": True}
    if how := AGAINST_PROMPT.get(c.verdict):
        facts["tuned_vs_prompt"] = how
    low, high = c.candidate_interval.low, c.candidate_interval.high
    if target is not None and low is not None and high is not None and (low >= target or high < target):
        facts["meets_target"] = low >= target
    return facts


def _what_now(c: Comparison, model: str) -> Card:
    known = sources()
    items = [
        Item(text=a.text, source=known[a.source].title, href=known[a.source].url or "") for a in what_now()[c.verdict]
    ]
    blocks = [
        ItemList(title="What now, from this evidence", items=items),
        Text(text="The tuned model answers at the local engine under this name:", muted=True),
        Code(text=model),
    ]
    return Card(name="what-now", label="What now", blocks=[*blocks])
