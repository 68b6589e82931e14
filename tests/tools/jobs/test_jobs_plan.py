"""A plan says everything and hides nothing: origins, worst case, lifetime, what stands against it."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from wire_provider import Provider

from agent.said import said
from knowledge.said_words import LANGUAGES
from tools.errors import InputError, RefusedError, UnavailableError
from tools.jobs import datafiles, hyperparameters
from tools.jobs.approval import approve
from tools.jobs.models import Plan, PlanRequest, Technique
from tools.jobs.plan import get_plan, list_plans, propose

Make = Callable[..., Plan]


def write(path: Path, rows: int, answer: str = "On its way to you, order {i}.") -> Path:
    path.write_text(
        "".join(
            json.dumps(
                {
                    "messages": [
                        {"role": "user", "content": f"Where is order number {i}, sent to street {i * 7}?"},
                        {"role": "assistant", "content": answer.format(i=i)},
                    ]
                }
            )
            + "\n"
            for i in range(rows)
        )
    )
    return path


def test_every_hyperparameter_has_an_origin_and_a_rule(data: Path) -> None:
    plan = propose(PlanRequest(training_file=data, hyperparameters={"lora_r": 8}))
    origins = {p.name: p.origin for p in plan.hyperparameters}
    assert origins["n_epochs"] == "from data size"
    assert origins["lora_r"] == "given"
    assert origins["batch_size"] == "our measured recipe"
    assert all(p.rule for p in plan.hyperparameters)
    assert {p.name: p.value for p in plan.hyperparameters} == plan.envelope.hyperparameters


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (400, "about 100 steps for 400 rows"),
        (224, "about 100 steps for 224 rows"),
        (63, "32 steps, not about 100, for 63 rows: of 1 to 4 epochs, 4 is nearest"),
        (4000, "500 steps, not about 100, for 4000 rows: of 1 to 4 epochs, 1 is nearest"),
    ],
)
def test_the_rule_of_epochs_says_the_steps_that_will_run(rows: int, says: str) -> None:
    chosen = hyperparameters.choose("sft", "local", rows, {})
    rule = next(p.rule for p in chosen if p.name == "n_epochs")
    assert says in rule
    assert all(said(rule, language) != rule for language in LANGUAGES)


def test_rows_that_are_too_long_are_named_before_the_start(data: Path) -> None:
    rows = data.read_text().splitlines()
    row = json.loads(rows[0])
    row["messages"][0]["content"] *= 200
    data.write_text("\n".join([json.dumps(row), json.dumps(row), *rows]) + "\n")
    found = [w for w in propose(PlanRequest(training_file=data)).warnings if "max_length" in w]
    assert len(found) == 1
    assert found[0].startswith(f"2 of {len(rows) + 2} training rows are longer than max_length (512 tokens; ")
    assert "left out whole, question and answer" in found[0]
    assert all("max_length" in said(found[0], language) != found[0] for language in LANGUAGES)
    longer = PlanRequest(training_file=data, hyperparameters={"max_length": 65536})
    assert not [w for w in propose(longer).warnings if "max_length" in w]


def test_the_local_backend_offers_what_the_engine_trains() -> None:
    from tools.engine.wire import Method
    from tools.jobs.backends.local import LocalBackend
    from tools.jobs.models import METHODS

    trained = get_args(Method.model_fields["type"].annotation)
    assert {METHODS[t] for t in METHODS if t in LocalBackend.techniques} == set(trained)


def test_dpo_has_a_beta_and_sft_has_none() -> None:
    def names(technique: Technique) -> set[str]:
        return {p.name for p in hyperparameters.choose(technique, "local", 100, {})}

    assert "beta" in names("dpo")
    assert "beta" not in names("sft")
    with pytest.raises(InputError, match="no hyperparameter 'beta'"):
        hyperparameters.choose("sft", "local", 100, {"beta": 0.1})


@pytest.mark.parametrize(("rows", "epochs"), [(10, 10), (50, 3), (400, 3), (20_000, 1)])
def test_epochs_in_the_cloud_follow_the_published_rule(rows: int, epochs: int) -> None:
    chosen = {p.name: p for p in hyperparameters.choose("sft", "openai", rows, {})}
    assert chosen["n_epochs"].value == epochs
    assert chosen["batch_size"].value == "auto"
    assert chosen["batch_size"].origin == "provider default"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epochs": 3}, "no hyperparameter 'epochs'"),
        ({"lora_r": 3}, "no hyperparameter 'lora_r'"),
        ({"n_epochs": 0}, "between 1 and 50"),
        ({"n_epochs": 2.5}, "whole number"),
        ({"n_epochs": "many"}, "a number or auto"),
        ({"learning_rate_multiplier": True}, "between"),
        ({"batch_size": float("nan")}, "between"),
    ],
)
def test_a_hyperparameter_that_cannot_be_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        hyperparameters.choose("sft", "openai", 100, given)


def test_local_costs_nothing_and_says_what_that_means(data: Path) -> None:
    plan = propose(PlanRequest(training_file=data))
    assert plan.envelope.worst_case_usd == Decimal(0)
    assert "this computer's power and time are yours" in plan.price_notes[0]
    assert plan.minutes_low is not None
    assert "lives as long as you keep it" in plan.lifetime


def test_a_real_price_table_gives_expected_and_worst_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "k")
    data = write(tmp_path / "t.jsonl", 60)
    plan = propose(PlanRequest(training_file=data, backend="azure", base_model="gpt-4.1-mini", tier="developer"))
    assert plan.envelope.tier == "developerTier"
    assert plan.expected_usd is not None
    assert plan.envelope.worst_case_usd is not None
    assert 0 < plan.expected_usd <= plan.envelope.worst_case_usd
    assert any("developer tier" in note and "checked" in note for note in plan.price_notes)
    assert plan.retires_on is not None
    assert any("could not be asked" in w for w in plan.warnings)


def test_openai_asks_for_the_eligibility_in_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    data = write(tmp_path / "t.jsonl", 60)
    plan = propose(PlanRequest(training_file=data, backend="openai", base_model="gpt-4.1-mini-2025-04-14"))
    assert "eligibility" in [b.code for b in plan.blockers]
    with pytest.raises(RefusedError, match="2027-01-06"):
        approve(plan.id, plan.plan_digest, "ada", Decimal(10))


@pytest.mark.parametrize(("backend", "base"), [("together", "Qwen/Qwen3.5-9B"), ("google", "gemini-3.5-flash")])
def test_a_base_whose_tokenizer_is_not_known_here_is_priced_as_the_cost_tool_prices_it(
    data: Path, monkeypatch: pytest.MonkeyPatch, backend: str, base: str
) -> None:
    from tools.cost import CostRequest, estimate
    from tools.jobs import pricing
    from tools.tokens import count

    assert count(data, base).total_tokens is None
    found = pricing.price(
        backend=backend, base_model=base, technique="sft", tier=None, tokens=None, validation_tokens=None, n_epochs=3,
        dataset=data,
    )  # fmt: skip
    told = estimate(CostRequest(provider=backend, model=base, dataset=data, n_epochs=3)).training_usd
    assert (told.expected, told.high) == (found.expected_usd, told.high)
    assert found.worst_case_usd is not None
    assert told.high is not None
    assert found.worst_case_usd >= told.high > 0
    assert any("one epoch of the file" in note and " to " in note for note in found.notes)


def test_a_plan_prices_the_file_it_plans(data: Path, server: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.jobs import plan as planning

    asked = {}
    price = planning.pricing.price
    monkeypatch.setattr(planning.pricing, "price", lambda **given: asked.update(given) or price(**given))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)  # type: ignore[attr-defined]
    propose(PlanRequest(training_file=data, backend="openai", base_model="gpt-4.1-mini-2025-04-14"))
    assert (asked["dataset"], asked["validation"]) == (data, None)


def test_images_whose_cost_is_unknown_make_the_worst_case_unknown(tmp_path: Path) -> None:
    from tools.jobs import pricing

    image = {"type": "image_url", "image_url": {"url": "https://a.example/1.png"}}
    row = {"messages": [{"role": "user", "content": [image]}, {"role": "assistant", "content": "Yes"}]}
    file = tmp_path / "images.jsonl"
    file.write_text(f"{json.dumps(row)}\n" * 12)
    found = pricing.price(
        backend="openai", base_model="gpt-4o-2024-08-06", technique="sft", tier=None, tokens=None,
        validation_tokens=None, n_epochs=3, dataset=file,
    )  # fmt: skip
    assert found.worst_case_usd is None
    assert any("images" in note for note in found.notes)


def test_a_base_that_is_gone_cannot_be_planned_away_with_an_unknown_price(
    data: Path, server: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)  # type: ignore[attr-defined]
    plan = propose(PlanRequest(training_file=data, backend="openai", base_model="gpt-4.1-nano-2025-04-14"))
    gone = next(b for b in plan.blockers if b.code == "base_retired")
    assert (gone.overridable, gone.message) == (False, "the base was shut down on 2026-10-23")
    assert plan.lifetime == "The base was shut down on 2026-10-23, and with it every model tuned on it."


def test_errors_in_the_data_cannot_be_overridden(tmp_path: Path) -> None:
    data = write(tmp_path / "t.jsonl", 20)
    data.write_text(data.read_text() + '{"messages": [{"role": "user", "content": "no answer"}]}\n')
    plan = propose(PlanRequest(training_file=data))
    assert not plan.launchable
    blocker = next(b for b in plan.blockers if b.code.startswith("lint:"))
    assert "line 21" in blocker.message
    with pytest.raises(RefusedError):
        approve(plan.id, plan.plan_digest, "ada", Decimal(0), overrides={blocker.code: "I know what I am doing here"})


def test_held_out_examples_cannot_be_trained_on(tmp_path: Path) -> None:
    from tools.dataset import SplitRequest, split

    data = write(tmp_path / "all.jsonl", 60)
    parts = split(SplitRequest(path=data, out=tmp_path / "parts"))
    train = next(Path(p.path) for p in parts.parts if p.name == "train")
    assert propose(PlanRequest(training_file=train)).launchable
    plan = propose(PlanRequest(training_file=data))
    assert "held_out" in [b.code for b in plan.blockers]
    with pytest.raises(RefusedError, match="held-out"):
        approve(plan.id, plan.plan_digest, "ada", Decimal(0))


def test_the_same_request_is_the_same_plan(propose_one: Make) -> None:
    assert propose_one() == propose_one()
    assert len(list_plans()) == 1
    assert propose_one(seed=1).id != propose_one().id


def test_a_plan_is_found_by_id_and_by_digest(propose_one: Make) -> None:
    plan = propose_one()
    assert get_plan(plan.plan_digest) == get_plan(plan.id) == plan


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"backend": "nowhere"}, InputError, "no backend 'nowhere'"),
        ({"backend": "openai"}, UnavailableError, "Set OPENAI_API_KEY"),
        ({"backend": "azure"}, UnavailableError, "Set AZURE_OPENAI_ENDPOINT"),
        ({"base_model": None}, InputError, "needs a base model"),
        ({"tier": "developer"}, InputError, "has no training tiers"),
        ({"backend": "local", "technique": "rft"}, InputError, "rft needs a grader"),
    ],
)
def test_what_cannot_be_planned_is_said_in_one_line(
    propose_one: Make, changes: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        propose_one(**changes)


def test_training_on_the_validation_file_is_refused(propose_one: Make, data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(data.read_bytes())
    with pytest.raises(InputError, match="the validation file is the training file"):
        propose_one(validation_file=copy)


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no examples"):
        datafiles.keep(path, None)


def test_the_kept_copy_is_found_by_content(tmp_path: Path, home: Path) -> None:
    a, b = write(tmp_path / "a.jsonl", 5), write(tmp_path / "b.jsonl", 5)
    first, second = datafiles.keep(a, None), datafiles.keep(b, None)
    assert first == second
    assert [p.name for p in (home / "datasets").glob("*.jsonl")] == [f"{first.sha256}.jsonl"]
    assert datafiles.content(first) == a.read_bytes()


def test_the_plan_card_needs_no_secret(propose_one: Make) -> None:
    assert "sk-test" not in propose_one().model_dump_json()
