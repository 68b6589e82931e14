"""Documents that cannot lie: links lead somewhere, every command is named, and what is shown is there."""

import re
from pathlib import Path

import click
import pytest

from ui.cli.main import COMMANDS, LazyGroup

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
SHOWN = re.compile(r"^\s*(?:\$ )?finetune-advisor ([a-z-]+)(?: ([a-z-]+))?", re.M)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_and_has_help(command: str) -> None:
    text = "\n".join(p.read_text() for p in PAGES)
    assert f"finetune-advisor {command}" in text, f"no page shows `finetune-advisor {command}`"
    found = LazyGroup().get_command(click.Context(LazyGroup()), command)
    assert found is not None
    assert found.help


def test_commands_that_pages_show_exist() -> None:
    group = LazyGroup()
    for page in PAGES:
        for command, sub in SHOWN.findall(page.read_text()):
            assert command in COMMANDS, f"{page.name}: finetune-advisor {command}"
            found = group.get_command(click.Context(group), command)
            if isinstance(found, click.Group) and sub:
                assert sub in found.commands, f"{page.name}: finetune-advisor {command} {sub}"
