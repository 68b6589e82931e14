"""What docs/lint.md says of the pre-commit hook is so."""

import re
from pathlib import Path

import yaml

from ui.cli.main import COMMANDS

ROOT = Path(__file__).parents[3]


def test_the_pre_commit_hook_runs_a_command_that_exists() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] in (ROOT / "docs" / "lint.md").read_text()
    program, command = hook["entry"].split()
    assert (program, hook["language"]) == ("finetune-advisor", "system")
    assert command in COMMANDS
    assert re.search(hook["files"], "data/train.jsonl")
    assert not re.search(hook["files"], "notes.md")
