"""From how many requests a day tuning costs less than today.

Over a horizon of D days: fixed costs of tuning F (everything but inference), unit costs u_tuned and u_today.
Tuning costs less when F + r D u_tuned < r D u_today, so from r = F / (D (u_today - u_tuned)); never when
u_today <= u_tuned and F > 0. What is uncertain about a request (its tokens, its caching) is the same for both ways, so
the saving is taken at matching ends: low, expected and high of both; the best of the three savings gives the low end,
the worst the high end.
"""

from decimal import ROUND_CEILING, Decimal

from tools.cost.book import number
from tools.cost.money import Amount, Range, Unknown, usd
from tools.cost.result import BreakEven


def horizon_days(months: int) -> Decimal:
    """Days of the horizon: a twelfth of 365 a month."""
    return number("days_per_year") * months / 12


def crossing(fixed: Decimal, days: Decimal, today: Decimal, tuned: Decimal) -> int | None:
    """Requests a day from which tuning costs no more; None for never."""
    saving = today - tuned
    if fixed == 0 and saving >= 0:
        return 0
    if saving <= 0:
        return None
    return int((fixed / (days * saving)).to_integral_value(rounding=ROUND_CEILING))


def break_even(
    fixed: Amount, running_fixed: Amount, today: Amount, tuned: Amount, months: int, compared_with: str
) -> BreakEven:
    """The break-even over the horizon.

    Args:
        fixed: all costs of tuning but inference, over the horizon.
        running_fixed: the part of them that goes on: hosting.
        today: USD of one request the way it is done today.
        tuned: USD of one request to the tuned model.
        months: the horizon.
        compared_with: today's way, in words.
    """
    for amount in (fixed, today, tuned):
        if isinstance(amount, Unknown):
            text = f"Cannot be said: {amount.reason}."
            return BreakEven(verdict="unknown", requests_per_day=None, text=text, compared_with=compared_with)
    assert isinstance(fixed, Range)
    assert isinstance(today, Range)
    assert isinstance(tuned, Range)
    days = horizon_days(months)
    expected = crossing(fixed.expected, days, today.expected, tuned.expected)
    ends = [(today.low, tuned.low), (today.expected, tuned.expected), (today.high, tuned.high)]
    low = crossing(fixed.low, days, *max(ends, key=lambda x: x[0] - x[1]))
    high = crossing(fixed.high, days, *min(ends, key=lambda x: x[0] - x[1]))
    running = None
    if isinstance(running_fixed, Range):
        running = crossing(running_fixed.expected, days, today.expected, tuned.expected)
    return BreakEven(
        verdict="never" if expected is None else "always" if expected == 0 else "from",
        requests_per_day=expected,
        low=low,
        high=high,
        running_costs_only=running,
        text=_words((low, expected, high), running, today, tuned, months, compared_with),
        compared_with=compared_with,
    )


def _words(
    cases: tuple[int | None, int | None, int | None],
    running: int | None,
    today: Range,
    tuned: Range,
    months: int,
    what: str,
) -> str:
    low, expected, high = cases
    per_1000 = f"{usd(tuned.expected * 1000)} per 1,000 requests tuned, {usd(today.expected * 1000)} today"
    if tuned.high == today.high == 0:
        return f"Nobody is paid for a request either way ({what}): tuning pays here by being better, not cheaper."
    if expected is None:
        text = f"Never on cost over {months} months: {per_1000} ({what})."
        if low is not None:
            text += f" Only in the best case, from {low:,} requests a day."
        return text
    if expected == 0:
        return f"At any volume: {per_1000} ({what})."
    span = ""
    if (low, high) != (expected, expected):
        span = f" ({'never' if low is None else f'{low:,}'} to {'never' if high is None else f'{high:,}'})"
    text = f"From about {expected:,} requests a day{span} over {months} months: {per_1000} ({what})."
    if running is not None and running < expected:
        text += f" Hosting alone: from about {running:,} a day." if running else " Each request saves from the first."
    return text
