"""Hand-worked sums, one for each provider and each special rule, with the arithmetic in sight."""

from datetime import date
from decimal import Decimal

import pytest

from tools.cost import CostEstimate, CostRequest, estimate, worst_case_training_usd
from tools.cost.break_even import break_even
from tools.cost.money import Range, exactly
from tools.cost.training import auto_epochs
from tools.errors import InputError, RefusedError

TODAY = date(2026, 11, 21)


def ask(**changes: object) -> CostEstimate:
    """A 1,000,000-token file, three epochs, nobody's time, no repeats: only what the provider charges."""
    plain = {
        "training_tokens": 1_000_000,
        "n_epochs": 3,
        "prompt_tokens": 2000,
        "completion_tokens": 300,
        "requests_per_day": 0,
        "labour_hours": 0,
        "labour_usd_per_hour": 0,
        "retrain_per_year": 0,
        "further_runs": 0,
        "eval_examples": 0,
        "today": TODAY,
    }
    return estimate(CostRequest(**{**plain, **changes}))  # type: ignore[arg-type]


class TestTraining:
    @pytest.mark.parametrize(
        ("provider", "model", "tier", "usd"),
        [
            # 1 million tokens x 3 epochs x the rate per million
            ("openai", "gpt-4.1", None, "75.00"),  # 3 x 25.00
            ("openai", "gpt-4.1-mini", None, "15.00"),  # 3 x 5.00
            ("openai", "gpt-4o-mini", None, "9.00"),  # 3 x 3.00
            ("azure", "gpt-4.1-mini", "global", "15.00"),  # 3 x 5.00
            ("azure", "gpt-4.1-mini", "developer", "7.50"),  # 3 x 2.50
            ("azure", "gpt-4.1-mini", "data_zone", "16.50"),  # 3 x 5.50
            ("azure", "gpt-4.1-nano", "global", "4.50"),  # 3 x 1.50
            ("azure", "gpt-oss-20b", "global", "10.80"),  # 3 x 3.60
            ("azure", "Llama-3.3-70B-Instruct", "data_zone", "14.85"),  # 3 x 4.95
            ("local", "smollm2", None, "0"),
            ("google", "gemini-3.5-flash", None, "30.00"),  # 3 x 10.00
            ("together", "gpt-oss-20b", None, "1.20"),  # 3 x 0.40, no minimum
            ("together", "Qwen3.5-9B", "full", "1.14"),  # 3 x 0.38
            ("fireworks", "qwen3-8b", None, "1.50"),  # 3 x 0.50
            ("fireworks", "gemma-4-31b-it", None, "9.00"),  # 3 x 3.00
            ("mistral", "classifier", None, "4.00"),  # 3 x 1.00 is below the minimum of 4.00 a job
        ],
    )
    def test_tokens_times_epochs_times_rate(self, provider: str, model: str, tier: str | None, usd: str) -> None:
        e = ask(provider=provider, model=model, tier=tier)
        assert e.training_usd.low == e.training_usd.expected == e.training_usd.high == Decimal(usd)

    def test_the_rate_differs_by_region_so_the_sum_is_a_range(self) -> None:
        e = ask(provider="azure", model="gpt-4.1", tier="regional")
        # 3 million x 27.50 to 33.00 per million; the middle is 30.25
        spread = e.training_usd
        assert (spread.low, spread.expected, spread.high) == (Decimal("82.50"), Decimal("90.75"), Decimal("99.00"))

    @pytest.mark.parametrize(("examples", "epochs"), [(10, 10), (50, 3), (20_000, 1), (3, 25), (2340, 3), (8334, 2)])
    def test_epochs_chosen_by_the_size_of_the_file(self, examples: int, epochs: int) -> None:
        assert auto_epochs(examples) == epochs

    def test_epochs_not_given_are_a_range_and_named_as_a_default(self) -> None:
        e = ask(provider="openai", model="gpt-4.1-mini", n_epochs=None, examples=2340)
        # 1 million tokens x 2, 3 and 5 epochs x 5.00
        spread = e.training_usd
        assert (spread.low, spread.expected, spread.high) == (Decimal(10), Decimal(15), Decimal(25))
        assert next(a for a in e.assumptions if a.name == "n_epochs").origin == "default"

    def test_tokens_of_another_tokenizer_are_a_range(self) -> None:
        e = ask(provider="azure", model="gpt-oss-20b", tokens_exact=False)
        # 10.80 less and more 30 %
        assert (e.training_usd.low, e.training_usd.high) == (Decimal("7.56"), Decimal("14.04"))

    def test_reinforcement_hours_and_grader_tokens(self) -> None:
        # Four hours x 100 + grading 5 million in x 1.21 + 4.9 million out x 4.84 = 400 + 6.05 + 23.716
        e = ask(
            provider="azure",
            model="o4-mini",
            training_hours=4,
            grader="o4-mini",
            grader_input_tokens=5_000_000,
            grader_output_tokens=4_900_000,
        )
        assert e.training_usd.expected == Decimal("429.77")

    def test_reinforcement_without_hours_is_unknown_not_zero(self) -> None:
        e = ask(provider="azure", model="o4-mini")
        assert e.training_usd.expected is None
        assert "charged by the hour" in e.training_usd.unknown[0]
        assert e.total_usd.expected is None

    def test_reinforcement_beyond_the_sum_where_it_pauses_says_so(self) -> None:
        # 60 hours x 100 = 6,000: at 5,000 it pauses, and resumed it has no further cap
        e = ask(provider="azure", model="o4-mini", training_hours=60)
        assert e.training_usd.expected == Decimal(6000)
        job = next(c for c in e.components if c.name == "training")
        assert "(pauses itself at $5,000.00 per job)" in job.arithmetic

    def test_bedrock_publishes_the_base_and_not_the_training(self) -> None:
        # 365,000 requests x (2,000 x 0.06 + 300 x 0.24) / 1 million = 365,000 x 0.000192
        e = ask(provider="bedrock", model="nova-lite", requests_per_day=1000, cached_share=0)
        assert e.baseline_usd.expected == Decimal("70.08")
        assert e.training_usd.expected is None
        assert e.total_usd.expected is None

    def test_every_part_of_the_sum_opens_the_figures_in_it(self) -> None:
        e = ask(provider="azure", model="gpt-4.1-mini", requests_per_day=1000, cached_share=0, eval_examples=10)
        by_part = {c.name: {p.what.split(",")[0] for p in c.prices} for c in e.components}
        assert by_part["training"] == {"training"}
        assert by_part["hosting"] == {"hosting"}
        assert by_part["inference"] == {"tuned input", "tuned output"}
        assert by_part["evaluation"] == {"base input", "base output", "tuned input", "tuned output"}

    def test_a_changed_assumption_counts_and_is_named_as_given(self) -> None:
        # one retraining a year x 4 hours x 50 an hour, instead of 8 hours
        e = ask(
            provider="local", model="smollm2", retrain_per_year=1, labour_usd_per_hour=50, assumed={"retrain_hours": 4}
        )
        assert e.retraining_usd.expected == Decimal(200)
        assert next(a for a in e.assumptions if a.name == "retrain_hours").origin == "given"

    def test_together_charges_for_validation_and_trains_one_epoch_unless_told(self) -> None:
        # 10 million x 2 epochs x 0.40
        assert ask(
            provider="together", model="gpt-oss-20b", training_tokens=10_000_000, n_epochs=2
        ).training_usd.expected == Decimal("8.00")
        # (3 million + 2 evaluations x 100,000) x 0.40 per million
        e = ask(provider="together", model="gpt-oss-20b", validation_tokens=100_000, n_evaluations=2)
        assert e.training_usd.expected == Decimal("1.28")
        assert ask(provider="together", model="gpt-oss-20b", n_epochs=None).training_usd.expected == Decimal("0.40")

    def test_validation_is_free_where_the_provider_says_so(self) -> None:
        e = ask(provider="openai", model="gpt-4.1-mini", validation_tokens=1_000_000)
        assert e.training_usd.expected == Decimal(15)

    def test_preference_tuning_has_its_own_rate_and_reinforcement_of_small_bases_is_free_at_fireworks(self) -> None:
        assert ask(provider="fireworks", model="qwen3-8b", technique="dpo").training_usd.expected == Decimal(3)
        assert ask(provider="fireworks", model="qwen3-8b", technique="rft").training_usd.expected == 0

    def test_a_minimum_is_known_even_where_the_rate_is_not(self) -> None:
        e = ask(provider="mistral", model="text")
        assert e.training_usd.expected is None
        assert e.training_usd.at_least == Decimal(4)

    def test_gpu_hours(self) -> None:
        e = ask(provider="huggingface_jobs", model="qwen3-8b", training_hours=2, gpu="a100-large")
        assert e.training_usd.expected == Decimal("5.00")  # 2 x 2.50
        own = ask(provider="own_gpu", model="qwen3-8b", training_hours=3, gpu="l40s", gpu_usd_per_hour=2)
        assert own.training_usd.expected == Decimal("6.00")
        assert ask(provider="own_gpu", model="qwen3-8b", gpu="l4").training_usd.expected is None

    def test_gpu_hours_by_the_formula(self) -> None:
        # 8.19e9 parameters x (4 + 2) operations x 3 million tokens = 1.474e17; at 0.30 x 362e12 a second
        # = 1,357.5 s = 0.3771 h, and 0.2 h to set up, on one L40S at 1.80
        e = ask(provider="huggingface_jobs", model="qwen3-8b", gpu="l40sx1")
        assert e.training_usd.expected == Decimal("1.04")

    def test_a_base_whose_size_nobody_said_is_unknown(self) -> None:
        e = ask(provider="own_gpu", model="any")
        assert "give parameters_b" in e.training_usd.unknown[0]
        assert ask(provider="own_gpu", model="any", parameters_b=8).training_usd.expected is not None

    def test_a_base_without_a_published_rate_is_unknown_not_zero(self) -> None:
        e = ask(provider="azure", model="Qwen3-32B")
        assert e.training_usd.expected is None
        assert "no published price" in e.training_usd.unknown[0]
        assert e.hosting_usd_per_month.expected is None


class TestHosting:
    def test_foundry_charges_by_the_hour_used_or_not(self) -> None:
        e = ask(provider="azure", model="gpt-4.1-mini")
        assert e.hosting_usd_per_month.expected == Decimal("1241.00")  # 730 x 1.70
        assert any("used or not" in w for w in e.warnings)

    def test_openai_charges_nothing_while_idle(self) -> None:
        assert ask(provider="openai", model="gpt-4.1-mini").hosting_usd_per_month.expected == 0

    def test_a_developer_deployment_is_free_and_lives_a_day(self) -> None:
        e = ask(provider="azure", model="gpt-4.1-mini", tier="developer")
        assert e.hosting_usd_per_month.expected == 0
        assert any("lives 24 hours" in w for w in e.warnings)

    def test_rented_gpus_serve_around_the_clock(self) -> None:
        # 8.19 billion x 2 bytes x 1.3 = 21.3 GB fit one RTX 4090 (24 GiB): 730 x 0.34 to 0.74, the middle 0.54
        spread = ask(provider="own_gpu", model="qwen3-8b").hosting_usd_per_month
        assert (spread.low, spread.expected, spread.high) == (Decimal("248.20"), Decimal("394.20"), Decimal("540.20"))

    def test_a_large_base_takes_as_few_gpus_as_hold_it(self) -> None:
        # 70.55 x 2 x 1.3 = 183.4 GB fit one B200 (180 GiB = 193.3 GB): 730 x 5.98 to 7.15
        spread = ask(provider="own_gpu", model="llama-3.3-70b-instruct").hosting_usd_per_month
        assert (spread.low, spread.high) == (Decimal("4365.40"), Decimal("5219.50"))

    def test_an_endpoint_at_hugging_face_is_another_hire_than_the_job(self) -> None:
        # 21.3 GB fit one L4 (24 GiB): 730 x 0.80
        e = ask(provider="hf", model="qwen3-8b", gpu="h200", training_hours=1)
        assert e.hosting_usd_per_month.expected == Decimal("584.00")
        assert e.training_usd.expected == Decimal("5.00")

    def test_a_dedicated_deployment_at_fireworks(self) -> None:
        assert ask(provider="fireworks", model="qwen3-8b").hosting_usd_per_month.expected == Decimal(5840)  # 730 x 8.00

    def test_a_kept_model_at_mistral(self) -> None:
        assert ask(provider="mistral", model="classifier").hosting_usd_per_month.expected == Decimal(2)

    def test_hosting_that_nobody_publishes_is_unknown(self) -> None:
        for provider, model in (("together", "gpt-oss-20b"), ("bedrock", "nova-lite")):
            assert ask(provider=provider, model=model).hosting_usd_per_month.expected is None

    def test_gpt_4o_cannot_be_served_at_the_developer_tier(self) -> None:
        e = ask(provider="azure", model="gpt-4o", tier="developer")
        assert e.hosting_usd_per_month.expected is None


class TestInference:
    def test_a_month_of_requests(self) -> None:
        # 1,000 a day x 365/12 days x (2,000 x 0.80 + 300 x 3.20) / 1 million = 30,416.67 x 0.00256
        e = ask(provider="openai", model="gpt-4.1-mini", requests_per_day=1000, cached_share=0)
        assert e.inference_usd_per_month.expected == Decimal("77.87")

    def test_a_tuned_model_is_not_priced_as_its_base(self) -> None:
        e = ask(provider="openai", model="gpt-4.1-mini", requests_per_day=1000, cached_share=0)
        assert e.baseline_usd.expected == Decimal("467.20")  # 365,000 x (2,000 x 0.40 + 300 x 1.60) / 1 million
        assert e.inference_usd_per_month.expected * 12 > e.baseline_usd.expected  # type: ignore[operator]

    def test_cached_input(self) -> None:
        # half of 2,000 at 0.80, half at 0.20, 300 at 3.20: 0.0008 + 0.0002 + 0.00096 = 0.00196 x 30,416.67
        e = ask(provider="openai", model="gpt-4.1-mini", requests_per_day=1000, cached_share=0.5)
        assert e.inference_usd_per_month.expected == Decimal("59.62")

    def test_batches_at_half_price(self) -> None:
        # 2,000 x 0.40 + 300 x 1.60 = 0.00128 x 30,416.67
        e = ask(provider="openai", model="gpt-4.1-mini", requests_per_day=1000, batch_share=1)
        assert e.inference_usd_per_month.expected == Decimal("38.93")

    def test_half_in_batches(self) -> None:
        # (0.00256 + 0.00128) / 2 = 0.00192 x 30,416.67
        e = ask(provider="openai", model="gpt-4.1-mini", requests_per_day=1000, batch_share=0.5, cached_share=0)
        assert e.inference_usd_per_month.expected == Decimal("58.40")

    def test_a_batch_price_that_is_not_published_is_unknown(self) -> None:
        e = ask(provider="azure", model="gpt-4.1-mini", requests_per_day=1000, batch_share=1)
        assert e.inference_usd_per_month.expected is None

    def test_a_tuned_gemini_costs_one_and_a_half_times_its_base(self) -> None:
        # 2,000 x 1.50 x 1.5 + 300 x 9.00 x 1.5 = 0.0045 + 0.00405 = 0.00855 x 30,416.67
        e = ask(provider="google", model="gemini-3.5-flash", requests_per_day=1000, cached_share=0)
        assert e.inference_usd_per_month.expected == Decimal("260.06")

    def test_no_volume_no_sum(self) -> None:
        e = ask(provider="openai", model="gpt-4.1-mini", requests_per_day=None)
        assert e.inference_usd_per_month.unknown == ("the requests a day were not given",)
        # the job, and once more when the base retires
        assert e.total_usd.at_least == Decimal("30.00")


class TestBreakEven:
    def test_hosting_against_a_dearer_model_of_today(self) -> None:
        # Today gpt-4.1: 2,000 x 2 + 300 x 8 = 0.0064. Tuned mini: 2,000 x 0.40 + 300 x 1.60 = 0.00128. Saving 0.00512.
        # Hosting 12 x 1,241 = 14,892; training 15, and 15 again when the base retires within the year;
        # 14,922 / (365 x 0.00512) = 7,984.8 a day.
        e = ask(provider="azure", model="gpt-4.1-mini", baseline_model="gpt-4.1", cached_share=0)
        assert e.break_even_requests_per_day == 7985
        # Hosting alone: 14,892 / (365 x 0.00512) = 7,968.8 a day, about 242,000 a month
        assert e.break_even.running_costs_only == 7969

    def test_against_a_newer_cheaper_base_it_never_pays(self) -> None:
        # gpt-6-luna: 2,000 x 0.10 + 300 x 0.50 = 0.00035 a request, the tuned mini 0.00128
        e = ask(provider="azure", model="gpt-4.1-mini", baseline_model="gpt-6-luna", cached_share=0)
        assert e.break_even_requests_per_day is None
        assert e.break_even.verdict == "never"

    def test_a_shorter_prompt_at_openai(self) -> None:
        # Tuned 500 x 0.80 + 300 x 3.20 = 0.00136; today 2,000 x 0.40 + 300 x 1.60 = 0.00128: dearer, never.
        e = ask(provider="openai", model="gpt-4.1-mini", prompt_tokens=500, baseline_prompt_tokens=2000, cached_share=0)
        assert e.break_even.verdict == "never"

    def test_uncertain_tokens_are_the_same_for_both_ways(self) -> None:
        # Whatever a request turns out to be, the tuned one costs what today's costs: hosting is never earned back.
        unit = Range(Decimal("0.001"), Decimal("0.002"), Decimal("0.004"))
        even = break_even(exactly(100), exactly(100), unit, unit, 12, "today")
        assert (even.verdict, even.low, even.high) == ("never", None, None)

    def test_the_ends_of_the_range(self) -> None:
        # Fixed 365 to 730 over 365 days, savings of 0.001 to 0.003:
        # 1 / 0.003 = 333.3, 2 / 0.002 = 1,000, 2 / 0.001 = 2,000 a day
        fixed = Range(Decimal(365), Decimal(730), Decimal(730))
        today = Range(Decimal("0.002"), Decimal("0.004"), Decimal("0.006"))
        tuned = Range(Decimal("0.001"), Decimal("0.002"), Decimal("0.003"))
        even = break_even(fixed, exactly(0), today, tuned, 12, "today")
        assert (even.low, even.requests_per_day, even.high) == (334, 1000, 2000)

    def test_nothing_paid_and_nothing_dearer_is_always(self) -> None:
        e = ask(provider="local", model="smollm2", baseline_provider="openai", baseline_model="gpt-4.1-mini")
        assert e.break_even.verdict == "always"
        assert e.break_even_requests_per_day == 0

    def test_an_unknown_price_leaves_it_unknown(self) -> None:
        assert ask(provider="azure", model="Qwen3-32B").break_even.verdict == "unknown"


class TestRepeats:
    def test_each_retraining_costs_a_job_and_people(self) -> None:
        e = ask(
            provider="local", model="smollm2", retrain_per_year=4, months=6, labour_usd_per_hour=50, labour_hours=10
        )
        # 4 a year x half a year = 2; people 10 x 50 once, and 2 x 8 hours x 50
        assert e.labour_usd.expected == Decimal(500 + 800)
        assert e.retraining_usd.expected == Decimal(800)

    def test_the_base_retiring_within_the_horizon_counts_as_one_more(self) -> None:
        e = ask(provider="openai", model="gpt-4.1-mini", labour_usd_per_hour=0)
        assert e.retraining_usd.expected == Decimal(15)  # one job: it retires on 2027-01-14, within 12 months
        assert ask(provider="openai", model="gpt-4.1-mini", months=1).retraining_usd.expected == 0

    def test_evaluation_scores_base_and_tuned(self) -> None:
        e = ask(provider="openai", model="gpt-4.1-mini", eval_examples=200, cached_share=0)
        # 200 x (0.00128 + 0.00256)
        assert next(c for c in e.components if c.name == "evaluation").usd.expected == Decimal("0.77")

    def test_capital_and_operating_make_the_total(self) -> None:
        e = ask(provider="azure", model="gpt-4.1-mini", requests_per_day=1000, labour_hours=10, labour_usd_per_hour=50)
        assert e.capital_usd.expected == Decimal(500 + 15)
        assert e.capital_usd.expected + e.operating_usd.expected == e.total_usd.expected  # type: ignore[operator]


class TestLifetime:
    def test_openai_says_first_that_it_ends(self) -> None:
        e = ask(provider="openai", model="gpt-4.1-mini")
        assert e.summary.startswith("Served until 2027-01-14, 54 days from 2026-11-21")
        assert "2027-01-14" in e.warnings[0]
        assert any("2027-01-06" in w for w in e.warnings)
        assert e.lifetime.covers_horizon is False

    def test_pay_back_after_the_end_is_said(self) -> None:
        e = ask(
            provider="openai",
            model="gpt-4.1-mini",
            baseline_model="gpt-4.1",
            requests_per_day=10,
            labour_hours=10,
            labour_usd_per_hour=50,
        )
        # 515 once; 10 x 365/12 x (0.0064 - 0.00256) = 1.17 a month: decades
        assert e.lifetime.pays_back_in_time is False
        assert any("pay back" in w for w in e.warnings)

    def test_a_month_at_openai_is_covered(self) -> None:
        assert ask(provider="openai", model="gpt-4.1-mini", months=1).lifetime.covers_horizon is True

    @pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini"])
    def test_after_the_closing_day_it_is_refused(self, model: str) -> None:
        with pytest.raises(RefusedError, match="takes no new jobs"):
            ask(provider="openai", model=model, today=date(2027, 1, 6))

    def test_a_day_before_it_is_not(self) -> None:
        assert ask(provider="openai", model="gpt-4.1-mini", today=date(2027, 1, 5)).lifetime.days_left == 9


class TestNames:
    @pytest.mark.parametrize(
        ("provider", "name"),
        [
            ("openai", "ft:gpt-4.1-mini-2025-04-14:acme::B1x"),
            ("azure", "gpt-4.1-mini-2025-04-14.ft-0a1b2c"),
            ("Azure OpenAI", "GPT-4.1-mini"),
        ],
    )
    def test_a_tuned_id_and_an_alias_are_priced_as_their_base(self, provider: str, name: str) -> None:
        assert ask(provider=provider, model=name).model == "gpt-4.1-mini-2025-04-14"

    @pytest.mark.parametrize(
        ("model", "route"),
        [("gpt-4.1-nano", "Microsoft Foundry"), ("o4-mini", "Bedrock"), ("ft:o4-mini:a::b", "Bedrock")],
    )
    def test_what_ended_is_refused_with_the_next_route(self, model: str, route: str) -> None:
        with pytest.raises(RefusedError, match=f"ended at OpenAI on 2026-10-23.*{route}"):
            ask(provider="openai", model=model)

    def test_an_ended_offer_is_refused_with_the_next_route(self) -> None:
        with pytest.raises(RefusedError, match="Tune an open-weight base"):
            ask(provider="cohere", model="command-r")
        with pytest.raises(RefusedError, match=r"Gemini 3\.5"):
            ask(provider="google", model="gemini-2.5-flash")

    def test_an_unknown_model_is_never_priced(self) -> None:
        with pytest.raises(InputError, match=r"Did you mean 'gpt-4\.1-mini"):
            ask(provider="openai", model="gpt-4.1-minni")

    def test_an_unknown_provider_tier_and_technique(self) -> None:
        with pytest.raises(InputError, match="Did you mean 'azure'"):
            ask(provider="azzure", model="gpt-4.1")
        with pytest.raises(InputError, match="developer"):
            ask(provider="azure", model="gpt-4.1", tier="premium")
        with pytest.raises(RefusedError, match="It offers: sft"):
            ask(provider="openai", model="gpt-4o-mini", technique="dpo")

    def test_a_base_that_cannot_be_tuned(self) -> None:
        with pytest.raises(RefusedError, match="cannot be tuned"):
            ask(provider="openai", model="gpt-6-luna")


class TestCeiling:
    def test_a_tenth_above_the_high_end(self) -> None:
        r = CostRequest(provider="azure", model="gpt-4.1-mini", training_tokens=812_345, n_epochs=3, today=TODAY)
        # 812,345 x 3 x 5 / 1 million = 12.185175; x 1.1 = 13.4036925, rounded up
        assert worst_case_training_usd(r) == Decimal("13.41")

    def test_a_job_by_the_hour_is_taken_at_the_sum_where_it_pauses(self) -> None:
        assert worst_case_training_usd(CostRequest(provider="azure", model="o4-mini", today=TODAY)) == Decimal(5000)
        long = CostRequest(provider="azure", model="o4-mini", training_hours=60, today=TODAY)
        assert worst_case_training_usd(long) == Decimal(5000)  # 60 x 100 x 1.1 would be 6,600

    def test_nobody_is_paid_here(self) -> None:
        assert worst_case_training_usd(CostRequest(provider="local", model="smollm2", today=TODAY)) == 0

    def test_no_ceiling_on_an_unknown_price(self) -> None:
        with pytest.raises(RefusedError, match="no ceiling"):
            worst_case_training_usd(CostRequest(provider="azure", model="Qwen3-32B", training_tokens=5, today=TODAY))
