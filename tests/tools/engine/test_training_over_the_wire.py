"""The whole way through the official client: upload, train, watch, ask, delete."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest
from engine_helpers import BEFORE, PATIENT, ROWS, TAUGHT, WORDS, conversation, finished, jsonl, supervised

from tools.engine import control

pytestmark = PATIENT

BABBLE: Any = {
    "model": "tiny",
    "messages": [{"role": "user", "content": "hello"}],
    "temperature": 2,
    "seed": 1,
    "max_tokens": 12,
}
"""A hot, seeded draw: many tokens, the same each time."""


@pytest.fixture(scope="module")
def job(client: openai.OpenAI, training_file: str) -> Any:
    validation = client.files.create(file=("valid.jsonl", jsonl(ROWS[:6])), purpose="fine-tune")
    long = conversation("word " * 300, "billing")
    training = client.files.create(file=("train.jsonl", jsonl([*ROWS, long])), purpose="fine-tune")
    made = client.fine_tuning.jobs.create(
        model="tiny",
        training_file=training.id,
        validation_file=validation.id,
        suffix="zava",
        seed=3,
        method=supervised(n_epochs=4, learning_rate_multiplier=10, max_length=128),
        metadata={"ft_launch": "story", "case": "c1"},
    )
    return finished(client, made.id)


def test_a_job_succeeds_and_tells_what_it_did(client: openai.OpenAI, job: Any) -> None:
    assert job.status == "succeeded", job.error
    assert job.fine_tuned_model.startswith("ft:tiny:zava:")
    assert job.method.supervised.hyperparameters.n_epochs == 4
    assert job.method.supervised.hyperparameters.batch_size == 8
    assert job.trained_tokens > 0
    assert job.seed == 3
    cost = job.to_dict()["engine"]["cost"]
    assert cost["steps"] == 24
    assert cost["peak_rss_bytes"] > 1e8
    assert cost["user_cpu_s"] > 0


def test_events_tell_rows_left_out_and_the_curve(client: openai.OpenAI, job: Any) -> None:
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=7))  # pages of seven
    assert len({e.id for e in events}) == len(events) > 30
    assert [e.created_at for e in events] == sorted((e.created_at for e in events), reverse=True)
    warnings = [e.message for e in events if e.level == "warn"]
    assert any("1 of 49 training rows are longer than 128 tokens" in w and "left out" in w for w in warnings)
    assert any("6 validation rows stand in the training file too" in w for w in warnings)
    steps = [e.data for e in events if e.type == "metrics"][::-1]
    losses = [d["train_loss"] for d in steps if "train_loss" in d]
    assert len(losses) == 24
    assert losses[-1] < losses[0] / 4
    assert {"valid_loss", "valid_mean_token_accuracy", "seconds_left", "total_steps"} <= set(steps[-1])


def test_the_results_file_has_openais_columns(client: openai.OpenAI, job: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(client.files.content(job.result_files[0]).text)))
    assert set(rows[0]) == {"step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"}
    assert [int(r["step"]) for r in rows] == list(range(1, 25))
    assert rows[-1]["valid_loss"]


def test_a_checkpoint_an_epoch_that_can_be_asked(client: openai.OpenAI, job: Any) -> None:
    found = client.fine_tuning.jobs.checkpoints.list(job.id).data
    assert [c.step_number for c in found] == [24, 18, 12, 6]
    assert found[0].metrics.train_loss is not None
    assert found[0].metrics.full_valid_loss is not None
    model = found[0].fine_tuned_model_checkpoint
    assert answer(client, model, "Question 3 about my parcel") == TAUGHT


def test_the_tuned_model_answers_as_taught_and_the_base_does_not(client: openai.OpenAI, job: Any) -> None:
    for word in WORDS:
        question = f"Question 7 about my {word}"
        assert answer(client, job.fine_tuned_model, question) == TAUGHT
        assert answer(client, "tiny", question) == BEFORE


def test_an_answer_does_not_depend_on_who_else_asks(client: openai.OpenAI, job: Any) -> None:
    questions = [f"Question {i} about my {word}" * (1 + i % 3) for i in range(10) for word in WORDS]
    alone = [answer(client, "tiny", q) for q in questions]
    with ThreadPoolExecutor(30) as pool:
        together = list(pool.map(lambda q: answer(client, "tiny", q), questions))
    assert together == alone


def test_a_stream_is_the_same_answer_in_pieces(client: openai.OpenAI) -> None:
    asked = BABBLE | {"max_tokens": 4}
    whole = client.chat.completions.create(**asked)
    pieces = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert "".join(p.choices[0].delta.content or "" for p in pieces if p.choices) == whole.choices[0].message.content
    assert [p.choices[0].finish_reason for p in pieces if p.choices][-1] == whole.choices[0].finish_reason == "length"
    assert pieces[-1].usage == whole.usage
    assert whole.usage.completion_tokens == 4


def test_stop_texts_end_an_answer_and_are_not_shown(client: openai.OpenAI) -> None:
    free = client.chat.completions.create(**BABBLE).choices[0].message.content
    stop = free[2:4]
    cut = client.chat.completions.create(**BABBLE, stop=stop).choices[0]
    assert (cut.message.content, cut.finish_reason) == (free[: free.index(stop)], "stop")
    pieces = client.chat.completions.create(**BABBLE, stop=stop, stream=True)
    assert "".join(p.choices[0].delta.content or "" for p in pieces) == free[: free.index(stop)]


def test_a_seed_makes_sampling_repeatable(client: openai.OpenAI) -> None:
    def drawn(seed: int) -> str:
        return str(client.chat.completions.create(**BABBLE | {"seed": seed}).choices[0].message.content)

    assert drawn(1) == drawn(1)
    assert len({drawn(seed) for seed in range(4)}) > 1


def test_neither_server_nor_this_process_holds_torch(engine: control.Engine, job: Any) -> None:
    maps = Path(f"/proc/{engine.pid}/maps")
    if not maps.exists():
        pytest.skip("needs /proc to look into the server")
    assert "torch" not in maps.read_text()
    assert psutil.Process(engine.pid).memory_info().rss < 200e6


def test_the_log_holds_no_row(tiny_home: Path, job: Any) -> None:
    logs = [tiny_home / "engine" / "engine.log", *(tiny_home / "engine" / "jobs").glob("*/train.log")]
    assert len(logs) > 1
    for log in logs:
        assert "about my" not in log.read_text(errors="replace")


def test_a_deleted_model_is_gone_and_its_job_stays(client: openai.OpenAI, job: Any) -> None:
    assert job.fine_tuned_model in {m.id for m in client.models.list()}
    assert client.models.delete(job.fine_tuned_model).deleted
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve(job.fine_tuned_model)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "succeeded"
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete("tiny")


def answer(client: openai.OpenAI, model: str, question: str) -> str:
    messages: Any = [{"role": "user", "content": question}]
    made = client.chat.completions.create(model=model, messages=messages, max_tokens=8)
    return str(made.choices[0].message.content)
