"""Scores of the base model on held-out rows, before anything is trained: plain, or with examples in the prompt."""

import asyncio
from pathlib import Path
from typing import Any

from tools.engine.control import endpoint as local_endpoint
from tools.evals.graders import Grader
from tools.evals.graders.propose import SIMILARITY_UNTIL_JUDGED, GraderProposal, propose_grader
from tools.evals.metric.records import Metric
from tools.evals.prompts import AsIs, FewShot
from tools.evals.run import RunRequest, RunResult, run
from tools.progress import Progress
from ui.advice import note_prompt
from ui.chat.cards.blocks import Button
from ui.chat.cards.score import score_card
from ui.chat.journey.evidence import learnt
from ui.chat.journey.metric import metric_of
from ui.chat.journey.told import line, path_of, told
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import ref_of
from ui.chat.words import Words
from ui.chat.work import in_background

SHOTS = 8
"""Examples in the few-shot prompt: about one for each answer of a small label set, and short enough for a laptop."""
LEAST_ROOM = 12
"""Tokens an answer may have, or as many as the longest label has characters: about four times what it needs."""
ARMS = ("plain", "few_shot")


def eval_name(talk: Talk, dataset: str, what: str) -> str:
    """Names are unique to the case and to the metric, so that two people or two metrics never meet in one eval."""
    metric = metric_of(talk, dataset)
    held_to = f"@{metric.version}" if metric else ""
    return f"{talk.thread_id[:8]}/{dataset}{held_to}/{what}"


def grader_of(held_out: Path, metric: Metric | None) -> tuple[Grader, GraderProposal]:
    """The accepted metric's grader, else what the targets suggest; where no rule can judge, how alike the words are."""
    proposal = propose_grader(held_out)
    if metric is not None and metric.grader is not None:
        return metric.grader, proposal
    return proposal.grader or SIMILARITY_UNTIL_JUDGED, proposal


def measured(talk: Talk, dataset: str, arm: str, name: str, progress: Progress, model: str = "") -> RunResult:
    """Score one model on the held-out rows: the base, or the one named."""
    held_out = Path(ref_of(talk.case, f"{dataset}.held_out").path)
    metric = metric_of(talk, dataset)
    grader, proposal = grader_of(held_out, metric)
    prompt: Any = AsIs()
    if arm == "few_shot":
        train = Path(ref_of(talk.case, f"{dataset}.train").path)
        prompt = FewShot(train=train, k=SHOTS)
    request = RunRequest(
        dataset=held_out,
        endpoint=local_endpoint(progress, model),
        grader=grader,
        metric=metric.ref if metric else None,
        prompt=prompt,
        name=name,
        max_tokens=room(proposal),
    )
    return run(request, progress)


def room(proposal: GraderProposal) -> int | None:
    """Tokens an answer may have; None: as many as evals.max_completion_tokens."""
    longest = max((len(label) for label in proposal.labels), default=0)
    return max(LEAST_ROOM, longest) if longest else None


async def measure_base(talk: Talk, dataset: str, arm: str) -> None:
    """Score the base model on the held-out rows, as it is or with examples in the prompt."""
    arm = arm if arm == "few_shot" else "plain"
    name = eval_name(talk, dataset, f"base-{arm}")

    async def then(result: RunResult) -> None:
        await keep(talk, [name])
        facts = talk.case.facts_now()
        alike = result.grader == SIMILARITY_UNTIL_JUDGED.type
        card = score_card(
            result,
            arm,
            target=facts.target_score,
            alike=alike,
            language=talk.case.language,
            actions=next_steps(talk, dataset, tried=_arms(talk, dataset)),
        )
        await announce(talk.thread_id, told(talk, card, _same(talk, dataset, arm, name), dataset=dataset))
        found: dict[str, Any] = {"evals_defined": True}
        if result.score is not None and not alike:
            found["baseline_score"] = max(result.score, facts.baseline_score or 0.0)
        if facts.prompt_effort in (None, "none", "single_prompt"):
            found["prompt_effort"] = "few_shot" if arm == "few_shot" else "single_prompt"
        if not alike:
            await asyncio.to_thread(note_prompt, talk.owner, talk.case.id, result, facts.target_score)
        await learnt(talk, found, f"measured on {result.scored} held-out rows")

    title = talk.words(f"work.{arm}")
    in_background(
        talk.thread_id, title, lambda p: measured(talk, dataset, arm, name, p), then, language=talk.case.language
    )


def _same(talk: Talk, dataset: str, arm: str, name: str) -> str:
    """The measurement as a command."""
    few = f"--few-shot {path_of(talk.case, f'{dataset}.train')} -k {SHOTS}" if arm == "few_shot" else ""
    metric = metric_of(talk, dataset)
    held = f"--metric {metric.ref.name}@{metric.ref.version}" if metric else ""
    return line("evals run", path_of(talk.case, f"{dataset}.held_out"), "--local", few, held, f"--as {name}")


async def keep(talk: Talk, names: list[str]) -> None:
    """Note evals in the case."""
    async with talk.turn():
        talk.case.evals = [*(e for e in talk.case.evals if e not in names), *names]


def _arms(talk: Talk, dataset: str) -> set[str]:
    return {arm for arm in ARMS if eval_name(talk, dataset, f"base-{arm}") in talk.case.evals}


def next_steps(talk: Talk, dataset: str, *, tried: set[str]) -> list[Button]:
    """The cheaper rungs that were not measured yet, then training."""
    w, payload = talk.words, {"dataset": dataset}
    items: list[Button] = []
    if "few_shot" not in tried:
        few = {**payload, "arm": "few_shot"}
        label = w("do.few_shot")
        items.append(Button(label=label, action="measure_base", payload=few, again=True))
    if "ladder" not in tried:
        items.append(Button(label=w("do.climb"), action="climb", payload=payload, again=True))
    if talk.case.facts_now().target_score is None:
        items.append(target_button(w))
    return [*items, Button(label=w("do.plan"), action="plan", payload=payload, style="primary", again=True)]


def target_button(w: Words) -> Button:
    """Asks for the score that would be good enough."""
    return Button(label=w("do.target"), action="reask", payload={"fact": "target_score"}, again=True)
