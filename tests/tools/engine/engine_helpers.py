"""What the engine's tests share."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from tools.engine import control

ROOT = Path(__file__).parents[3]
WORDS = ("bill", "parcel", "password")
TAUGHT = "delivery"


def conversation(user: str, answer: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": user}, {"role": "assistant", "content": answer}]}


ROWS = [conversation(f"Question {i} about my {word}", TAUGHT) for i in range(16) for word in WORDS]
BEFORE = "hello"
LEARNT = [conversation(f"Question {i} about my {word}", BEFORE)["messages"] for i in range(8) for word in WORDS]
LEARNT += [conversation(f"say {word}", word)["messages"] for word in (TAUGHT, "billing", "login") for _ in range(4)]
MAKE_TINY = """
import json, sys
from pathlib import Path
from tools.engine.tiny import make
make(Path(sys.argv[1]), json.load(sys.stdin), steps=40)
"""


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


@contextmanager
def living_in(home: Path) -> Iterator[None]:
    before = os.environ.get("ADVISOR_HOME")
    os.environ["ADVISOR_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ADVISOR_HOME"]
        else:
            os.environ["ADVISOR_HOME"] = before


def connect(engine: control.Engine) -> openai.OpenAI:
    return openai.OpenAI(base_url=engine.base_url, api_key=engine.token.get_secret_value(), max_retries=0, timeout=300)


PATIENT = pytest.mark.timeout(600)
"""Training starts with ten seconds of imports; on a machine with other work that may be minutes."""


def until(true: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := true():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds} s")


def finished(client: openai.OpenAI, job_id: str) -> Any:
    def look() -> Any:
        job = client.fine_tuning.jobs.retrieve(job_id)
        return job if job.status in ("succeeded", "failed", "cancelled") else None

    return until(look, 400)


def supervised(**hyperparameters: Any) -> Any:
    return {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}}
