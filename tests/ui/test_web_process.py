"""What the web process must never load, and what a person's first minutes cost it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
NEVER = ("torch", "transformers", "trl", "peft", "datasets", "accelerate", "traceloop.sdk.client")
NOT_AT_START = (*NEVER, "scipy", "pandas", "semantic_kernel", "duckdb", "plotly", "openai")
START = """
import asyncio, sys, json
from ui.web.app import create_app
create_app()
at_start = [m for m in json.loads(sys.argv[1]) if m in sys.modules]
from agent.case import Case, Noted
from agent.turn import Conversation
from pathlib import Path
from tools.cost import CostRequest, estimate
from tools.dataset import LintRequest, SplitRequest, lint, split
from tools.evals.graders.propose import propose_grader
from tools.jobs.models import PlanRequest
from tools.jobs.plan import propose
rows = Path(sys.argv[2])
async def talk():
    conversation = Conversation(Case())
    for text in ("Should I fine-tune?", "the tone is off, 3k tickets", "a plain instruction", "what is LoRA?"):
        async for _ in conversation.say(text):
            pass
    async for _ in conversation.measured({"baseline_score": Noted(value=0.4, how="measured")}, always=True):
        pass
asyncio.run(talk())
lint(LintRequest(path=rows))
estimate(CostRequest(provider="azure", model="gpt-4.1-mini", dataset=rows))
parts = split(SplitRequest(path=rows, out=Path(sys.argv[3]))).parts
propose_grader(Path(parts[0].path))
propose(PlanRequest(training_file=Path(parts[0].path)))
from tools.engine import control
control.status()
print(json.dumps([at_start, [m for m in json.loads(sys.argv[4]) if m in sys.modules]]))
"""


def test_no_training_library_in_the_web_process_at_start_or_after_a_journey(home: Path, tmp_path: Path) -> None:
    import json

    rows = ROOT / "examples" / "zava" / "tickets.jsonl"
    argv = [
        sys.executable,
        "-c",
        START,
        json.dumps(NOT_AT_START),
        str(rows),
        str(tmp_path / "split"),
        json.dumps(NEVER),
    ]
    env = {**os.environ, "ADVISOR_HOME": str(home), "PYTHONPATH": str(ROOT), "ADVISOR_SIGN_IN": "local"}
    done = subprocess.run(argv, capture_output=True, text=True, env=env, timeout=240, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    at_start, after = json.loads(done.stdout.splitlines()[-1])
    assert at_start == []
    assert after == []
