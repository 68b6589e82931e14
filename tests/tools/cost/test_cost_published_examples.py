"""Price examples that providers published, and where ours differs and why."""

from datetime import date
from decimal import Decimal

from tools.cost import CostEstimate, CostRequest, estimate
from tools.cost.money import exactly

TODAY = date(2026, 11, 21)
AZURE = "https://learn.microsoft.com/azure/foundry/openai/how-to/fine-tuning-cost-management"  # text of 2026-03-19
OPENAI = "https://platform.openai.com/docs/guides/fine-tuning/estimate-costs"
TOGETHER = "https://docs.together.ai/docs/fine-tuning-pricing"


def ask(**changes: object) -> CostEstimate:
    plain = {"labour_hours": 0, "retrain_per_year": 0, "further_runs": 0, "eval_examples": 0, "today": TODAY}
    return estimate(CostRequest(**{**plain, **changes}))  # type: ignore[arg-type]


def test_azure_supervised_example_uses_the_inference_rate() -> None:
    # AZURE: gpt-4.1, global, 1 million tokens, 2 epochs: "$2 / 1M x 1M x 2 = $4".
    # 2.00 is what a million input tokens cost to *ask*. The training meter of the price list is 25.00: 1 x 2 x 25 = 50.
    e = ask(provider="azure", model="gpt-4.1", tier="global", training_tokens=1_000_000, n_epochs=2)
    assert e.training_usd.expected == Decimal(50)
    asked = next(
        p
        for p in ask(provider="azure", model="gpt-4.1", prompt_tokens=1, completion_tokens=1).prices
        if p.what.startswith("tuned input")
    )
    assert 1 * 2 * asked.usd == Decimal(4)


def test_azure_reinforcement_example_without_a_model_that_grades() -> None:
    # AZURE: "4 x 100 = $200", and two lines below "$400.00". Four times a hundred is four hundred.
    e = ask(provider="azure", model="o4-mini", training_hours=4)
    assert e.training_usd.expected == Decimal(400)


def test_azure_reinforcement_example_with_a_model_that_grades() -> None:
    # AZURE: 4 x 100 + 5 x 1.1 + 4.9 x 4.4 = 427.06, at the global rates of o3-mini.
    # The same page says grading is billed at data-zone rates; the price list's grading meters are 1.21 and 4.84:
    # 400 + 6.05 + 23.716 = 429.77, that is 2.71 more.
    e = ask(
        provider="azure",
        model="o4-mini",
        training_hours=4,
        grader="o3-mini",
        grader_input_tokens=5_000_000,
        grader_output_tokens=4_900_000,
    )
    assert e.training_usd.expected == Decimal("429.77")
    assert Decimal("429.77") - Decimal("427.06") == Decimal("2.71")


def test_azure_monthly_use() -> None:
    # AZURE: 1.70 x 30 x 24 + 20 x 1.10 + 40 x 4.40 = 1,224 + 198 = 1,422.00 for 10,000 conversations.
    # Ours takes the mean month of 730 hours: 1,241 + 198 = 1,439.00, that is 17.00 more (ten hours).
    per_day = Decimal(10_000) * 12 / 365
    e = ask(
        provider="azure",
        model="o4-mini",
        training_hours=1,
        requests_per_day=per_day,
        prompt_tokens=2000,
        completion_tokens=4000,
        cached_share=0,
    )
    assert e.inference_usd_per_month.expected == Decimal("198.00")
    assert e.hosting_usd_per_month.expected == Decimal("1241.00")


def test_openai_hundred_thousand_tokens_three_epochs() -> None:
    # OPENAI: "~$2.40" at gpt-3.5-turbo's 8.00 per million. That base ended; by the same rule gpt-4o-mini is
    # 0.1 x 3 x 3.00 = 0.90.
    assert exactly(100_000).expected * 3 * 8 / 1_000_000 == Decimal("2.40")
    e = ask(provider="openai", model="gpt-4o-mini", training_tokens=100_000, n_epochs=3)
    assert e.training_usd.expected == Decimal("0.90")


def test_together_counts_training_and_validation() -> None:
    # TOGETHER: 8,192 x 8 x 1,000 steps = 65,536,000 and 10 evaluations of a million = 75,536,000 tokens, without a sum.
    # At the rate noted for Qwen3.5-9B, 0.34: 25.68.
    e = ask(
        provider="together",
        model="Qwen3.5-9B",
        training_tokens=8192 * 8 * 1000,
        n_epochs=1,
        validation_tokens=1_000_000,
        n_evaluations=10,
    )
    assert e.training_usd.expected == Decimal("25.68")


def test_hugging_face_counts_a_month_as_730_hours_too() -> None:
    # https://huggingface.co/docs/inference-endpoints/support/pricing: "instance hourly rate x 730 hr"; one small GPU
    # without its spikes is 0.50 x 730 = 365.00. (Its first example multiplies with 0.064 where the rate is 0.067.)
    e = ask(provider="hf", model="smollm2-1.7b-instruct")
    assert e.hosting_usd_per_month.expected == Decimal("365.00")
