"""docs/lint.md holds every rule as its manual has it. To renew it: python -m pytest with RENEW_DOCS=1."""

import os
import re
from pathlib import Path

import yaml

from tools.dataset.linter.page import BEGIN, END, rules_markdown
from ui.cli.main import COMMANDS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "lint.md"


def test_the_page_holds_the_rules() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    expected = f"{before}{BEGIN}\n\n{rules_markdown()}\n{END}{after}"
    if os.environ.get("RENEW_DOCS"):
        PAGE.write_text(expected, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected


def test_the_pre_commit_hook_runs_a_command_that_exists() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["id"] in (ROOT / "docs" / "lint.md").read_text()
    program, command = hook["entry"].split()
    assert (program, hook["language"]) == ("finetune-advisor", "system")
    assert command in COMMANDS
    assert re.search(hook["files"], "data/train.jsonl")
    assert not re.search(hook["files"], "notes.md")
