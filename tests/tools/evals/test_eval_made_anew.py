"""Files that promptfoo, inspect_ai and lm-evaluation-harness make here and now, where installed, read by the importers.

The folders of their commands are looked for in ADVISOR_TEST_TOOLS (as in PATH), beside this Python, and in PATH.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from evals_wire import said, serving

from tools.evals import store
from tools.evals.importers import ImportRequest, import_file

pytestmark = pytest.mark.slow
FOLDERS = [os.environ.get("ADVISOR_TEST_TOOLS", ""), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
TOPICS = {"billing": "invoice", "delivery": "parcel", "login": "password"}
ROWS = [
    {"id": f"{topic}{i}", "q": f"My {word} number {i} is wrong", "a": topic}
    for i in (1, 2)
    for topic, word in TOPICS.items()
]
RIGHT = 4
"""Of six rows: the model calls every login a delivery."""


def model(body: dict[str, Any]) -> Any:
    asked = json.dumps(body["messages"])
    return said("billing" if "invoice" in asked else "delivery")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Run a tool's command against the scripted model; skip where the tool is not installed."""
    with serving(model) as wire:

        def run(name: str, *args: str, **settings: str) -> None:
            command = shutil.which(name, path=os.pathsep.join(f for f in FOLDERS if f))
            if command is None:
                pytest.skip(f"{name} is not installed: name its folder in ADVISOR_TEST_TOOLS")
            env = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TMPDIR")}
            env |= {"HOME": str(tmp_path), "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": wire.url, **settings}
            done = subprocess.run(
                [command, *(a.replace("URL", wire.url) for a in args)],
                cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert wire.requests, f"{name} asked nothing: {done.stdout[-1500:]} {done.stderr[-1500:]}"

        yield run


def brought(file: Path, kind: str) -> dict[str, Any]:
    """The one eval of a file, whatever it is called, held against what the model did."""
    result = import_file(ImportRequest(file=file, name="t"))
    assert result.format == kind
    (found,) = [e for e in result.evals if e.name.count("/") == min(x.name.count("/") for x in result.evals)][:1]
    assert (found.n, found.scored) == (len(ROWS), len(ROWS))
    assert found.score == pytest.approx(RIGHT / len(ROWS))
    rows = store.samples(found.name)
    assert sorted(s.target or "" for s in rows) == sorted(r["a"] for r in ROWS)
    assert {s.completion for s in rows} == {"billing", "delivery"}
    assert [s.target for s in rows if s.correct is False] == ["login", "login"]
    return found.model_dump()


def test_inspect_ai(made: Callable[..., None], tmp_path: Path) -> None:
    samples = [{"id": r["id"], "input": r["q"], "target": r["a"]} for r in ROWS]
    (tmp_path / "task.py").write_text(
        "from inspect_ai import Task, task\nfrom inspect_ai.dataset import Sample\n"
        "from inspect_ai.scorer import match\n"
        f"@task\ndef topics():\n    return Task(dataset=[Sample(**s) for s in {samples!r}], scorer=match())\n"
    )
    logs = tmp_path / "logs"
    for form in ("json", "eval"):
        made(
            "inspect",
            "eval",
            "task.py",
            "--model",
            "openai/small",
            "-M",
            "responses_api=false",
            "--log-dir",
            str(logs),
            "--log-format",
            form,
            "--display",
            "plain",
        )
        (file,) = logs.glob(f"*.{form}")
        (told,) = [json.loads(f.read_text()) for f in logs.glob("*.json")]
        found = brought(file, "inspect")
        assert found["score"] == told["results"]["scores"][0]["metrics"]["accuracy"]["value"], "its own summary"
        assert found["model"] == "openai/small"
        shutil.rmtree(Path(os.environ["ADVISOR_HOME"]))


def test_lm_evaluation_harness(made: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ROWS))
    (tmp_path / "topics.yaml").write_text(
        f"""task: topics
dataset_path: json
dataset_kwargs: {{data_files: {{test: {tmp_path / "rows.jsonl"}}}}}
test_split: test
output_type: generate_until
doc_to_text: "{{{{q}}}}"
doc_to_target: "{{{{a}}}}"
generation_kwargs: {{max_gen_toks: 8, until: ["\\n"]}}
metric_list:
  - metric: exact_match
"""
    )
    made("lm_eval", "run", "--model", "local-chat-completions", "--model_args",
         "model=small,base_url=URL/chat/completions,num_concurrent=1,tokenized_requests=False", "--apply_chat_template",
         "--tasks", "topics", "--include_path", str(tmp_path), "--log_samples", "--output_path", str(tmp_path / "out"),
         HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1")  # fmt: skip
    (file,) = (tmp_path / "out").rglob("samples_topics_*.jsonl")
    (told,) = [json.loads(f.read_text()) for f in (tmp_path / "out").rglob("results_*.json")]
    assert brought(file, "lm-eval")["score"] == told["results"]["topics"]["exact_match,none"], "its own summary"


def test_promptfoo(made: Callable[..., None], tmp_path: Path) -> None:
    tests = [{"vars": {"q": r["q"]}, "assert": [{"type": "equals", "value": r["a"]}]} for r in ROWS]
    config = {"prompts": ["Name the topic in one word: {{q}}"], "providers": ["openai:chat:small"], "tests": tests}
    (tmp_path / "promptfooconfig.json").write_text(json.dumps(config))
    out = tmp_path / "out.json"
    made("promptfoo", "eval", "-c", "promptfooconfig.json", "-o", str(out), "--no-cache", "--no-table",
         PROMPTFOO_DISABLE_TELEMETRY="1", PROMPTFOO_DISABLE_UPDATE="1")  # fmt: skip
    told = json.loads(out.read_text())["results"]["stats"]
    found = brought(out, "promptfoo")
    assert (told["successes"], told["failures"]) == (RIGHT, len(ROWS) - RIGHT), "its own summary"
    assert found["score"] == told["successes"] / len(ROWS)
