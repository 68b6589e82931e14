"""What a card says does the same on the command line is taken by the command line's own parser."""

import re
import shlex
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest

from agent.case import Case, DatasetRef, Noted
from tools.endpoint import Endpoint
from tools.ladder.records import LadderRequest
from ui import recording
from ui.chat.cards.costs import cost_card
from ui.chat.cards.findings import findings_card
from ui.chat.journey import told
from ui.chat.journey.costs import as_options
from ui.chat.journey.distil import _same as distil_line
from ui.chat.journey.ladder import Ready, same_line
from ui.chat.journey.measure import _same as eval_line
from ui.chat.journey.raft import _same as raft_line
from ui.chat.journey.training import _same as plan_line
from ui.chat.journey.where import Wanted
from ui.cli.main import cli

ROOT = Path(__file__).parents[2]
NAMES = ("rows.jsonl", "our tickets; $(rm -rf ~) 'best'.jsonl")
"""Files that people drop have any name."""
AT = {"base_url": "http://127.0.0.1:9/v1", "model": "big one"}
PRICED = AT | {"usd_in": "2", "usd_out": "8", "budget": "3"}
TEACHERS: tuple[dict[str, str], ...] = (
    {"local": "yes", "max_tokens": "64"},
    PRICED | {"key_env": "KEY"},
    AT | {"judge": "j", "least_mark": "4", "usd_in": "2", "usd_out": "8", "budget_tokens": "1000",
          "system": "Say 'yes' & no more", "terms": "Terms, 2026-11-21, https://h/x", "limit": "5"},
)  # fmt: skip
DOCUMENTS: tuple[dict[str, str], ...] = (
    {"documents": "d1, d2", "questions": "d3", "golden_share": "0.8", "distractors": "4", "passage_words": "120",
     "held_out": "0.2"},
    PRICED | {"documents": "d1", "each": "3"},
    {"documents": "d1", "local": "yes"},
)  # fmt: skip
PLANS: tuple[dict[str, Any], ...] = (
    {},
    {"backend": "azure", "base_model": "gpt-4.1-mini", "tier": "developer", "seed": 7},
    {"technique": "dpo", "hyperparameters": {"n_epochs": 3, "beta": 0.1, "full": True, "batch_size": "auto"}},
)


def talk_about(name: str) -> Any:
    case = Case()
    for part in ("", ".train", ".validation", ".held_out"):
        case.datasets.append(DatasetRef(id=f"d1{part}", name=name, path=f"/home/me/my data/{name}{part}"))
    for other in ("d2", "d3"):
        case.datasets.append(DatasetRef(id=other, name=name, path=f"/home/me/{other} {name}"))
    return SimpleNamespace(case=case, owner="local")


def parsed(text: str) -> dict[str, Any]:
    """What the parser reads in a line; it fails the test where it cannot."""
    first, *words = shlex.split(text)
    assert first == "finetune-advisor"
    command: click.Command = cli
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, text
        command = found
    try:
        return dict(command.make_context("shown", words).params)
    except click.ClickException as e:
        pytest.fail(f"{text}\n{e.format_message()}")


@pytest.mark.parametrize("name", NAMES)
def test_lines_of_the_practical_way(name: str) -> None:
    talk = talk_about(name)
    for wanted in PLANS:
        found = parsed(plan_line(talk, "d1", wanted))
        assert found["file"] == Path(f"/home/me/my data/{name}.train")
        assert found["validation"] == Path(f"/home/me/my data/{name}.validation")
        assert len(found["settings"]) == len(wanted.get("hyperparameters", {}))
    for given in TEACHERS:
        found = parsed(distil_line(talk, talk.case.datasets[0], given, "--accept-terms"))
        assert found["prompts"] == Path(f"/home/me/my data/{name}")
        assert found["local"] == ("local" in given)
        assert found["budget"] == (Decimal(given["budget"]) if "budget" in given else None)
    for given in DOCUMENTS:
        found = parsed(raft_line(talk, given, "--accept-terms"))
        assert found["documents"][0] == Path(f"/home/me/my data/{name}")
        assert (found["questions"] is None) == found["teacher"]
    for text in (told.line("report", "c1", "-o page.html"), told.line("jobs bundle", "job_1", "--out FOLDER"),
                 *(told.line("jobs", act, "plan_1") for act in ("approve", "launch")),
                 told.line("evals compare", "d1/plain", "d1/tuned")):  # fmt: skip
        parsed(text)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("where", ["local", "endpoint"])
def test_lines_of_measuring(name: str, where: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = talk_about(name)
    accepted = SimpleNamespace(ref=SimpleNamespace(name="tickets", version=2))
    monkeypatch.setattr(sys.modules[eval_line.__module__], "metric_of", lambda *_: accepted)
    found = parsed(eval_line(talk, "d1", "few_shot", "d1/few_shot"))
    assert (found["metric"], found["few_shot"]) == ("tickets@2", Path(f"/home/me/my data/{name}.train"))
    at = Endpoint(base_url="http://127.0.0.1:9/v1", model="m")
    paths = {part: Path(f"/home/me/my data/{name}.{part}") for part in ("train", "held_out")}
    for usd in (None, Decimal("0.0000004")):
        request = LadderRequest(
            **paths, endpoint=at, tuned=at, name="d1", max_tokens=64, budget_usd=Decimal(3),
            usd_per_million_prompt_tokens=usd, usd_per_million_completion_tokens=usd,
        )  # fmt: skip
        wanted = Wanted(where=where, budget=Decimal("3"), rows=20)
        found = parsed(f"{same_line(talk, 'd1', Ready(request, wanted, None))} --plan")
        assert (found["dataset"], found["held_out"]) == (paths["train"], paths["held_out"])
        assert found["budget"] == Decimal(3)


def test_lines_on_cards_and_in_the_recording() -> None:
    path = shlex.quote(f"/home/me/{NAMES[1]}")
    cards = (
        findings_card(recording.lint_report(), "d1", path=path, actions=[], language="en"),
        cost_card(recording.cost_cards(), path=path, dataset="d1", language="en"),
    )
    shown = [line for card in cards for line in lines_of(card.props())]
    assert len(shown) >= 2
    for line in shown:
        assert NAMES[1] in str(parsed(line))
    for step in recording.manifest().steps:
        parsed(step.command)


def test_a_price_that_a_person_changed_is_the_same_on_the_command_line(tmp_path: Path) -> None:
    from agent.costing import assume, cost_request
    from tools.cost import estimate
    from tools.cost.request import parse_request

    case = Case(facts={"requests_per_day": Noted(value=12_000), "prompt_tokens": Noted(value=800)})
    assume(case, {"months": "24", "labour_hours": "10", "retrain_hours": "3", "cached_share": "0.5"})
    request = cost_request(case, "azure", "gpt-4.1-mini", dataset=ROOT / "examples" / "zava" / "tickets.jsonl")
    path = shlex.quote(str(request.dataset))
    found = parsed(f"finetune-advisor cost {path} --provider azure --model gpt-4.1-mini {as_options(request)}")
    same = parse_request(
        dict(pair.split("=") for pair in found["assume"]), dataset=found["file"], provider="azure", model="gpt-4.1-mini"
    )
    assert estimate(same).total_usd == estimate(request).total_usd


def lines_of(value: Any) -> list[str]:
    """All command lines inside a card."""
    if isinstance(value, dict):
        return [line for inner in value.values() for line in lines_of(inner)]
    if isinstance(value, list):
        return [line for inner in value for line in lines_of(inner)]
    return [value] if isinstance(value, str) and value.startswith("finetune-advisor ") else []


def test_no_card_names_a_command_by_hand_that_is_not_there() -> None:
    for path in (ROOT / "ui" / "chat").rglob("*.py"):
        for text in re.findall(r'"(finetune-advisor [a-z][^"]+)"', path.read_text()):
            parsed(re.sub(r"\{[^}]*\}", "x", text))
