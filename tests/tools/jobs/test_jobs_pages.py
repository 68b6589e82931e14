"""The how-to of each place, command by command as the page shows it, at that place's wire on loopback."""

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import places
import pytest
from click.testing import CliRunner
from other_wires import Serving
from wire_provider import Server

from ui.cli.main import cli

ROOT = Path(__file__).parents[3]
ROWS = [json.loads(line) for line in (ROOT / "examples" / "zava" / "tickets.jsonl").read_text().splitlines()]
OF_THE_WIRE = {
    "openai": dict.fromkeys(("OPENAI_BASE_URL", "ADVISOR_JOBS_BASE_URL"), "{}")
    | dict.fromkeys(("OPENAI_API_KEY", "ADVISOR_JOBS_API_KEY"), "sk-test"),
    "azure": {"AZURE_OPENAI_ENDPOINT": "{}", "AZURE_OPENAI_API_KEY": "sk-test"},
    "bedrock": {"ADVISOR_BEDROCK_BASE_URL": "{}", "AWS_BEARER_TOKEN_BEDROCK": "sk-test"},
}  # fmt: skip
ELSEWHERE = r"--ask https|jobs (watch|deploy|pause)"
"""Asks the provider's own address, or needs a job at its end: test_jobs_contract.py and test_jobs_after.py."""
LAUNCHED = {"CONFIRMED"}


@contextmanager
def at(place: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The place's settings, with its wire on loopback behind them."""
    if place in OF_THE_WIRE:
        with Server() as server:
            for name, value in OF_THE_WIRE[place].items():
                monkeypatch.setenv(name, value.format(server.url))
            yield
        return
    pytest.importorskip(places.MODULES[place])
    with Serving(place) as serving:
        for name, value in places.settings(place, serving.url, folder).items():
            monkeypatch.setenv(name, value)
        places.allow_the_loopback_hub(monkeypatch)
        yield


@pytest.mark.parametrize("place", [*OF_THE_WIRE, *places.KINDS])
def test_the_commands_of_the_page(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "providers" / f"{place}.md").read_text()
    shown = [line for block in re.findall(r"```\n(.*?)```", page, re.S) for line in block.splitlines()]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ROWS[:120]))
    prompts = [{"messages": r["messages"][:-1], "team": r["messages"][-1]["content"]} for r in ROWS[:120]]
    (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(r) + "\n" for r in prompts))
    check = {"type": "string_check", "name": "team", "operation": "eq", "input": "{{sample.output_text}}",
             "reference": "{{item.team}}"}  # fmt: skip
    (tmp_path / "grader.json").write_text(json.dumps(check))
    monkeypatch.chdir(tmp_path)
    ran, plan, states = [], {"id": "", "plan_digest": ""}, []
    with at(place, tmp_path, monkeypatch):
        for line in shown:
            if re.search(ELSEWHERE, line):
                continue
            words = shlex.split(line.replace("plan_3f9a...", plan["id"]).replace("MODEL", "gpt-4.1-mini"))[1:]
            if words[:2] == ["jobs", "approve"]:  # a person types its beginning; here its whole stands for them
                words += ["--digest", plan["plan_digest"]]
            as_json = words[:2] in (["jobs", "plan"], ["jobs", "launch"])
            done = CliRunner().invoke(cli, [*words, *(["--json"] if as_json else [])], standalone_mode=False)
            assert done.exception is None, f"{line}: {done.exception!r}\n{done.output[-800:]}"
            assert done.return_value in (None, 0, 1), line
            if as_json:
                told = json.loads(done.stdout)
                states += [told["state"]] if words[1] == "launch" else []
                plan = told if words[1] == "plan" else plan
            ran.append(words[:2])
    assert ["jobs", "plan"] in ran
    assert set(states) == LAUNCHED, states
