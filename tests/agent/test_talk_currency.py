"""A budget in another currency: said back, never counted as dollars, never converted."""

import asyncio

import pytest

from agent.ask import question_for
from agent.case import Case
from agent.events import Said
from agent.extract import detect, extract
from agent.extract.foreign import foreign_budget
from agent.extract.reply import read_reply
from agent.turn import Conversation

FOREIGN = [
    ("Our budget is 5000 euros.", "5000 euros"),
    ("we have a budget of £400", "£400"),
    ("budget: CHF 500", "CHF 500"),
    ("Budget 2.000 Euro, sechs Wochen Zeit.", "2.000 Euro"),
    ("Budget: 3000 Franken", "3000 Franken"),
    ("tenemos un presupuesto de 2000 euros", "2000 euros"),
    ("notre budget est de 1 500 euros", "1 500 euros"),
    ("预算3万元", "3万元"),
]
DOLLARS = [
    ("Our budget is $5,000.", 5000),
    ("budget 5400 USD", 5400),
    ("budget's tight, three hundred bucks tops", 300),
    ("Budget: 3000 Dollar", 3000),
    ("tenemos 2.000 dólares y seis semanas", 2000),
    ("nous avons 2 000 dollars en tout", 2000),
    ("预算500美元", 500),
    ("US$ 700 in total", 700),
]


@pytest.mark.parametrize(("text", "named"), FOREIGN)
def test_a_foreign_budget_is_no_dollars_and_is_said_back(text: str, named: str) -> None:
    async def told() -> tuple[Case, str]:
        talk, said = Conversation(Case()), ""
        async for event in talk.say(text):
            said += event.text if isinstance(event, Said) else ""
        return talk.case, said

    case, said = asyncio.run(told())
    assert "budget_usd" not in case.facts
    assert named in said
    assert "USD" in said or "美元" in said


@pytest.mark.parametrize(("text", "usd"), DOLLARS)
def test_a_budget_in_dollars_is_a_fact(text: str, usd: float) -> None:
    language = detect(text)
    assert extract(text, language)["budget_usd"].value == usd
    assert foreign_budget(text, language) == ""


@pytest.mark.parametrize(
    "text", ["What does it cost in euros?", "if we had 5000 euros of budget", "we sell for 20 euros"]
)
def test_a_sum_that_is_no_budget_is_left_alone(text: str) -> None:
    assert foreign_budget(text) == ""


def test_another_dollar_is_not_the_us_one() -> None:
    assert "budget_usd" not in extract("our budget: R$ 3000")
    assert "budget_usd" not in extract("HK$ 3000 in total")


def test_an_answer_in_another_currency_is_no_answer() -> None:
    question = question_for("budget_usd")
    assert read_reply("5000 euros", question) is None
    assert read_reply("5000", question) == 5000
    assert foreign_budget("5000 euros", asked=True) == "5000 euros"
