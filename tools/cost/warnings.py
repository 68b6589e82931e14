"""What must be said beside the sums, the gravest first."""

from datetime import date

from tools.cost.book import number
from tools.cost.catalogue import Offer
from tools.cost.money import usd
from tools.cost.request import CostRequest
from tools.cost.result import Lifetime, PriceUsed
from tools.cost.volume import Volume


def warnings(
    request: CostRequest, offer: Offer, volume: Volume, life: Lifetime, used: list[PriceUsed], today: date
) -> tuple[str, ...]:
    """Lifetime, closing offers, hosting, tier, uncertainty, age and standing of the figures."""
    said = _lifetime(offer, life, request.months, today)
    if offer.model.uncertain:
        said.append(offer.model.uncertain)
    said += _serving(offer)
    if offer.model.techniques.get(offer.technique) == "preview":
        said.append(f"{offer.technique} of {offer.name} is a preview at {offer.provider.title}: no promise of service.")
    if offer.model.techniques.get(offer.technique) == "invitation":
        said.append(f"{offer.technique} of {offer.name} is by invitation only at {offer.provider.title}.")
    said += _dataset(offer, volume)
    said += _figures(used, today)
    return tuple(dict.fromkeys(said))


def _lifetime(offer: Offer, life: Lifetime, months: int, today: date) -> list[str]:
    said = []
    if life.inference_ends is not None and life.covers_horizon is False:
        said.append(
            f"{offer.name} and every model tuned on it at {offer.provider.title} end on {life.inference_ends}, in "
            f"{life.days_left:,} days: the {months} months asked for are not covered. One retraining on another base "
            "is counted; its prices are taken to be the same, which nobody has promised."
        )
    if life.pays_back_in_time is False:
        said.append(f"It would pay back on {life.payback_on}, after the base ends on {life.inference_ends}.")
    if life.training_ends is not None and (life.training_ends - today).days <= 365:
        when = "from that day or later" if offer.model.uncertain else "from that day on"
        said.append(f"{life.training_ends}: {offer.provider.title} takes no new jobs for {offer.name} {when}.")
    said += [
        f"Since {event.day} at {offer.provider.title}: {event.text}"
        for event in offer.provider.events
        if event.ends == "new_jobs_for_some" and event.day <= today
    ]
    if offer.provider.status in ("deprecated", "winding_down"):
        said.append(f"{offer.provider.title}: {offer.provider.summary}")
    return said


def _serving(offer: Offer) -> list[str]:
    said = []
    price = offer.model.price("hosting_per_hour", offer.tier, offer.technique)
    if offer.provider.billing.hosting == "per_hour" and price is not None and price.usd > 0:
        month = usd(price.usd * number("hours_per_month"))
        said.append(
            f"A deployed model costs {usd(price.usd)} an hour while it exists, used or not: about {month} a month. "
            "Delete the deployment when it is idle."
        )
    tier = offer.provider.tiers.get(offer.tier or "")
    if tier is not None and tier.deployment_hours is not None:
        said.append(
            f"A {tier.title.lower()} deployment lives {tier.deployment_hours} hours and is then deleted: it is for "
            "trying out, not for serving, so the monthly sums hold only while someone deploys it again each day."
        )
    return said


def _dataset(offer: Offer, volume: Volume) -> list[str]:
    said = []
    if volume.unread_lines:
        said.append(f"{volume.unread_lines:,} lines of the file hold no readable example and are not priced.")
    if volume.over_limit:
        said.append(
            f"{volume.over_limit:,} examples are longer than the {offer.model.train_max_tokens:,} tokens "
            f"{offer.provider.title} trains on; what is beyond is not charged, and not learnt."
        )
    return said


def _figures(used: list[PriceUsed], today: date) -> list[str]:
    said = []
    limit = int(number("price_stale_days"))
    ages = sorted({p.checked_on for p in used if (today - p.checked_on).days > limit})
    if ages:
        said.append(f"Prices read on {', '.join(map(str, ages))} are older than {limit} days; check them first.")
    if any(p.confidence == "secondary" for p in used):
        said.append(
            "Some prices come from somebody else's note of the provider's page; check them at the source first."
        )
    return said
