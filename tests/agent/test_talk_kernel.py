"""What a mind may call: a frozen list with exact schemas, behind a guard; and nothing of it in the logs."""

import asyncio
import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from agent import events as e
from agent import kernel
from agent.case import Case, Noted
from agent.decide import decide
from agent.facts import Facts
from agent.filters import BUDGET, Guard
from agent.plugins import TOOLS, Desk, call
from agent.turn import Conversation

FUNCTIONS = [
    "record_facts",
    "read_recommendation",
    "look_up_knowledge",
    "lint_dataset",
    "count_tokens",
    "estimate_cost",
    "propose_plan",
    "read_jobs",
    "read_evals",
]


def desk(**case: Any) -> Desk:
    return Desk(case=Case(**case), said="", recommendation=decide(Facts()))


def test_the_kernel_functions_are_this_list_and_no_other() -> None:
    assert list(TOOLS) == FUNCTIONS
    agent = kernel.make_agent(_service(), desk(), Guard(kernel.function_names(), lambda _: None))
    found = sorted(f.fully_qualified_name for p in agent.kernel.plugins.values() for f in p.functions.values())
    assert found == sorted(f"advisor-{name}" for name in FUNCTIONS)


@pytest.mark.parametrize(
    "word", ["launch", "approve", "approval", "start", "cancel", "delete", "write", "shell", "sql", "file"]
)
def test_nothing_that_spends_or_reaches_out_is_among_them(word: str) -> None:
    assert not [name for name in TOOLS if word in name.split("_")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_offers_exactly_its_schema(name: str) -> None:
    tool = TOOLS[name]
    function = kernel.typed_tool(tool, desk())
    schema = tool.args.model_json_schema()
    assert [p.name for p in function.metadata.parameters] == list(schema.get("properties", {}))
    for p in function.metadata.parameters:
        json.dumps(p.schema_data)
        assert "$ref" not in json.dumps(p.schema_data)
        assert p.is_required == (p.name in schema.get("required", []))
    assert not {"path", "file", "url", "owner", "command"} & {p.name for p in function.metadata.parameters}


def _service() -> Any:
    from agent.guided import planner

    return planner()


async def test_arguments_are_checked_and_never_repeated_back() -> None:
    answer = await call(TOOLS["look_up_knowledge"], desk(), {"query": {"secret": "CANARY"}, "more": 1})
    assert answer["error"] == "invalid_arguments"
    assert "CANARY" not in json.dumps(answer)


async def test_a_tool_that_fails_says_so_without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise ValueError("CANARY in /home/somebody/private/file")

    monkeypatch.setattr("knowledge.search.search", broken)
    answer = await call(TOOLS["look_up_knowledge"], desk(), {"query": "x"})
    assert answer["error"] == "failed"
    assert "CANARY" not in json.dumps(answer)


class _Function:
    def __init__(self, name: str) -> None:
        self.fully_qualified_name = name
        self.metadata = kernel.typed_tool(TOOLS["read_jobs"], desk()).metadata


class _Context:
    def __init__(self, name: str, **arguments: Any) -> None:
        self.function, self.arguments = _Function(name), arguments
        self.function_result: Any = None
        self.terminate = False


async def _through(guard: Guard, *contexts: _Context) -> int:
    ran = 0

    async def next_(context: _Context) -> None:
        nonlocal ran
        ran += 1
        context.function_result = "{}"

    await asyncio.gather(*(guard(c, next_) for c in contexts))
    return ran


async def test_the_guard_refuses_what_is_not_on_the_list() -> None:
    context = _Context("advisor-launch")
    assert await _through(Guard(kernel.function_names(), lambda _: None), context) == 0
    assert "not_allowed" in str(context.function_result)


async def test_the_guard_keeps_to_its_budget_even_at_once() -> None:
    guard = Guard(kernel.function_names(), lambda _: None)
    contexts = [_Context("advisor-look_up_knowledge", query=str(i)) for i in range(30)]
    assert await _through(guard, *contexts) == BUDGET
    assert contexts[-1].terminate


async def test_the_guard_runs_an_identical_call_once() -> None:
    guard = Guard(kernel.function_names(), lambda _: None)
    first, second = (_Context("advisor-look_up_knowledge", query="a") for _ in range(2))
    assert await _through(guard, first, second) == 1
    assert second.terminate


CANARY = "zebra-4711-canary"


async def test_logs_hold_nothing_that_was_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger().setLevel(logging.DEBUG)
        conversation = Conversation(Case())
        text = f"what is LoRA? {CANARY} our bot has the wrong tone. we have 3k old {CANARY} tickets"
        events = [x async for x in conversation.say(text)]
    assert any(isinstance(x, e.ToolStarted) for x in events), "a tool with the person's words as an argument has run"
    assert CANARY not in caplog.text


async def test_logs_hold_nothing_with_a_model_either(caplog: pytest.LogCaptureFixture) -> None:
    import talk_wire as t

    from agent.settings import ModelSettings

    replies = [t.calls("advisor-look_up_knowledge", json.dumps({"query": CANARY})), t.status(500, CANARY)]
    with caplog.at_level(logging.DEBUG), t.Wire(*replies, facts=t.says(CANARY)) as wire:
        logging.getLogger().setLevel(logging.DEBUG)
        settings = ModelSettings("scripted", wire.url, "secret-key-77", None, 20.0, 5.0)
        text = f"the assistant must know our handbook {CANARY}"
        _ = [x async for x in Conversation(Case(), settings).say(text)]
    assert CANARY not in caplog.text
    assert "secret-key-77" not in caplog.text
    assert "secret-key-77" not in repr(settings)


async def test_what_waits_for_a_yes_is_not_recorded_once_more_by_a_model() -> None:
    at = desk(suggestions={"documents": Noted(value=True, quote="handbook")})
    at.said = "Our handbook has 40 chapters."
    item = {"fact": "documents", "value": True, "quote": "Our handbook has 40 chapters"}
    assert (await call(TOOLS["record_facts"], at, {"facts": [item]}))["to_confirm"] == []
    assert at.suggestions == {}
    at.case.suggestions = {}
    assert (await call(TOOLS["record_facts"], at, {"facts": [item]}))["to_confirm"] == ["documents"]


def test_extraction_and_decision_import_nothing_heavy() -> None:
    heavy = {"semantic_kernel", "openai", "numpy", "scipy", "duckdb", "torch", "bm25s", "sqlalchemy"}
    code = (
        "import sys, agent.turn, agent.plugins, agent.events, agent.extract as x; x.extract('we have 3k tickets');"
        f"print(sorted(set(sys.modules) & {heavy!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
