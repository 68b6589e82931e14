"""The `cost` and `catalogue` commands as a shell sees them: JSON, exit status, one clear line for what is unusable."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ui.cli.main import main

ROW = (
    '{"messages": [{"role": "system", "content": "Answer in one word."}, {"role": "user", "content": "%s"}, '
    '{"role": "assistant", "content": "billing"}]}'
)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    file = tmp_path / "tickets.jsonl"
    file.write_text(
        "\n".join(ROW % f"My invoice number {i} is wrong, please help me with it." for i in range(40)) + "\n"
    )
    return file


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["finetune-advisor", *map(str, argv)])
        with pytest.raises(SystemExit) as stop:
            main()
    out = capsys.readouterr()
    return int(stop.value.code or 0), out.out, out.err


def test_the_contract_of_the_json(capsys: pytest.CaptureFixture[str], dataset: Path) -> None:
    status, out, err = run(
        capsys, "cost", dataset, "--provider", "openai", "--model", "gpt-4.1-mini", "--epochs", 3,
        "--requests-per-day", 50, "--months", 12, "--on", "2026-11-21", "--json",
    )  # fmt: skip
    found = json.loads(out)
    assert (status, err) == (0, "")
    for key in ("training_usd", "hosting_usd_per_month", "inference_usd_per_month", "total_usd"):
        assert 0 <= found[key]["low"] <= found[key]["expected"] <= found[key]["high"]
    assert found["break_even_requests_per_day"] is None or found["break_even_requests_per_day"] >= 0
    assert found["warnings"][0].startswith("gpt-4.1-mini-2025-04-14 and every model tuned on it")
    for price in found["prices"]:
        assert price["usd"] >= 0
        assert price["unit"]
        assert price["source"].startswith("http")
        assert price["checked_on"] <= "2026-11-21"
    counted = next(a for a in found["assumptions"] if a["name"] == "training_tokens")
    assert counted["origin"] == "measured"


def test_tokens_are_those_of_the_tokens_command(capsys: pytest.CaptureFixture[str], dataset: Path) -> None:
    _, out, _ = run(capsys, "tokens", dataset, "--model", "gpt-4.1-mini", "--json")
    tokens = json.loads(out)["trained_tokens_per_epoch"]
    _, out, _ = run(
        capsys, "cost", dataset, "-p", "azure", "-m", "gpt-4.1-mini", "--epochs", 1, "--on", "2026-11-21", "--json"
    )
    found = json.loads(out)
    assert found["training_usd"]["expected"] == pytest.approx(tokens * 5 / 1_000_000, abs=0.00005)


def test_people_get_words_and_every_price_with_its_source(capsys: pytest.CaptureFixture[str], dataset: Path) -> None:
    status, out, _ = run(capsys, "cost", dataset, "-p", "azure", "-m", "gpt-4.1-mini", "-r", 50, "--on", "2026-11-21")
    assert status == 0
    assert "$1.70 per hour: hosting" in out
    assert "prices.azure.com" in out
    assert "Largest parts" in out
    assert "used or not" in out


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (["-m", "gpt-9", "-p", "openai"], 2, "is not in the catalogue"),
        (["-m", "gpt-4.1-mini", "-p", "opnai"], 2, "Did you mean 'openai'?"),
        (["-m", "gpt-4.1-nano", "-p", "openai"], 1, "Refused: gpt-4.1-nano-2025-04-14 ended"),
        (["-m", "command-r", "-p", "cohere"], 1, "no longer offers"),
        (["-m", "gpt-4.1", "-p", "azure", "--tier", "gold"], 2, "Its tiers"),
        (["-m", "gpt-4.1", "-p", "azure", "--technique", "grpo"], 2, "technique"),
        (["-m", "gpt-4.1", "-p", "azure", "-r", "nan"], 2, "requests_per_day"),
        (["-m", "gpt-4.1", "-p", "azure", "-r", "inf"], 2, "requests_per_day"),
    ],
)
def test_what_cannot_be_priced_is_one_line(
    capsys: pytest.CaptureFixture[str], argv: list[str], status: int, said: str
) -> None:
    got, out, err = run(capsys, "cost", "--training-tokens", 1000, *argv)
    assert (got, out) == (status, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, _, err = run(capsys, "cost", tmp_path / "no.jsonl", "-p", "openai", "-m", "gpt-4.1-mini")
    assert status == 2
    assert "no.jsonl" in err


@pytest.mark.parametrize("content", ["", '{"messages": [\n', "\x89PNG\r\n", "not json\n"])
def test_a_file_without_an_example_has_no_price(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: str
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(content, encoding="latin-1")
    status, out, err = run(capsys, "cost", file, "-p", "openai", "-m", "gpt-4.1-mini")
    assert (status, out) == (2, "")
    assert "bad.jsonl" in err
    assert err.count("\n") == 1


def test_lines_that_cannot_be_read_are_said(capsys: pytest.CaptureFixture[str], dataset: Path) -> None:
    with dataset.open("a") as f:
        f.write("{broken\n")
    status, out, _ = run(capsys, "cost", dataset, "-p", "azure", "-m", "gpt-4.1-mini", "--json")
    assert status == 0
    assert any(w.startswith("1 lines of the file hold no readable") for w in json.loads(out)["warnings"])


def test_side_by_side_and_curve(capsys: pytest.CaptureFixture[str], dataset: Path) -> None:
    for flag, key in (("--compare", "arms"), ("--curve", "points")):
        status, out, _ = run(capsys, "cost", dataset, "-p", "azure", "-m", "gpt-4.1-mini", "-r", 50, flag, "--json")
        assert status == 0
        assert json.loads(out)[key]
        status, out, _ = run(capsys, "cost", dataset, "-p", "azure", "-m", "gpt-4.1-mini", "-r", 50, flag)
        assert status == 0
        assert out


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["list"], "openai: OpenAI (winding_down)"),
        (["list", "--all"], "gpt-3.5-turbo-0125"),
        (["show", "azure", "gpt-4.1-mini"], "hosting (global) $1.70 per hour"),
        (["explain", "openai", "gpt-4.1-mini", "training"], "developers.openai.com"),
        (["explain", "huggingface_jobs", "h200"], "$5.00 per hour"),
        (["stale", "--on", "2026-11-21"], "prices.azure.com"),
        (["eligibility", "openai"], "tuned a model here before"),
        (["error"], "No finished job"),
        (["hardware", "--model", "qwen3-8b", "--tokens", "1000000", "--peak-tflops", "989"], "measured"),
    ],
)
def test_the_catalogue(capsys: pytest.CaptureFixture[str], argv: list[str], said: str) -> None:
    status, out, _ = run(capsys, "catalogue", *argv)
    assert status == 0
    assert said in out
    status, out, _ = run(capsys, "catalogue", *[a for a in argv if a != "--all"], "--json")
    assert status == 0
    assert json.loads(out)


def test_a_figure_that_is_not_there_is_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "catalogue", "explain", "bedrock", "nova-lite", "training")
    assert status == 2
    assert "unknown, not 0" in err


def test_refresh_shows_and_takes_nothing_unasked(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> None:
    file = tmp_path / "list.json"
    file.write_text(json.dumps({"ft:gpt-4.1-mini-2025-04-14": {"input_cost_per_token": 9e-07}}))
    status, out, err = run(capsys, "catalogue", "refresh", "litellm", "--from", file)
    assert status == 0
    assert "$0.80 -> $0.9 per 1M tokens" in out
    assert "Nothing was taken" in err
    assert not (home / "catalogue").exists()
    run(capsys, "catalogue", "refresh", "litellm", "--from", file, "--yes")
    assert (home / "catalogue" / "figures.json").is_file()


def test_nothing_heavy_is_imported_to_price() -> None:
    code = (
        "import sys, datetime\n"
        "from tools.cost import CostRequest, estimate, worst_case_training_usd\n"
        "from tools.cost.card import cost_card\n"
        "import ui.cli.cost, ui.cli.catalogue\n"
        "r = CostRequest(provider='azure', model='gpt-4.1', training_tokens=9, today=datetime.date(2026, 11, 21))\n"
        "estimate(r); cost_card(r); worst_case_training_usd(r)\n"
        "heavy = {'numpy', 'scipy', 'plotly', 'httpx', 'torch', 'openai', 'duckdb', 'sqlalchemy', 'tokenizers'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
