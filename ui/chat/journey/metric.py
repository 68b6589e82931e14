"""The metric of a case: proposed once rows are kept aside, accepted or changed by a click, then used by every score."""

import asyncio
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tools.errors import InputError
from tools.evals.metric import files
from tools.evals.metric.propose import propose_metric
from tools.evals.metric.records import Metric
from ui.chat.cards.metric import accepted_card, goal_from, metric_card
from ui.chat.journey.evidence import learnt
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.uploads import ref_of
from ui.chat.words import Words


def metric_name(talk: Talk, dataset: str) -> str:
    """Names are unique to the case."""
    return f"case-{talk.thread_id[:8]}-{dataset}"


def metric_of(talk: Talk, dataset: str) -> Metric | None:
    """The metric that was accepted for a file of this case; None: none yet."""
    name = metric_name(talk, dataset)
    return files.accepted(name) if files.versions(name) else None


async def offer_metric(talk: Talk, dataset: str) -> None:
    """Propose a metric from the held-out rows; nothing is asked again where one was accepted."""
    held_out = Path(ref_of(talk.case, f"{dataset}.held_out").path)

    def work() -> Any:
        if metric_of(talk, dataset) is not None:
            return None
        found = propose_metric(held_out, metric_name(talk, dataset))
        files.write_draft(found.metric)
        return found

    found = await asyncio.to_thread(work)
    if found is not None:
        target, language = talk.case.facts_now().target_score, talk.case.language
        await announce(talk.thread_id, metric_card(found, dataset, target=target, language=language))


async def accept_metric(talk: Talk, dataset: str, goal: object, given: dict[str, Any]) -> None:
    """Keep the proposal, with what the person changed, as the next version.

    Raises:
        InputError: a number of the form is none.
        NotFoundError: nothing was proposed for this file.
    """
    ref_of(talk.case, f"{dataset}.held_out")
    name = metric_name(talk, dataset)
    filled = {str(k): str(v) for k, v in given.items()}
    try:
        wanted = goal_from(filled, goal, talk.case.facts_now().target_score)
    except (ValueError, ValidationError):
        raise InputError("the goal cannot be read", remedy="Give one number from 0 to 1, such as 0.9.") from None

    def work() -> Metric:
        proposed = metric_of(talk, dataset) if not _draft_there(name) else files.draft(name)
        if proposed is None:
            proposed = files.draft(name)
        words = filled.get("good_answer", "").strip() or proposed.good_answer
        return files.accept(proposed.model_copy(update={"goal": wanted, "good_answer": words}))

    made = await asyncio.to_thread(work)
    await announce(talk.thread_id, accepted_card(made, _onward(dataset, talk.words), talk.case.language))
    found: dict[str, Any] = {"evals_defined": True}
    if made.goal.at_least is not None:
        found["target_score"] = made.goal.at_least
    await learnt(talk, found, f"metric {made.name} version {made.version}, accepted by you")


def _draft_there(name: str) -> bool:
    return (files.folder_of(name) / "proposed.yaml").is_file()


def _onward(dataset: str, w: Words) -> list[Any]:
    from ui.chat.cards.blocks import Button

    payload = {"dataset": dataset, "arm": "plain"}
    return [Button(label=w("do.measure_base"), action="measure_base", payload=payload, style="primary", again=True)]
