"""One engine with a tiny random model for the whole folder; a test that must break one starts its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from engine_helpers import LEARNT, MAKE_TINY, ROOT, ROWS, connect, jsonl, living_in

from tools.engine import control


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that holds the model `tiny`; torch stays in another process."""
    home = tmp_path_factory.mktemp("engine-home")
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", MAKE_TINY, str(home / "models" / "tiny")]
    subprocess.run(argv, input=json.dumps(LEARNT), text=True, check=True, env=env, stderr=subprocess.DEVNULL)
    return home


@pytest.fixture(scope="session")
def engine(tiny_home: Path) -> Iterator[control.Engine]:
    with living_in(tiny_home):
        running = control.ensure_running()
    yield running
    with living_in(tiny_home):
        assert control.stop(if_idle=False)


@pytest.fixture(scope="session")
def client(engine: control.Engine) -> Iterator[openai.OpenAI]:
    with connect(engine) as made:
        yield made


@pytest.fixture(scope="session")
def training_file(client: openai.OpenAI) -> str:
    return client.files.create(file=("train.jsonl", jsonl(ROWS)), purpose="fine-tune").id
