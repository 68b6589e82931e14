"""Scores on held-out rows: the base model before anything is trained, the tuned model after, and the two compared."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from agent.case import Noted
from tools.endpoint import Endpoint
from tools.engine import control
from tools.engine.paths import DEFAULT_MODEL
from tools.errors import InputError, NotFoundError
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.graders.propose import GraderProposal, propose_grader
from tools.evals.prompts import AsIs, FewShot
from tools.evals.run import RunRequest, RunResult, run
from tools.jobs import view
from tools.jobs.models import Plan
from tools.jobs.plan import get_plan
from tools.progress import Progress
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Item, ItemList, Notice, Table, Text
from ui.chat.cards.comparison import comparison_card
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import ref_of
from ui.chat.work import in_background

SHOTS = 8
"""Examples in the few-shot prompt: about one for each answer of a small label set, and short enough for a laptop."""
TARGET_ROOM = 2
"""Answers may be twice as long as the longest target before they are cut."""


def local_endpoint(model: str, progress: Progress) -> Endpoint:
    """The local engine as an endpoint, started and its base model prepared if need be."""
    control.prepare_model(progress)
    engine = control.ensure_running()
    return Endpoint(base_url=engine.base_url, model=model, api_key=engine.token, name="local engine")


def _measure(talk: Talk, dataset: str, arm: str, model: str, name: str, progress: Progress) -> RunResult:
    held_out = Path(ref_of(talk.case, f"{dataset}.held_out").path)
    proposal = propose_grader(held_out)
    if proposal.grader is None:
        raise InputError(proposal.why, remedy=proposal.needs)
    prompt: Any = AsIs()
    if arm == "few_shot":
        train = Path(ref_of(talk.case, f"{dataset}.train").path)
        prompt = FewShot(train=train, k=SHOTS)
    request = RunRequest(
        dataset=held_out,
        endpoint=local_endpoint(model, progress),
        grader=proposal.grader,
        prompt=prompt,
        name=name,
        max_tokens=_room(proposal),
    )
    return run(request, progress)


def _room(proposal: GraderProposal) -> int | None:
    longest = max((len(label) for label in proposal.labels), default=0)
    return max(16, longest * TARGET_ROOM) if longest else None


def eval_name(talk: Talk, dataset: str, what: str) -> str:
    """Names are unique to the case, so that two people never meet in one eval."""
    return f"{talk.thread_id[:8]}/{dataset}/{what}"


async def measure_base(talk: Talk, dataset: str, arm: str) -> None:
    """Score the base model on the held-out rows, as it is or with examples in the prompt."""
    arm = arm if arm == "few_shot" else "plain"
    name = eval_name(talk, dataset, f"base-{arm}")

    async def then(result: RunResult) -> None:
        async with talk.turn():
            talk.case.evals = [*(e for e in talk.case.evals if e != name), name]
            effort = "few_shot" if arm == "few_shot" else "single_prompt"
            best = max(result.score or 0.0, float(talk.case.facts_now().baseline_score or 0.0))
            notes: dict[str, Any] = {"baseline_score": best, "evals_defined": True}
            if talk.case.facts_now().prompt_effort in (None, "none", "single_prompt"):
                notes["prompt_effort"] = effort
            talk.case.record(
                {k: Noted(value=v, quote=f"measured: {name}", how="measured") for k, v in notes.items()},
                kind="measured",
            )
        await announce(talk.thread_id, _score_card(dataset, arm, result))

    title = "Measuring the base model" + (" with examples in the prompt" if arm == "few_shot" else "")
    in_background(talk.thread_id, title, lambda p: _measure(talk, dataset, arm, DEFAULT_MODEL, name, p), then)


def _score_card(dataset: str, arm: str, r: RunResult) -> Card:
    score = "unknown" if r.score is None else f"{r.score:.3f}"
    interval = "unknown" if r.ci_low is None or r.ci_high is None else f"{r.ci_low:.3f} to {r.ci_high:.3f}"
    took = f"{r.wall_seconds:.0f} s" if r.wall_seconds else "measured before"
    how = "examples in the prompt" if arm == "few_shot" else "plain prompt"
    blocks: list[Block] = [
        Table(
            caption=f"Base model, {how}, n = {r.n:,} held-out rows",
            columns=["score", "95 % interval", "graded by", "took"],
            rows=[[score, interval, f"{r.grader} v{r.grader_version}", took]],
        )
    ]
    if r.truncated:
        blocks.append(
            Text(
                text=f"{r.truncated:,} answers ran on past the room given: the base model chats instead of answering.",
                muted=True,
            )
        )
    items = [
        Button(label="Plan a training job", action="plan", payload={"dataset": dataset}, style="primary", again=True)
    ]
    if arm == "plain":
        few = {"dataset": dataset, "arm": "few_shot"}
        items.insert(
            0,
            Button(
                label="Try examples in the prompt first", action="measure_base", payload=few, done_label="Measuring"
            ),
        )
    blocks.append(Buttons(items=items))
    return Card(name="score", label="Score of the base model", blocks=blocks)


async def score_tuned(talk: Talk, job_id: str) -> None:
    """Score the tuned model on the same rows, compare with the best base score, and say what now."""
    job = await asyncio.to_thread(view.get, job_id, talk.owner)
    if not job.fine_tuned_model:
        raise InputError("this job has no tuned model", where=job_id)
    plan = await asyncio.to_thread(get_plan, job.plan_id, talk.owner)
    dataset = _dataset_of(talk, plan)
    tuned = eval_name(talk, dataset, f"tuned-{job_id[:8]}")
    plain = eval_name(talk, dataset, "base-plain")

    def work(progress: Progress) -> Comparison:
        if plain not in talk.case.evals:
            _measure(talk, dataset, "plain", DEFAULT_MODEL, plain, progress)
        _measure(talk, dataset, "plain", job.fine_tuned_model or "", tuned, progress)
        return compare(CompareRequest(baseline=_best_base(talk, dataset, plain), candidate=tuned))

    async def then(c: Comparison) -> None:
        async with talk.turn():
            talk.case.evals = [*(e for e in talk.case.evals if e not in (tuned, plain)), plain, tuned]
            talk.case.record(_facts_of(c), kind="measured")
        await announce(talk.thread_id, comparison_card(c, actions=[]), _what_now(c, job.fine_tuned_model or ""))

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
    """The fairest opponent is the best base we measured, not the weakest."""
    from tools.evals import store

    names = [eval_name(talk, dataset, f"base-{arm}") for arm in ("plain", "few_shot")]
    found = [e for e in store.evals() if e.name in names]
    return max(found, key=lambda e: e.score or 0.0).name if found else plain


def _facts_of(c: Comparison) -> dict[str, Noted]:
    how = {"improved": "better", "no_significant_difference": "same", "regressed": "worse"}.get(c.verdict)
    notes: dict[str, Any] = {"already_tuned": True, "evals_defined": True}
    if how:
        notes["tuned_vs_prompt"] = how
    quote = f"measured on {c.n} rows: {c.baseline_name} against {c.candidate_name}"
    return {k: Noted(value=v, quote=quote, how="measured") for k, v in notes.items()}


def _what_now(c: Comparison, model: str) -> Card:
    steps = {
        "improved": [
            "Look at what got worse before you switch: a gain overall can hide a loss in one group.",
            "Test general abilities too; a narrow gain can cost them.",
            f"Ask the tuned model yourself: it answers at the local engine as {model}.",
        ],
        "no_significant_difference": [
            "Do not switch: the better prompt is cheaper and keeps working when the base changes.",
            "If you still expect a gain, double the training rows or label more held-out rows, then measure again.",
        ],
        "regressed": [
            "Do not use this model. Look at the rows that got worse, and at the training rows like them.",
            "Fewer epochs or cleaner labels are the first things to try.",
        ],
        "insufficient_evidence": ["Label more held-out rows before deciding; the card says how many."],
    }[c.verdict]
    return Card(
        name="what-now",
        label="What now",
        blocks=[
            Notice(text="What now, from this evidence"),
            ItemList(items=[Item(text=s) for s in steps]),
        ],
    )
