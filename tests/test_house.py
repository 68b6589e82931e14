"""The house itself: small files, floors under known holes, no shell, nothing of this machine."""

import ast
import re
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PACKAGES = ("knowledge", "tools", "agent", "ui")
SOURCES = sorted(p for name in PACKAGES for p in (ROOT / name).rglob("*.py"))

FLOORS = {
    "chainlit": "2.12.0",
    "semantic-kernel": "1.45",
    "openai": "3.52",
    "duckdb": "2.0",
    "opentelemetry-sdk": "1.45",
}


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_no_dependency_below_its_security_floor(package: str, floor: str) -> None:
    assert Version(version(package)) >= Version(floor)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_holds_one_idea(path: Path) -> None:
    lines = path.read_text().count("\n")
    assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines: split it"


def test_no_shell_is_ever_started() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                assert not any(k.arg == "shell" for k in node.keywords), f"{path}:{node.lineno}"
                assert ast.unparse(node.func) not in ("os.system", "os.popen"), f"{path}:{node.lineno}"


def test_pins_name_no_registry() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        for line in path.read_text().splitlines():
            assert re.match(r"^[a-z0-9.\-]+==[^ ]+( ;.*)?$", line), f"{path.name}: {line}"
