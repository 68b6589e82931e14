"""Money is exact, sums refuse an unknown, and a small sum is not shown as nothing."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.cost.money import Range, Spread, Unknown, add_up, cents, exactly, in_words, spread, total_spread, usd

amounts = st.decimals(min_value=0, max_value=10**9, places=6)


@pytest.mark.parametrize(
    ("exact", "shown"),
    [("0", "$0.00"), ("0.004", "$0.0040"), ("0.00512", "$0.0051"), ("1241", "$1,241.00"), ("27.055", "$27.06")],
)
def test_a_sum_for_people(exact: str, shown: str) -> None:
    assert usd(Decimal(exact)) == shown


def test_a_tenth_and_two_tenths_are_three_tenths() -> None:
    assert (exactly(Decimal("0.1")) + exactly(Decimal("0.2"))).expected == Decimal("0.3")


def test_an_unknown_part_makes_the_sum_unknown_and_names_what_is_known() -> None:
    total = total_spread([Range(Decimal(5), Decimal(10), Decimal(20)), Unknown("no price was found")])
    assert (total.low, total.expected, total.high) == (None, None, None)
    assert total.unknown == ("no price was found",)
    assert total.at_least == Decimal(5)


def test_nothing_known_is_not_at_least_zero() -> None:
    assert total_spread([Unknown("no price was found")]).at_least is None


def test_a_charge_known_to_be_the_least_counts_in_at_least() -> None:
    assert total_spread([Unknown("no rate", floor=Decimal(4))]).at_least == Decimal(4)


def test_each_reason_is_said_once() -> None:
    assert add_up([Unknown("why"), Unknown("why"), Unknown("other")])[2] == ("why", "other")


@pytest.mark.parametrize("bad", [(2, 1, 3), (1, 3, 2), (-1, 0, 1)])
def test_a_range_is_in_order_and_never_negative(bad: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="not a range"):
        Range(*map(Decimal, bad))


def test_words_for_a_sum_a_range_and_an_unknown() -> None:
    assert in_words(exactly(3)) == "$3.00"
    assert in_words(Range(Decimal(1), Decimal(2), Decimal(3))) == "$2.00 ($1.00 to $3.00)"
    assert in_words(Unknown("not published")) == "unknown (not published)"


def test_json_has_numbers_to_the_cent() -> None:
    assert spread(exactly(Decimal("12.175"))).model_dump(mode="json")["expected"] == 12.18


@settings(deadline=None)
@given(amounts)
def test_what_is_not_zero_is_never_rounded_to_zero_above_a_two_hundredth_of_a_cent(value: Decimal) -> None:
    if value >= Decimal("0.00005"):
        assert cents(value) > 0


@settings(deadline=None)
@given(amounts, amounts)
def test_rounding_keeps_order(a: Decimal, b: Decimal) -> None:
    low, high = sorted((a, b))
    assert cents(low) <= cents(high)


@settings(deadline=None)
@given(st.lists(st.tuples(amounts, amounts, amounts), min_size=1, max_size=6), st.booleans())
def test_a_sum_of_ranges_is_a_range_and_an_unknown_anywhere_removes_it(parts: list[tuple], unknown: bool) -> None:
    items = [Range(*sorted(p)) for p in parts]
    total = total_spread([*items, *([Unknown("x")] if unknown else [])])
    assert isinstance(total, Spread)
    if unknown:
        assert not total.known
    else:
        assert total.low <= total.expected <= total.high  # type: ignore[operator]
