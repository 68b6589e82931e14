"""Documents that cannot lie: links lead somewhere, every command is named, and what is shown is there."""

import re
from pathlib import Path

import click
import pytest

from docs import make
from ui.cli.main import COMMANDS, LazyGroup

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
INSIDE = {"ADVISOR_SIGN_IN", "ADVISOR_RAY_JOB"}
"""Set by the product for itself; nobody sets them."""
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


@pytest.mark.parametrize("page", [p for p in PAGES if "<!-- made:" in p.read_text()], ids=lambda p: p.stem)
def test_what_comes_from_the_code_is_up_to_date(page: Path) -> None:
    assert make.made(page.read_text()) == page.read_text(), "run `make docs`"


def test_the_readme_is_read_in_three_minutes() -> None:
    assert len((ROOT / "README.md").read_text().split()) <= 700


def test_every_page_is_reached_from_the_index() -> None:
    reached, wanted = set(), [ROOT / "docs" / "README.md"]
    while wanted:
        page = wanted.pop()
        reached.add(page)
        targets = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text())
        wanted += [p for t in targets if (p := (page.parent / t).resolve()) not in reached and p.is_file()]
    missing = [str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md") if p not in reached]
    assert [m for m in missing if "decisions/" not in m] == []


def test_every_setting_is_in_the_list() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for house in ("tools", "agent", "ui"):
        for path in (ROOT / house).rglob("*.py"):
            for name in re.findall(r'"(ADVISOR_[A-Z_]+|AZURE_OPENAI_[A-Z_]+)"', path.read_text()):
                assert name in text or name in INSIDE, f"{path.relative_to(ROOT)}: {name}"


def test_messages_that_pages_quote_are_said_by_the_code() -> None:
    """In a table of what can go wrong: three words in a row of each message stand in the source."""
    houses = [ROOT / house for house in ("tools", "ui", "knowledge")]
    files = [f for house in houses for end in ("py", "yaml") for f in house.rglob(f"*.{end}")]
    source = " ".join(f.read_text(encoding="utf-8") for f in files)
    said = " ".join(re.sub(r'["{}]', " ", source).split())
    for page in [*(ROOT / "docs" / "providers").glob("*.md"), ROOT / "docs" / "ray.md"]:
        for row in re.findall(r"^\| (.*?) \|", page.read_text(), re.M):
            for quoted in re.findall(r"`([^`]+ [^`]+ [^`]+ [^`]+)`", row):
                words = quoted.replace("...", " ").split()
                runs = [" ".join(words[i : i + 3]) for i in range(len(words) - 2)]
                assert any(run in said for run in runs), f"{page.name}: {quoted}"


def test_every_option_says_what_it_does() -> None:
    for line in (ROOT / "docs" / "reference" / "commands.md").read_text().splitlines():
        if line.startswith("| `-"):
            assert re.sub(r"\[[^]]*\]", "", line.split("` |", 1)[1]).strip(" |"), line
