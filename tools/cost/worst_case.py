"""The ceiling of a plan: the most one training may be charged, so that a person can approve a sum and not a hope."""

from decimal import ROUND_CEILING, Decimal

from tools.cost.book import Book, number
from tools.cost.catalogue import find_offer
from tools.cost.money import CENT, Unknown
from tools.cost.request import CostRequest
from tools.cost.training import training
from tools.cost.volume import measure
from tools.cost.workings import today_at_the_door
from tools.errors import RefusedError
from tools.progress import Progress, silent


def worst_case_training_usd(request: CostRequest, progress: Progress = silent) -> Decimal:
    """The most one job may be charged: the high end plus a margin, rounded up to the cent; 0 where nobody is paid.

    A job charged by the hour is taken at the sum where the provider pauses it, when its hours are not given.

    Raises:
        InputError: provider, model, tier or dataset cannot be used.
        RefusedError: the base can no longer be tuned there, or no ceiling can be stated because a figure is unknown.
    """
    offer = find_offer(
        request.provider,
        request.model,
        technique=request.technique,
        tier=request.tier,
        today=request.today or today_at_the_door(),
    )
    book = Book(request.assumed)
    amount = training(request, offer, measure(request, offer, book, progress), book).amount
    pause = offer.model.price("pause_per_job", offer.tier, offer.technique)
    if isinstance(amount, Unknown):
        if pause is not None and offer.technique == "rft":
            return pause.usd.quantize(CENT, ROUND_CEILING)
        raise RefusedError(
            f"no ceiling can be stated for training {offer.label}: {amount.reason}",
            remedy="Give what is missing, or choose an offer whose price is published.",
        )
    worst = amount.high * (1 + number("ceiling_margin"))
    if pause is not None:
        worst = min(worst, pause.usd)
    return worst.quantize(CENT, ROUND_CEILING)
