"""A base that reads images is trained on rows with images; a base that does not, and images that cannot be read, are
refused in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import openai
import pytest
import tiny_vision as vision
from engine_helpers import PATIENT, ROOT, conversation, finished, jsonl, living_in, supervised

from tools import pictures
from tools.engine.dry_run import DryRun, DryRunRequest, dry_run
from tools.engine.eyes import sees
from tools.engine.rows import Check
from tools.errors import InputError
from tools.evals.heldout import read_held_out
from tools.jobs.checks import data_blockers
from tools.jobs.datafiles import content
from tools.jobs.models import PlanRequest
from tools.jobs.plan import propose

KINDS = ("llava", "idefics3", "qwen2_vl")
RED = vision.data(vision.picture("red"))
SEES, BLIND = Check("supervised", "eyes", sees=True), Check("supervised", "tiny")


def made(home: Path, kind: str) -> Path:
    """The tiny model of a kind, made once."""
    folder = home / "models" / kind
    if not folder.exists():
        path = os.pathsep.join((str(ROOT), str(Path(vision.__file__).parent)))
        argv = [sys.executable, vision.__file__, str(folder), kind]
        subprocess.run(argv, check=True, env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def llava(tiny_home: Path) -> Path:
    return made(tiny_home, "llava")


def look(home: Path, file: Path, base: str, method: str = "supervised", **numbers: Any) -> DryRun:
    with living_in(home):
        return dry_run(DryRunRequest(training_file=file, model=base, method=method, hyperparameters=numbers))


def written(folder: Path, rows: list[dict[str, Any]]) -> Path:
    file = folder / "train.jsonl"
    file.write_bytes(jsonl(rows))
    return file


def texts(found: DryRun, kind: str) -> list[str]:
    return ["".join(s.text for m in row.messages for s in m.spans if s.kind == kind) for row in found.first_batch]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (RED, None),
        ("https://images.example/a/1.png", "at an address elsewhere (images.example), and nothing is fetched here"),
        ("gs://bucket/1.png", "at an address elsewhere (bucket)"),
        ("https://me:secret@images.example/1.png", "at an address elsewhere (images.example)"),
        ("http://[half", "at an address elsewhere ([half)"),
        ("images/1.png", "names an image file"),
        ("data:image/png;base64,A*A", "base64 does not decode"),
        ("data:image/png,rawbytes", "data is not base64"),
        ("data:image/png;base64,aGVsbG8=", "neither PNG, JPEG nor WEBP"),
        ("data:image/gif;base64,R0lGODlhAQABAAAAACw=", "neither PNG, JPEG nor WEBP"),
        ("", "without an address"),
    ],
)
def test_an_image_is_data_or_is_refused_in_one_line(url: str, says: str | None) -> None:
    fault = SEES(vision.row(url, "red"))
    assert (fault is None) if says is None else (says in str(fault) and "\n" not in str(fault))


def test_who_may_hold_an_image_and_what_it_is_trained_with() -> None:
    image = {"type": "image_url", "image_url": {"url": RED}}
    spoken = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": [image]}]}
    assert "only user messages may" in str(SEES(spoken))
    assert "the base tiny reads only text" in str(BLIND(vision.row(RED, "red")))
    assert "reads only text" in str(BLIND(vision.row("https://images.example/1.png", "red")))  # the graver one first
    pair = {
        "input": {"messages": vision.row(RED, "x")["messages"][:1]},
        "preferred_output": [],
        "non_preferred_output": [],
    }
    assert "with sft only" in str(Check("dpo", "eyes", sees=True)(pair))
    schema = {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "image"}}}]}
    assert BLIND({**conversation("a", "b"), **schema}) is None


def test_image_files_beside_the_dataset_go_into_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "home"))
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    raw = vision.picture("blue")
    (folder / "images" / "1 a.png").write_bytes(raw)
    names = ["images/1 a.png", str(folder / "images" / "1 a.png"), f"file://{folder}/images/1%20a.png"]
    file = written(folder, [*(vision.row(name, "blue") for name in names), conversation("no image", "é")])
    with pictures.embedded(file) as whole:
        assert whole != file
        rows = [json.loads(line) for line in whole.read_text().splitlines()]
    assert not whole.exists()
    assert [pictures.addresses(row["messages"]) for row in rows] == [[vision.data(raw)]] * 3 + [[]]
    assert rows[3] == conversation("no image", "é")
    held_out = read_held_out(file)
    assert held_out.file == "train.jsonl"
    assert pictures.addresses(list(held_out.samples[0].messages)) == [vision.data(raw)]
    assert held_out.samples[0].asked.startswith("[image ")
    assert len(held_out.samples[0].asked) < 100
    before = held_out.digest
    (folder / "images" / "1 a.png").write_bytes(vision.picture("red"))
    assert read_held_out(file).digest != before  # another image is another file


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.png", None, "'none.png' cannot be read"),
        ("../secret.png", vision.picture("red"), "lies outside the dataset's folder"),
        ("link.png", "link", "lies outside the dataset's folder"),
        ("text.png", b"hello", "is no PNG, JPEG or WEBP image"),
        ("large.png", vision.picture("red") + bytes(pictures.CAP_BYTES), "6 MB are taken"),
        (RED.partition(",")[2] * 40, None, "…' cannot be read"),
        ("a\0b.png", None, "no name of a file"),
        ("file://[a/b.png", None, "lies outside the dataset's folder"),
    ],
    ids=["missing", "above", "link", "text", "large", "data without its head", "a NUL in it", "half an address"],
)
def test_an_image_file_that_cannot_be_used_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: Any, says: str
) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "home"))
    folder = tmp_path / "set"
    folder.mkdir()
    if content == "link":
        (tmp_path / "else.png").write_bytes(vision.picture("red"))
        (folder / name).symlink_to(tmp_path / "else.png")
    elif content is not None:
        (folder / name).write_bytes(content)
    file = written(folder, [conversation("a", "b"), vision.row(name, "red")])
    with pytest.raises(InputError, match=r"train\.jsonl:2") as e, pictures.embedded(file):
        pass
    assert says in str(e.value)
    assert len(str(e.value)) < 400


def test_which_bases_read_images_is_told_from_their_config(tmp_path: Path) -> None:
    for name, config, expected in [
        ("seeing", {"architectures": ["LlavaForConditionalGeneration"], "vision_config": {}}, True),
        ("text", {"architectures": ["LlamaForCausalLM"]}, False),
        ("t5", {"architectures": ["T5ForConditionalGeneration"]}, False),
        ("clip", {"architectures": ["CLIPModel"], "vision_config": {}, "text_config": {}}, False),
        ("odd", [], False),
    ]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(config))
        assert sees(tmp_path / name) is expected, name
    assert not sees(tmp_path / "nowhere")


@pytest.mark.parametrize("backend", ["local", "ray", "huggingface"])
def test_a_plan_on_images_for_a_base_without_eyes_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setenv("ADVISOR_HOME", str(tmp_path / "home"))
    elsewhere = [vision.row(f"https://a.example/{i}.png", "red") for i in range(12)]
    file = written(tmp_path, [*vision.rows(3), *elsewhere])
    blockers, _ = data_blockers(PlanRequest(training_file=file, backend=backend))
    assert [b.code for b in blockers] == ["local:rows"]
    [said] = [b.message for b in blockers]
    assert "line 1 holds an image, and the base smollm2-135m-instruct reads only text: name a base that" in said
    assert "\n" not in said


def test_a_plan_on_images_holds_the_images_themselves(llava: Path, tiny_home: Path, tmp_path: Path) -> None:
    (tmp_path / "red.png").write_bytes(vision.picture("red"))
    rows = [vision.row("red.png", "red", f"What colour is square {i}?") for i in range(12)]
    with living_in(tiny_home):
        asked = PlanRequest(training_file=written(tmp_path, rows), base_model="llava")
        plan = propose(asked)
        assert plan.launchable, plan.blockers
        assert (plan.training_name, plan.envelope.training.rows) == ("train.jsonl", 12)
        assert plan.envelope.training.tokens is None  # what an image costs is the model's own affair
        assert content(plan.envelope.training).count(RED.encode()) == 12
        (tmp_path / "red.png").write_bytes(vision.picture("blue"))
        assert propose(asked).plan_digest != plan.plan_digest
        elsewhere = written(tmp_path, [vision.row("https://a.example/x.png", "red")] * 12)
        remote = propose(PlanRequest(training_file=elsewhere, base_model="llava"))
        assert not remote.launchable
        assert any("a.example" in b.message for b in remote.blockers)


@PATIENT
def test_the_first_batch_shows_what_is_learnt_and_what_an_image_costs(
    llava: Path, tiny_home: Path, tmp_path: Path
) -> None:
    two = vision.row(RED, "two reds", "and")
    two["messages"][0]["content"].append({"type": "image_url", "image_url": {"url": RED}})
    found = look(tiny_home, written(tmp_path, [*vision.rows(2), two, conversation("Hello", "red")]), "llava")
    assert found.rows == 10
    assert texts(found, "trained") == [f"{colour}<|im_end|>" for colour in vision.COLOURS]
    assert texts(found, "read")[0].startswith(f"<|im_start|>user\n<image>{vision.QUESTION}<|im_end|>")
    first = found.first_batch[0]
    assert (first.images, first.image_tokens) == (1, (vision.SIDE // 8) ** 2)
    assert first.tokens == sum(s.tokens for m in first.messages for s in m.spans)
    assert [m.role for m in first.messages] == ["user", "assistant"]


@PATIENT
@pytest.mark.parametrize(
    ("rows", "method", "says"),
    [
        ([vision.row(RED, "red", "Is <image> a word?")], "supervised", "Line 1.*(image|<image>)"),
        ([conversation("Is <image> a word?", "no")], "supervised", "Line 1.*<image> tokens"),
        ([vision.row(RED[:-40], "red")], "supervised", "the image cannot be read"),
        ([{"messages": [{"role": "user", "content": "Hello"}]}], "reinforcement", "with sft only"),
    ],
    ids=["more marks than images", "a mark without an image", "broken behind its head", "another method"],
)
def test_what_a_base_with_eyes_cannot_train_is_said_before(
    llava: Path, tiny_home: Path, tmp_path: Path, rows: Any, method: str, says: str
) -> None:
    with pytest.raises(InputError, match=says) as e:
        look(tiny_home, written(tmp_path, rows), "llava", method)
    assert "\n" not in str(e.value)


@PATIENT
@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_base_with_eyes_learns_the_colour_of_squares(client: openai.OpenAI, tiny_home: Path, kind: str) -> None:
    made(tiny_home, kind)
    rows, held_out = vision.rows(15), vision.rows(3, start=20)
    file = client.files.create(file=("train.jsonl", jsonl([*rows, conversation("Hello", "red")])), purpose="fine-tune")
    validation = client.files.create(file=("validation.jsonl", jsonl(held_out)), purpose="fine-tune")
    method = supervised(n_epochs=20, learning_rate_multiplier=5, batch_size=12)
    job = client.fine_tuning.jobs.create(
        model=kind, training_file=file.id, validation_file=validation.id, method=method
    )
    done = finished(client, job.id)
    assert done.status == "succeeded", done.error
    events = client.fine_tuning.jobs.list_events(job.id, limit=1000).data
    losses = [e.data["train_loss"] for e in reversed(events) if e.type == "metrics" and "train_loss" in (e.data or {})]
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])

    def right(model: str) -> int:
        asked: Any = [row["messages"][:1] for row in held_out]
        said = [client.chat.completions.create(model=model, messages=m, max_tokens=8) for m in asked]
        assert all(answer.usage and answer.usage.prompt_tokens > 10 for answer in said)
        return sum(
            answer.choices[0].message.content == row["messages"][1]["content"]
            for answer, row in zip(said, held_out, strict=True)
        )

    assert right(kind) <= 3
    assert right(done.fine_tuned_model) == len(held_out)
    streamed: Any = client.chat.completions.create(
        model=done.fine_tuned_model, messages=held_out[0]["messages"][:1], max_tokens=8, stream=True
    )
    assert "".join(piece.choices[0].delta.content or "" for piece in streamed) == vision.COLOURS[0]


@PATIENT
@pytest.mark.parametrize(
    ("model", "url", "role", "says"),
    [
        ("tiny", RED, "user", "tiny reads only text"),
        ("llava", "https://images.example/1.png", "user", "nothing is fetched here"),
        ("llava", RED, "system", "only user messages may"),
    ],
)
def test_a_question_with_an_image_that_cannot_be_read_is_refused(
    client: openai.OpenAI, llava: Path, model: str, url: str, role: str, says: str
) -> None:
    message = {**vision.row(url, "")["messages"][0], "role": role}
    with pytest.raises(openai.BadRequestError, match=says) as e:
        client.chat.completions.create(model=model, messages=[message])  # type: ignore[list-item]
    assert e.value.param == "messages[0].content"
