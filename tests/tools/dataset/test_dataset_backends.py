"""One file, every backend: who takes it as it is, after what, or not; and which bases there."""

import json
from pathlib import Path

import pytest

from knowledge.backends import backends
from knowledge.prices import providers
from knowledge.sources import sources
from tools.dataset import BackendVerdict, LintRequest, lint
from tools.dataset.formats import BY_NAME

U, A = {"role": "user", "content": "Where is it?"}, {"role": "assistant", "content": "On its way."}
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object", "properties": {}}}}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "c", "type": "function", "function": {"name": "find", "arguments": "{}"}}],
}
ANSWER = {"role": "tool", "tool_call_id": "c", "content": "there"}


def numbered(value: dict[str, object], n: int = 120) -> list[dict[str, object]]:
    text = json.dumps(value)
    return [json.loads(text.replace("Where is it?", f"Where is number {i}?")) for i in range(n)]


def verdicts(tmp_path: Path, rows: list[dict[str, object]]) -> dict[str, BackendVerdict]:
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return {b.provider: b for b in lint(LintRequest(path=path, provider="all")).backends}


def image(address: str) -> dict[str, object]:
    part = {"type": "image_url", "image_url": {"url": address}}
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "Where is it?"}, part]}, A]}


PNG = "data:image/png;base64,iVBORw0KGgo="
PAIR: dict[str, object] = {
    "input": {"messages": [U]},
    "preferred_output": [A],
    "non_preferred_output": [{**A, "content": "No."}],
}
LOCAL = {"local"} if any("dpo" in m.techniques for m in providers()["local"].models.values()) else set()
# The file -> the backends that take it as it is, and after a repair; the others do not.
TABLE: list[tuple[str, dict[str, object], set[str], set[str]]] = [
    (
        "chat",
        {"messages": [U, A]},
        {"openai", "azure", "together", "fireworks", "mistral", "huggingface_jobs", "own_gpu", "local"},
        {"google", "bedrock"},
    ),
    (
        "Alpaca",
        {"instruction": "Where is it?", "output": "There."},
        set(),
        set(backends()) - {"cohere"},
    ),
    (
        "tools",
        {"messages": [U, CALL, ANSWER, A], "tools": [TOOL]},
        {"openai", "azure", "together", "fireworks", "mistral", "huggingface_jobs", "own_gpu", "local"},
        {"google"},
    ),
    ("pairs", PAIR, {"openai", "azure", "together", "fireworks", "huggingface_jobs", "own_gpu", *LOCAL}, set()),
    (
        "prompts",
        {"messages": [U], "target": "There."},
        {"fireworks", "bedrock", "huggingface_jobs", "own_gpu", *LOCAL},
        {"azure", "google"},
    ),
    ("images by address", image("https://example.org/a.png"), {"openai", "azure"}, set()),
    ("images as data", image(PNG), {"openai", "azure", "together", "fireworks", "local"}, set()),
    ("images as files", image("images/a.png"), {"local"}, set()),
    (
        "Gemini",
        {
            "contents": [
                {"role": "user", "parts": [{"text": "Where is it?"}]},
                {"role": "model", "parts": [{"text": "x"}]},
            ]
        },
        {"google"},
        set(backends()) - {"cohere", "google"},
    ),
]


@pytest.mark.parametrize(("value", "as_is", "after"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_table(value: dict[str, object], as_is: set[str], after: set[str], tmp_path: Path) -> None:
    table = verdicts(tmp_path, numbered(value))
    assert set(table) == set(backends())
    assert {p for p, b in table.items() if b.verdict == "as_is"} == as_is
    assert {p for p, b in table.items() if b.verdict == "after_fix"} == after
    for b in table.values():
        assert b.verdict == "as_is" or b.reasons
        assert not (b.verdict == "no" and b.models)


def test_too_few_and_faults_are_said_per_backend(tmp_path: Path) -> None:
    table = verdicts(tmp_path, numbered({"messages": [U, A]}, 5))
    assert "5 examples, at least 10 needed" in table["openai"].reasons
    assert table["fireworks"].verdict == "as_is"
    broken = verdicts(tmp_path, [*numbered({"messages": [U, A]}, 60), {"messages": [U, {**A, "content": ""}]}])
    assert all("the errors of FT203" in b.reasons for p, b in broken.items() if p != "cohere")


def test_bases_with_a_short_limit_are_named(tmp_path: Path) -> None:
    long = {"messages": [U, {**A, "content": "word " * 40_000}]}
    table = verdicts(tmp_path, [*numbered({"messages": [U, A]}, 60), long])
    together = table["together"]
    assert together.verdict == "as_is"
    assert together.models
    assert any("1 example over 32,768 tokens" in why for why in together.other_models.values())
    assert table["local"].verdict == "no"


def test_gemini_takes_prompts_with_references_up_to_the_limits_of_reinforcement(tmp_path: Path) -> None:
    prompt = {"contents": [{"role": "user", "parts": [{"text": "17 * 23?"}]}], "references": {"answer": "391"}}
    google = verdicts(tmp_path, numbered(prompt, 60))["google"]
    assert (google.verdict, google.models) == ("as_is", ["gemini-3.5-flash"])
    assert "5,001 examples, at most 5,000 taken" in verdicts(tmp_path, numbered(prompt, 5_001))["google"].reasons
    long = {**prompt, "contents": [{"role": "user", "parts": [{"text": "word " * 33_000}]}]}
    google = verdicts(tmp_path, [*numbered(prompt, 60), long])["google"]
    assert google.other_models == {"gemini-3.5-flash": "1 example over 32,768 tokens"}
    openai = verdicts(tmp_path, numbered(prompt, 60))["azure"]
    assert "finetune-advisor convert --to openai_rft" in openai.reasons


def test_every_backend_is_a_provider_with_a_source_and_formats_that_exist() -> None:
    assert set(backends()) == set(providers())
    for backend in backends().values():
        assert backend.source in sources()
        for names in backend.formats.values():
            assert set(names) <= set(BY_NAME)
