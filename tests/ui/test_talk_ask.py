"""`ask` on standard input and output, as the contract has it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MAIN = [sys.executable, "-c", "from ui.cli.main import main; main()", "ask"]


def ask(home: Path, *lines: str, flags: tuple[str, ...] = ("--json",), **env: str) -> list[dict[str, Any]]:
    import os

    done = subprocess.run(
        [*MAIN, *flags], input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=120,
        env={**os.environ, "ADVISOR_HOME": str(home), **env}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_answer_that_tells_two_things_is_one_turn_and_what_it_told_is_not_asked(home: Path) -> None:
    out = ask(
        home,
        '{"user": "our bot answers in the wrong tone"}',
        '{"answer": {"prompt_effort": "single_prompt"}}',
        '{"answer": {"meets_target": true, "latency_or_cost_pressure": false}}',
    )
    assert out[2]["facts"]["latency_or_cost_pressure"] is False
    assert out[2]["say"].count("Do nothing") == 1
    assert out[2].get("could_ask", {}).get("fact") not in out[2]["facts"]


def test_what_is_not_known_may_be_told_with_what_is(home: Path) -> None:
    out = ask(
        home,
        '{"user": "our bot answers in the wrong tone"}',
        '{"answer": {"meets_target": null, "evals_defined": false}}',
        '{"answer": {"baseline_score": null, "target_score": null}}',
    )
    assert out[1]["facts"]["evals_defined"] is False
    assert "meets_target" not in out[1]["facts"]
    assert all((line["ask"] or {}).get("fact") != "meets_target" for line in out[1:])


def test_one_line_out_for_one_line_in(home: Path) -> None:
    out = ask(
        home,
        '{"user": "our bot answers in the wrong tone, 3k old tickets"}',
        '{"answer": {"prompt_effort": "single_prompt"}}',
        "not json",
        '{"user": 5}',
        "[]",
        '{"answer": {"nonsense": 1}}',
        '{"answer": {"examples": -1}}',
        '{"answer": {"evals_defined": null}}',
        '{"user": "what is LoRA?"}',
    )
    assert len(out) == 9
    for line in out:
        assert {"say", "ask", "facts", "recommendation"} <= set(line)
    assert out[0]["ask"]["fact"] == "prompt_effort"
    assert set(out[0]["ask"]) == {"fact", "question", "why", "options"}
    assert {"value", "label"} == set(out[0]["ask"]["options"][0])
    assert out[1]["recommendation"]["decision"] == "prompt_engineering"
    assert out[1]["recommendation"]["status"] == "recommend"
    assert out[1]["ask"] is None
    for line in out[2:7]:
        assert line["error"]
        assert "\n" not in line["error"]
        assert line["facts"] == out[1]["facts"], "a bad line changes nothing"
    assert "error" not in out[7]
    assert "LoRA" in out[8]["say"]
    assert out[8]["facts"] == out[1]["facts"]


def test_nothing_known_points_nowhere(home: Path) -> None:
    (out,) = ask(home, '{"user": "is lora better than rag"}')
    assert out["recommendation"] is None
    assert out["ask"]["fact"] == "gaps"


def test_a_setting_that_cannot_work_is_one_line_and_the_talk_goes_on(home: Path) -> None:
    line = '{"user": "the bot invents prices; our prices change every month"}'
    (out,) = ask(home, line, ADVISOR_MODEL="m", ADVISOR_BASE_URL="nonsense")
    assert out["recommendation"]["decision"] == "rag"
    assert len(out["notes"]) == 1
    assert "ADVISOR_BASE_URL" in out["notes"][0]


def test_people_get_text_and_numbers_for_options(home: Path) -> None:
    import os

    done = subprocess.run(
        MAIN, input="our bot answers in the wrong tone, 3k tickets\n2\n", capture_output=True, text=True, timeout=120,
        env={**os.environ, "ADVISOR_HOME": str(home)}, check=True,
    )  # fmt: skip
    assert "2. A plain instruction" in done.stdout
    assert "Do not train yet." in done.stdout
    assert "{" not in done.stdout


@pytest.mark.parametrize(
    ("locale", "greeting", "reply", "answers"),
    [
        ("de_DE.UTF-8", "Was soll das Modell tun", "Soll ich feintunen?\n8, 11\n", "1. Noch nichts"),
        ("zh_CN.UTF-8", "请说说", "我该微调吗？\n8, 11\n", "1. 还没有"),
    ],
)
def test_a_terminal_is_spoken_to_in_its_language_and_numbers_answer(
    home: Path, locale: str, greeting: str, reply: str, answers: str
) -> None:
    import os

    done = subprocess.run(
        MAIN, input=reply, capture_output=True, text=True, timeout=120, check=True, encoding="utf-8",
        env={**os.environ, "ADVISOR_HOME": str(home), "LC_ALL": locale, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert greeting in done.stdout
    assert answers in done.stdout, "the question after two numbers of a list"


@pytest.mark.parametrize("text", ["the bot invents prices; our prices change every month", "what is LoRA?"])
def test_the_first_answer_comes_within_300_ms_once_started(
    home: Path, text: str, patience: Callable[[], float]
) -> None:
    """Processor time of the process, so that a busy machine does not decide; wall time is printed by the bench."""
    import os

    code = (
        "import sys, time, asyncio\n"
        "from agent.warm import warm_up\nwarm_up()\n"
        "from agent.case import Case\nfrom agent.turn import Conversation\nfrom ui.cli.ask import turn\n"
        "c = Conversation(Case()); t = time.process_time()\n"
        f"asyncio.run(turn(c, c.say({text!r})))\n"
        "print(time.process_time() - t)"
    )
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ, "ADVISOR_HOME": str(home)},
    )  # fmt: skip
    assert float(done.stdout) < 0.3 * patience(), f"{done.stdout} s, {time.perf_counter() - start:.1f} s with the start"
