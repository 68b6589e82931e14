"""The third door through a real MCP client over standard input and output."""

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.shared.exceptions import McpError
from mcp.types import TextContent
from pydantic import AnyUrl

from ui.mcp.tools import TOOLS

CANARY = "canary-4711"
ROW = {
    "messages": [
        {"role": "user", "content": f"Where is my order {CANARY}?"},
        {"role": "assistant", "content": "On its way."},
    ]
}


@asynccontextmanager
async def client(home: Path) -> AsyncIterator[ClientSession]:
    code = "from ui.cli.main import main; main()"
    env = {**os.environ, "ADVISOR_HOME": str(home)}
    server = StdioServerParameters(command=sys.executable, args=["-c", code, "mcp"], env=env)
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        yield session


async def called(session: ClientSession, name: str, **arguments: Any) -> tuple[bool, dict[str, Any]]:
    result = await session.call_tool(name, arguments)
    (part,) = result.content
    assert isinstance(part, TextContent)
    return bool(result.isError), json.loads(part.text)


def test_nothing_here_spends_or_decides_for_a_person() -> None:
    assert sorted(TOOLS) == [
        "advise", "compare_evals", "count_tokens", "decide", "estimate_cost", "lint", "list_evals", "list_jobs",
        "look_up", "propose_plan", "read_job", "write_page",
    ]  # fmt: skip
    source = (Path(__file__).parents[3] / "ui" / "mcp").rglob("*.py")
    for path in source:
        text = path.read_text()
        assert "launcher" not in text
        assert "jobs.approval" not in text
        assert "keeping.decide" not in text


async def test_a_whole_story_over_the_wire(home: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(ROW) + "\n" for _ in range(12)) + "{broken\n")
    async with client(home) as session:
        listed = {x.name: x for x in (await session.list_tools()).tools}
        assert listed.keys() == TOOLS.keys()
        assert listed["lint"].annotations is not None
        assert listed["lint"].annotations.readOnlyHint is True
        assert listed["propose_plan"].inputSchema["additionalProperties"] is False

        _, first = await called(session, "advise", text="Our bot has a different tone every time, 3000 old tickets")
        assert first["facts"]["examples"] == 3000
        assert first["ask"]["fact"]
        _, second = await called(
            session, "advise", case_id=first["case_id"], answers={"prompt_effort": "single_prompt"}
        )
        assert second["recommendation"]["decision"] == "prompt_engineering"

        _, direct = await called(session, "decide", facts=second["facts"])
        assert direct == second["recommendation"]

        failed, found = await called(session, "lint", path=str(rows))
        assert not failed
        assert [f["line"] for f in found["findings"] if f["rule"] == "FT101"] == [13]
        assert CANARY not in json.dumps(found)

        _, page = await called(session, "write_page", case_id=first["case_id"], language="de")
        assert page["markdown"].startswith("# ")
        assert "Empfehlung" in page["markdown"]
        uris = [str(r.uri) for r in (await session.list_resources()).resources]
        assert f"advisor://cases/{first['case_id']}" in uris
        assert f"advisor://pages/{page['page_id']}" in uris
        (content,) = (await session.read_resource(AnyUrl(f"advisor://cases/{first['case_id']}"))).contents
        assert json.loads(content.text)["recommendation"]["decision"] == "prompt_engineering"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("launch", {}, "there is no tool"),
        ("lint", {}, "path"),
        ("lint", {"path": "/nowhere.jsonl"}, "there is no such file"),
        ("lint", {"path": "x", "sudo": True}, "there is no such argument"),
        ("decide", {"facts": {"examples": "many"}}, "a number is expected"),
        ("advise", {}, "neither text nor an answer"),
        ("advise", {"text": "hi", "case_id": "cffffffffffff"}, "no case"),
        ("read_job", {"job_id": "x"}, "no job"),
        ("estimate_cost", {"provider": "opnai", "model": "x"}, "openai"),
    ],
)
async def test_what_does_not_fit_is_an_error_in_words(
    home: Path, name: str, arguments: dict[str, Any], words: str
) -> None:
    from ui.mcp.server import _called

    result = await _called(name, arguments, lambda *_: None)
    assert result.isError
    (part,) = result.content
    assert isinstance(part, TextContent)
    assert words in part.text


ZAVA = str(Path(__file__).parents[3] / "examples" / "zava" / "tickets.jsonl")
WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("lnit", {"path": ZAVA}, "Did you mean 'lint'?"),
    ("", {}, "there is no tool ''"),
    # missing, of another type, one too many
    ("count_tokens", {}, "is wanted"),
    ("lint", {"path": 7}, "a path is expected, as text"),
    ("lint", {"path": None}, "a path is expected, as text"),
    ("advise", {"answers": [1]}, "dictionary"),
    ("advise", {"text": "x" * 20_001}, "at most 20000 characters"),
    ("look_up", {"query": ""}, "at least 1 character"),
    ("list_jobs", {"limit": 3}, "there is no such argument"),
    ("propose_plan", {"training_file": ZAVA, "technique": "magic"}, "'sft', 'dpo' or 'rft'"),
    ("write_page", {"case_id": "x", "language": "xx"}, "'en', 'de', 'es', 'fr' or 'zh'"),
    # files that are none of ours
    ("lint", {"path": "/etc"}, "this is a folder, not a file"),
    ("lint", {"path": "/dev/zero"}, "not an ordinary file"),
    ("lint", {"path": "a\0b"}, "there is no such file"),
    ("count_tokens", {"path": __file__}, "no example can be read"),
    ("propose_plan", {"training_file": __file__}, "no example can be read"),
    ("propose_plan", {"training_file": ZAVA, "validation_file": "/etc"}, "this is a folder, not a file"),
    # names and numbers that do not exist
    ("decide", {"facts": {"gapz": ["format"]}}, "Did you mean 'gaps'?"),
    ("decide", {"facts": {"examples": -3}}, "greater than or equal to 0"),
    ("decide", {"facts": {}, "declined": ["weather"]}, "there is no fact named 'weather'"),
    ("advise", {"answers": {"weather": 1}}, "there is no fact named 'weather'"),
    ("advise", {"text": "hi", "case_id": "../../etc/passwd"}, "there is no case"),
    ("estimate_cost", {"provider": "azur", "model": "x"}, "Did you mean 'azure'?"),
    ("estimate_cost", {"provider": "azure", "model": "gpt-4.1-mini", "assume": {"months": -1}}, "months"),
    ("propose_plan", {"training_file": ZAVA, "backend": "nosuch"}, "there is no backend 'nosuch'"),
    ("propose_plan", {"training_file": ZAVA, "backend": "openai"}, "Set OPENAI_API_KEY."),
    ("read_job", {"job_id": "nosuch"}, "there is no job 'nosuch'"),
    ("compare_evals", {"baseline": "a", "candidate": "b"}, "there is no eval named 'a'"),
    ("write_page", {"case_id": "nosuch"}, "there is no case 'nosuch'"),
)


async def test_one_server_survives_every_wrong_call_and_answers_the_next(home: Path) -> None:
    async with client(home) as session:
        for name, arguments, words in WRONG:
            failed, said = await called(session, name, **arguments)
            assert failed, (name, arguments)
            assert words in json.dumps(said), (name, said)
            assert not any(word in json.dumps(said) for word in ("Traceback", "pathlib", "pydantic")), said
        for address in ("advisor://cases/nosuch", "advisor://pages/nosuch", "file:///etc/passwd", "advisor://cases/"):
            with pytest.raises(McpError, match="there is no"):
                await session.read_resource(AnyUrl(address))
        failed, found = await called(session, "lint", path=ZAVA)
        assert (failed, found["examples"]) == (False, 320)


async def told(name: str, **arguments: Any) -> dict[str, Any]:
    from ui.mcp.server import _called

    result = await _called(name, arguments, lambda *_: None)
    assert not result.isError, result.content
    return dict(result.structuredContent or {})


async def test_a_case_of_the_chat_keeps_its_cards_when_a_program_goes_on_with_it(home: Path) -> None:
    from tools.records.cases import load_case, save_case

    first = await told("advise", text="Our bot has a different tone every time, 3000 old tickets")
    case = load_case(first["case_id"], "local")
    cards = {"card1": {"name": "question"}}
    save_case(case.id, "local", case.title, {**case.document, "cards": cards})
    await told("advise", case_id=case.id, answers={"prompt_effort": "single_prompt"})
    assert load_case(case.id, "local").document["cards"] == cards


async def test_a_proposed_plan_says_findings_by_rule_and_line_and_quotes_no_row(home: Path, tmp_path: Path) -> None:
    rows = [ROW | {CANARY: 1}, {"messages": [{"role": CANARY, "content": "x"}, ROW["messages"][1]]}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in [*[ROW] * 10, *rows]))
    plan = await told("propose_plan", training_file=str(path))
    assert CANARY not in json.dumps(plan)
    assert any(b["message"].startswith("FT206 (line 12).") for b in plan["blockers"])
