"""What training on a file costs, here and elsewhere, and whether one may train there at all."""

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.case import DatasetRef
from agent.costing import TRAINED_AS, assume, cost_request, keep_risks
from tools.errors import AdvisorError
from tools.progress import Progress
from ui.chat.cards.costs import cost_card, eligibility_card
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.work import in_background

if TYPE_CHECKING:
    from tools.cost import CostRequest


async def price(talk: Talk, ref: DatasetRef, given: dict[str, Any]) -> None:
    """Price the file where it was asked for, on this computer and elsewhere; the risks go into the recommendation.

    Args:
        talk: the conversation.
        ref: the file.
        given: assumptions that the person changed just now.

    Raises:
        InputError: an assumption cannot have that value.
    """
    from tools.cost import offers_from_facts
    from tools.cost.card import CostCard
    from tools.cost.card import cost_card as priced
    from tools.cost.workings import today_at_the_door

    if given:
        async with talk.turn():
            assume(talk.case, given)
    case, today = talk.case, today_at_the_door()
    technique = TRAINED_AS.get(talk.conversation.recommendation().technique or "")

    def work(progress: Progress) -> tuple[list[CostCard], tuple[str, ...], "CostRequest"]:
        known = case.facts_now().known()
        offers = offers_from_facts(known, today=today, technique=technique) or offers_from_facts(known, today=today)
        cards, refused, requests = [], [], []
        for o in offers:
            request = cost_request(case, o.provider.id, o.name, dataset=Path(ref.path), technique=o.technique)
            try:
                cards.append(priced(request, progress))
                requests.append(request)
            except AdvisorError as e:
                if o is offers[-1] and not cards:
                    raise
                refused.append(f"{o.label}: {e}")
        return cards, tuple(refused), requests[0]

    async def then(found: tuple[list[CostCard], tuple[str, ...], "CostRequest"]) -> None:
        cards, refused, request = found
        async with talk.turn():
            keep_risks(talk.case, [c.estimate for c in cards])
        path = shlex.quote(ref.path)
        assumed = as_options(request)
        language = talk.case.language
        card = cost_card(cards, path=path, dataset=ref.id, refused=refused, assumed=assumed, language=language)
        await announce(talk.thread_id, card)

    in_background(talk.thread_id, talk.words("work.pricing"), work, then, language=talk.case.language)


def as_options(request: "CostRequest") -> str:
    """What is given in a request beyond provider, base and file, as options of the command."""
    from tools.cost.request import changeable

    given = request.model_dump(mode="json", exclude_none=True, include=request.model_fields_set & set(changeable()))
    given |= request.assumed
    return " ".join(f"--assume {shlex.quote(f'{name}={value}')}" for name, value in given.items())


async def may_we_tune(talk: Talk, provider: str, *, ask: bool) -> None:
    """The rules of a provider; with `ask`, one harmless read with the key that the settings name.

    Raises:
        InputError: there is no such provider, or the key is not accepted.
        UnavailableError: no key is set, or the provider did not answer.
    """
    from tools.cost import eligibility as e

    report = await asyncio.to_thread(e.ask if ask else e.eligibility, provider)
    offer = not ask and await asyncio.to_thread(e.can_ask, report.provider)
    await announce(talk.thread_id, eligibility_card(report, can_ask=offer, language=talk.case.language))
