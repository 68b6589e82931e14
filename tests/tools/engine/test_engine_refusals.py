"""What the engine refuses, said in OpenAI's shape, so that the official client raises the right error."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import openai
import pytest
from engine_helpers import PATIENT, ROWS, conversation, finished, jsonl, supervised

from tools.engine import control

pytestmark = PATIENT

NOBODY: Any = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.files.retrieve("file-none"),
        lambda c: c.files.content("file-none"),
        lambda c: c.files.delete("file-none"),
        lambda c: c.fine_tuning.jobs.retrieve("ftjob-none"),
        lambda c: c.fine_tuning.jobs.cancel("ftjob-none"),
        lambda c: c.fine_tuning.jobs.list_events("ftjob-none"),
        lambda c: c.fine_tuning.jobs.checkpoints.list("ftjob-none"),
        lambda c: c.fine_tuning.jobs.retrieve("..%2f..%2fengine"),
        lambda c: c.models.retrieve("none"),
        lambda c: c.models.retrieve("ft:tiny::none"),
        lambda c: c.models.delete("ft:tiny::none"),
        lambda c: c.chat.completions.create(model="none", messages=NOBODY),
        lambda c: c.get("/nothing/here", cast_to=object),
    ],
)
def test_what_does_not_exist_is_404(client: openai.OpenAI, call: Callable[[openai.OpenAI], Any]) -> None:
    with pytest.raises(openai.NotFoundError) as e:
        call(client)
    assert e.value.body["message"]


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "empty_file", "empty"),
        (b"not json at all", "invalid_jsonl", "Line 1"),
        (b'{"messages": []}\n[1, 2]\n', "invalid_jsonl", "Line 2"),
        (b'{"messages": []}\n' * 16 + b'{"messages": [', "invalid_jsonl", "Line 17"),
        (b"PK\x03\x04\xff\xfe\x00" * 9, "invalid_jsonl", "Line 1"),
        (b"x" * (8 * 1024 * 1024 + 2), "line_too_long", "Line 1"),
    ],
    ids=["empty", "text", "array", "line 17", "zip", "long line"],
)
def test_a_corrupt_upload_names_the_line_and_leaves_nothing(
    client: openai.OpenAI, tiny_home: Any, content: bytes, code: str, says: str
) -> None:
    before = {f.id for f in client.files.list()}
    with pytest.raises(openai.BadRequestError, match=says) as e:
        client.files.create(file=("train.jsonl", content), purpose="fine-tune")
    assert (e.value.code, e.value.param) == (code, "file")
    assert {f.id for f in client.files.list()} == before
    assert not list((tiny_home / "engine" / "files").glob(".*"))


def test_other_purposes_are_refused(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as e:
        client.files.create(file=("train.jsonl", jsonl(ROWS)), purpose="assistants")
    assert e.value.param == "purpose"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"training_file": "file-none"}, "training_file"),
        ({"validation_file": "file-none"}, "validation_file"),
        ({"method": supervised(n_epochs=0)}, "method.supervised.hyperparameters.n_epochs"),
        ({"method": supervised(batch_size="many")}, "method.supervised.hyperparameters.batch_size"),
        ({"method": supervised(dropout=0.1)}, "method.supervised.hyperparameters.dropout"),
        ({"method": {"type": "magic"}}, "method.type"),
        ({"metadata": {"lora_r": "0"}}, "method.supervised.hyperparameters.lora_r"),
        ({"method": supervised(beta=0.1)}, "method.supervised.hyperparameters.beta"),
        ({"method": {"type": "reinforcement"}}, "method.reinforcement.grader"),
        (
            {"method": {"type": "reinforcement", "reinforcement": {"grader": {"type": "score_model"}}}},
            "method.reinforcement.grader",
        ),
        ({"suffix": "a/b"}, "suffix"),
        ({"suffix": "x" * 65}, "suffix"),
        ({"seed": -1}, "seed"),
        ({"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]}, "integrations"),
    ],
)
def test_a_bad_request_names_the_field(
    client: openai.OpenAI, training_file: str, changes: dict[str, Any], param: str
) -> None:
    before = len(client.fine_tuning.jobs.list(limit=100).data)
    with pytest.raises(openai.BadRequestError) as e:
        client.fine_tuning.jobs.create(**{"model": "tiny", "training_file": training_file, **changes})
    assert e.value.param == param
    assert len(client.fine_tuning.jobs.list(limit=100).data) == before


PREFERENCE = {
    "input": {"messages": NOBODY},
    "preferred_output": [{"role": "assistant", "content": "a"}],
    "non_preferred_output": [{"role": "assistant", "content": "b"}],
}


@pytest.mark.parametrize(
    ("rows", "code", "says"),
    [
        ([PREFERENCE], "invalid_training_file", "line 1 holds a preference pair: train it with the method 'dpo'"),
        ([{}], "invalid_training_file", "line 1 has no 'messages'"),
        ([*ROWS, {"messages": NOBODY}], "invalid_training_file", "line 49 has no assistant message"),
        ([{"prompt": "a", "completion": "b"}], "invalid_training_file", "old prompt/completion form"),
        ([conversation("word " * 2000, "x")], "nothing_fits", "No training row fits into 512 tokens"),
    ],
    ids=["preference", "no messages", "no answer", "old form", "too long"],
)
def test_data_that_cannot_be_trained_fails_the_job_in_one_line(
    client: openai.OpenAI, rows: list[dict[str, Any]], code: str, says: str
) -> None:
    file = client.files.create(file=("train.jsonl", jsonl(rows)), purpose="fine-tune")
    job = finished(client, client.fine_tuning.jobs.create(model="tiny", training_file=file.id).id)
    assert job.status == "failed"
    assert job.error.code == code
    assert says in job.error.message
    assert "\n" not in job.error.message
    assert job.fine_tuned_model is None
    event = client.fine_tuning.jobs.list_events(job.id).data[0]
    assert (event.level, event.message) == ("error", job.error.message)


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"n": 2}, "n"),
        ({"temperature": 3}, "temperature"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "word " * 3000}]}, "messages"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"tools": [{"type": "function", "function": {"name": "find"}}]}, "tools"),
    ],
)
def test_what_the_small_model_cannot_do_is_said(client: openai.OpenAI, changes: dict[str, Any], param: str) -> None:
    with pytest.raises(openai.BadRequestError) as e:
        client.chat.completions.create(**{"model": "tiny", "messages": NOBODY, **changes})
    assert e.value.param == param


def test_a_grader_can_be_tried_before_a_job(client: openai.OpenAI) -> None:
    graders = client.fine_tuning.alpha.graders
    checks: Any = {"type": "string_check", "name": "c", "input": "{{sample.output_text}}", "operation": "eq"}
    grader = checks | {"reference": "{{item.answer}}"}
    assert graders.validate(grader=grader).grader.name == "c"
    assert graders.run(grader=grader, model_sample="42", item={"answer": "42"}).reward == 1
    broken: Any = {"type": "python", "name": "p", "source": "def grade(sample, item):\n    return item['none']"}
    tried = graders.run(grader=broken, model_sample="42", item={})
    assert tried.metadata.errors.python_grader_runtime_error
    assert "KeyError" in (tried.metadata.errors.python_grader_runtime_error_details or "")
    with pytest.raises(openai.BadRequestError):
        graders.validate(grader=checks)


def test_pause_is_refused_honestly(client: openai.OpenAI, training_file: str) -> None:
    job = client.fine_tuning.jobs.create(model="tiny", training_file=training_file)
    with pytest.raises(openai.BadRequestError, match="cannot pause"):
        client.fine_tuning.jobs.pause(job.id)
    client.fine_tuning.jobs.cancel(job.id)


def test_a_wrong_token_and_a_foreign_host_are_turned_away(engine: control.Engine) -> None:
    with openai.OpenAI(base_url=engine.base_url, api_key="wrong", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError) as e:
            stranger.models.list()
        assert e.value.code == "invalid_api_key"
    token = {"Authorization": f"Bearer {engine.token.get_secret_value()}"}
    rebound = httpx.get(engine.base_url + "/models", headers={**token, "Host": "evil.example"}, trust_env=False)
    assert rebound.status_code == 403
    assert httpx.get(engine.base_url + "/models", headers=token, trust_env=False).status_code == 200


def test_a_launch_key_makes_one_job_however_often_it_is_sent(client: openai.OpenAI, training_file: str) -> None:
    asked: Any = {"model": "tiny", "training_file": training_file}
    first = client.fine_tuning.jobs.create(**asked, metadata={"ft_launch": "once", "ft_attempt": "1"})
    again = client.fine_tuning.jobs.create(**asked, metadata={"ft_launch": "once", "ft_attempt": "2"})
    assert again.id == first.id
    with pytest.raises(openai.ConflictError) as e:
        client.fine_tuning.jobs.create(**asked, seed=9, metadata={"ft_launch": "once"})
    assert e.value.code == "idempotency_key_reused"
    assert [j.id for j in client.fine_tuning.jobs.list(metadata={"ft_launch": "once"})] == [first.id]
    client.fine_tuning.jobs.cancel(first.id)


def test_lists_page_with_after_and_filter_by_metadata(client: openai.OpenAI, training_file: str) -> None:
    made = []
    for i in range(3):
        job = client.fine_tuning.jobs.create(
            model="tiny", training_file=training_file, metadata={"case": "paging", "i": str(i)}
        )
        client.fine_tuning.jobs.cancel(job.id)
        made.append(job.id)
        time.sleep(0.01)
    paged = client.fine_tuning.jobs.list(limit=2, metadata={"case": "paging"})
    assert len(paged.data) == 2
    assert paged.has_more
    assert {j.id for j in paged} == set(made)
    assert [j.id for j in client.fine_tuning.jobs.list(metadata={"case": "paging", "i": "1"})] == [made[1]]
    assert not client.fine_tuning.jobs.list(metadata={"case": "none"}).data
    files = client.files.list(limit=1)
    assert len(files.data) == 1
    assert len({f.id for f in files}) > 1
    with pytest.raises(openai.BadRequestError):
        client.fine_tuning.jobs.list(after="ftjob-none")
