"""Preference pairs, all weights, and going on from an earlier adapter: over the same wire."""

from typing import Any

import openai
import pytest
from engine_helpers import BEFORE, PATIENT, ROWS, TAUGHT, finished, jsonl, living_in, supervised

from tools.engine import jobs

pytestmark = [pytest.mark.slow, PATIENT]
QUESTION: Any = [{"role": "user", "content": "Question 7 about my bill"}]


def train(client: openai.OpenAI, rows: list[dict[str, Any]], model: str = "tiny", **more: Any) -> Any:
    file = client.files.create(file=("train.jsonl", jsonl(rows)), purpose="fine-tune")
    job = finished(client, client.fine_tuning.jobs.create(model=model, training_file=file.id, **more).id)
    assert job.status == "succeeded", job.error
    return job


def answer(client: openai.OpenAI, model: str) -> str:
    made = client.chat.completions.create(model=model, messages=QUESTION, max_tokens=8)
    return str(made.choices[0].message.content)


def test_preference_pairs_move_the_model_to_the_preferred_answer(client: openai.OpenAI) -> None:
    pairs = [
        {
            "input": {"messages": row["messages"][:1]},
            "preferred_output": [{"role": "assistant", "content": TAUGHT}],
            "non_preferred_output": [{"role": "assistant", "content": BEFORE}],
        }
        for row in ROWS
    ]
    hyperparameters = {"n_epochs": 4, "beta": 0.2, "learning_rate_multiplier": 200}
    job = train(client, pairs, method={"type": "dpo", "dpo": {"hyperparameters": hyperparameters}})
    metrics = [e.data for e in client.fine_tuning.jobs.list_events(job.id, limit=100) if e.type == "metrics"]
    assert metrics[0]["train_reward_accuracy"] == 1
    assert metrics[0]["train_reward_margin"] > metrics[-1]["train_reward_margin"]
    assert job.method.dpo.hyperparameters.beta == 0.2
    assert answer(client, job.fine_tuned_model) == TAUGHT
    header = client.files.content(job.result_files[0]).text.splitlines()[0]
    assert "train_reward_accuracy" in header


def test_a_reward_teaches_what_no_answer_was_given_for(client: openai.OpenAI) -> None:
    rows = [{"messages": row["messages"][:1], "answer": TAUGHT} for row in ROWS]
    grader = {
        "type": "text_similarity",
        "name": "alike",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
        "evaluation_metric": "fuzzy_match",
    }
    hyperparameters = {
        "n_epochs": 4,
        "learning_rate_multiplier": 100,
        "answer_tokens": 8,
        "answers_per_prompt": 16,  # the tiny model hardly varies: with fewer it may never meet a better answer
        "threads": 1,
    }
    method: Any = {
        "type": "reinforcement",
        "reinforcement": {"grader": grader, "hyperparameters": hyperparameters},
    }
    job = train(client, rows, method=method)
    metrics = [e.data for e in client.fine_tuning.jobs.list_events(job.id, limit=100) if e.type == "metrics"]
    rewards = [m["train_reward_mean"] for m in metrics][::-1]
    assert sum(rewards[:8]) / 8 < 0.5
    assert sum(rewards[-8:]) / 8 > 0.9
    assert answer(client, job.fine_tuned_model) == TAUGHT


def test_all_weights_can_be_trained_and_an_earlier_model_gone_on_from(client: openai.OpenAI) -> None:
    full = train(client, ROWS, method=supervised(n_epochs=4, full=True, learning_rate_multiplier=100))
    assert answer(client, full.fine_tuned_model) == TAUGHT
    back = [{"messages": [*row["messages"][:1], {"role": "assistant", "content": BEFORE}]} for row in ROWS]
    again = train(
        client, back, full.fine_tuned_model, method=supervised(n_epochs=4, learning_rate_multiplier=10), suffix="back"
    )
    assert again.fine_tuned_model.startswith("ft:tiny:back:")
    assert answer(client, again.fine_tuned_model) == BEFORE
    third = train(client, ROWS, again.fine_tuned_model, method=supervised(n_epochs=4, learning_rate_multiplier=10))
    assert answer(client, third.fine_tuned_model) == TAUGHT


def test_the_same_seed_and_data_give_the_same_adapter(client: openai.OpenAI, tiny_home: Any) -> None:
    made = [train(client, ROWS[:16], method=supervised(n_epochs=1, threads=1), seed=5) for _ in range(2)]
    with living_in(tiny_home):
        folders = [jobs.get(job.id).folder / "adapter" for job in made]
    one, two = ((folder / "adapter_model.safetensors").read_bytes() for folder in folders)
    assert one == two
