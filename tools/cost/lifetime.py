"""How long the result lives, against the horizon and the pay-back."""

import calendar
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

from tools.cost.catalogue import Offer
from tools.cost.result import Lifetime


def horizon_end(today: date, months: int) -> date:
    """The same day so many months later (the last of the month where that day does not exist)."""
    index = today.month - 1 + months
    year, month = today.year + index // 12, index % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def lifetime(
    offer: Offer, today: date, months: int, once: Decimal | None, saving_per_month: Decimal | None
) -> Lifetime:
    """Dates of the offer and, where the volume is known, the day the money is back.

    Args:
        offer: what is tuned.
        today: the day to judge on.
        months: the stated horizon.
        once: what is paid once, expected case; None when unknown.
        saving_per_month: running costs of today less those of the tuned model; None when unknown.
    """
    ends, closes = offer.model.inference_ends, offer.model.training_ends
    payback = None
    if once is not None and saving_per_month is not None and saving_per_month > 0:
        days = ceil(once / saving_per_month * 365 / 12)
        payback = today + timedelta(days=days) if days < 36_500 else None
    if ends is None:
        text = "No retirement date is published for it."
        if offer.provider.billing.by in ("own_hardware", "gpu_hours"):
            text = "The weights are yours: nothing retires them."
        return Lifetime(
            training_ends=closes,
            inference_ends=None,
            days_left=None,
            covers_horizon=None,
            payback_on=payback,
            text=text,
        )
    left = (ends - today).days
    covers = ends >= horizon_end(today, months)
    in_time = None if payback is None else payback <= ends
    text = f"Served until {ends}, {left:,} days from {today}"
    text += "." if covers else f": less than the {months} months asked for."
    if in_time is False:
        text += f" The money would be back on {payback}, after that."
    return Lifetime(
        training_ends=closes,
        inference_ends=ends,
        days_left=left,
        covers_horizon=covers,
        payback_on=payback,
        pays_back_in_time=in_time,
        text=text,
    )
