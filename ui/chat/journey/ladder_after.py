"""After a ladder: the rows behind a number, and whether more training rows would raise it."""

import asyncio
from typing import Any, get_args

from tools.errors import InputError
from tools.evals import store
from tools.evals.records import Sample
from tools.ladder.curve import Curve, CurveArm, CurveRequest, learning_curve, points_of
from tools.ladder.plan import planned
from tools.ladder.records import WITHOUT_MODEL, LadderPlan
from tools.progress import Progress
from ui.chat.cards.blocks import Button
from ui.chat.cards.ladder_curve import curve_card, curve_plan_card
from ui.chat.cards.ladder_rows import paired, rows_card
from ui.chat.journey.ladder import Ready, alone, held_out_of, ready, same_line
from ui.chat.journey.told import told
from ui.chat.journey.where import wanted
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.words import Words
from ui.chat.work import in_background

MOST_ROWS = 100_000


async def rows(talk: Talk, name: str, beside: str, start: int) -> None:
    """The rows of one rung beside the plain prompt's.

    Args:
        talk: the conversation.
        name: an eval of this conversation.
        beside: another one, or anything else for none.
        start: the first row shown.

    Raises:
        InputError: this conversation has no such eval.
    """
    if name not in talk.case.evals:
        raise InputError("this conversation has measured nothing of that name", where=name[:80])
    other = beside if beside in talk.case.evals and beside != name else ""

    def read() -> tuple[list[Sample], list[Sample]]:
        return store.samples(name, limit=MOST_ROWS), store.samples(other, limit=MOST_ROWS) if other else []

    one, two = await asyncio.to_thread(read)
    names = (_rung(name, talk.words), _rung(other, talk.words))
    payload = {"eval": name, "beside": other}
    card = rows_card(paired(one, two), names, start=max(0, start), payload=payload, language=talk.case.language)
    await announce(talk.thread_id, card)


def _rung(name: str, w: Words) -> str:
    last = name.rsplit("/", 1)[-1]
    return w.get(f"score.arms.{last}", last)


async def curve(talk: Talk, dataset: str, payload: dict[str, Any]) -> None:
    """Say what a learning curve would ask and cost; with `go`, or where it costs nothing, measure it.

    Args:
        talk: the conversation.
        dataset: the file's id in the case.
        payload: `arm`; `kept` and `go` as for the ladder.

    Raises:
        InputError: there is no curve of that rung.
        RefusedError: no rows are kept aside.
    """
    held_out_of(talk, dataset)
    chosen, arm = wanted(payload.get("kept"), payload.get("given")), str(payload.get("arm"))
    if arm not in get_args(CurveArm) or arm == "tuned":
        raise InputError("there is no learning curve of that rung", where=arm[:40])
    go, unpriced = payload.get("go") is True, payload.get("unpriced") is True

    def request(progress: Progress) -> tuple[Ready, CurveRequest]:
        found = ready(talk, dataset, chosen, progress)
        ladder = found.request.model_copy(update={"unpriced": unpriced, "tuned": None})
        return found, CurveRequest.model_validate({"ladder": ladder, "arm": arm})

    def plan(progress: Progress) -> list[LadderPlan]:
        return [planned(bench) for bench in points_of(request(progress)[1])]

    async def offer(plans: list[LadderPlan]) -> None:
        await announce(talk.thread_id, curve_plan_card(plans, arm, payload, talk.case.language))

    def measure(progress: Progress) -> tuple[Ready, Curve]:
        found, wish = request(progress)
        with alone(f"{found.request.name}/curve-{arm}"):
            return found, learning_curve(wish, progress)

    async def show(made: tuple[Ready, Curve]) -> None:
        found, result = made
        line = f"{same_line(talk, dataset, found)} --curve {arm}"
        await announce(talk.thread_id, told(talk, curve_card(result, talk.case.language), line, dataset=dataset))

    title, language = talk.words("work.curve"), talk.case.language
    if go or chosen.where == "local" or arm in WITHOUT_MODEL:
        label = talk.words("ladder.go_on")
        again = Button(label=label, action="curve", payload={**payload, "dataset": dataset}, again=True)
        in_background(talk.thread_id, title, measure, show, language=language, again=again)
    else:
        in_background(talk.thread_id, talk.words("work.ladder_plan"), plan, offer, language=language)
