"""What is priced on the page: the plan's way, else the provider named, else an example that is said to be one."""

from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import NamedTuple

from agent.case import Case
from agent.costing import cost_request
from agent.facts import Facts
from agent.said import said
from knowledge.thresholds import threshold
from tools.cost.card import money as in_words
from tools.cost.compare import Comparison, compare
from tools.cost.curve import Curve, curve_of
from tools.cost.estimate import report
from tools.cost.money import Spread, usd
from tools.cost.result import CostEstimate
from tools.cost.workings import start
from tools.errors import AdvisorError
from tools.jobs.models import Plan
from tools.report.record import Money

EXAMPLE = ("azure", "gpt-4.1-mini")
"""Priced when nobody named a provider: hosted by the hour, so that nothing dear is hidden."""


class Priced(NamedTuple):
    """The sums, or why there are none."""

    money: Money | None
    ways: Comparison | None
    estimate: CostEstimate | None
    why_not: str


def priced(case: Case, facts: Facts, plan: Plan | None, language: str) -> Priced:
    """Price this case; an offer that has ended or is not known is said in the language, never guessed."""
    provider, model, assumed = _where(facts, plan)
    try:
        request = cost_request(case, provider, model, dataset=_dataset(case))
        workings = start(request)
        estimate, curve, ways = report(workings), curve_of(workings), compare(request)
    except AdvisorError as e:
        return Priced(None, None, None, said(str(e), language))
    worst = plan.envelope.worst_case_usd if plan else None
    return Priced(_money(estimate, curve, assumed, worst, language), ways, estimate, "")


def _where(facts: Facts, plan: Plan | None) -> tuple[str, str, bool]:
    if plan is not None:
        backend = plan.envelope.backend
        return ("local" if backend == "ray" else backend), plan.envelope.base_model, False
    if facts.gpu and facts.data_must_stay_inside:
        return "local", "smollm2-135m-instruct", True
    if facts.provider and facts.base_model:
        return facts.provider, facts.base_model, False
    if facts.base_model:
        return EXAMPLE[0], facts.base_model, True
    return *EXAMPLE, True


def _dataset(case: Case) -> Path | None:
    for ref in reversed(case.files()):
        if Path(ref.path).is_file() and ref.path.endswith((".jsonl", ".gz")):
            return Path(ref.path)
    return None


def _money(e: CostEstimate, c: Curve, assumed: bool, worst: Decimal | None, language: str) -> Money:
    say = partial(said, language=language)

    def reasons(sum_: Spread) -> Spread:
        return sum_.model_copy(update={"unknown": tuple(map(say, sum_.unknown))})

    points = c.points[:: max(1, len(c.points) // int(threshold("report.chart_points")))] if c.points else ()
    return Money(
        where=f"{e.provider} · {e.model}",
        assumed=assumed,
        sentence=say(e.summary),
        total=reasons(e.total_usd),
        training=reasons(e.training_usd),
        months=e.months,
        lines=tuple((say(x.name), say(in_words(x.usd)), say(x.arithmetic)) for x in e.components),
        drivers=tuple(f"{say(d.name)}: {say(f'{usd(d.usd)} ({d.share:.0%})')}" for d in e.drivers),
        break_even=say(e.break_even.text),
        lifetime=say(e.lifetime.text),
        worst_case_usd=worst,
        chart=tuple(
            (
                p.requests_per_day,
                float(p.today_usd),
                float(p.tuned_usd),
                float(p.tuned_low_usd),
                float(p.tuned_high_usd),
            )
            for p in points
        ),
        crossing=c.crossing,
        stated=c.stated,
        prices=tuple((say(p.what), say(f"${p.usd} per {p.unit}"), p.source, p.checked_on) for p in e.prices),
    )
