"""A baseline: what was found before is known, so that only new findings count. Lines are known by their text."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tools.dataset.records import Finding, LintReport
from tools.dataset.source import TooLong
from tools.dataset.table import open_source
from tools.errors import InputError

VERSION = 2
Files = Mapping[str, Path]
"""The files of a report: name in the findings -> path."""
Place = tuple[str, str, int | None]
"""Rule, file name, line."""


def write_baseline(report: LintReport, files: Files, target: Path) -> int:
    """Write what a report found; returns how many places. The text of the data is not in it, only digests.

    Raises:
        InputError: it cannot be written.
    """
    known = _counted(report, marks(report, files))
    try:
        text = json.dumps({"version": VERSION, "known": dict(sorted(known.items()))}, indent=1)
        target.write_text(text + "\n", encoding="utf-8")
    except OSError as e:
        raise InputError(f"cannot be written ({e.strerror})", where=str(target)) from None
    return known.total()


def read_baseline(path: Path) -> dict[str, int]:
    """The digests of a baseline file, and how many places each stands for.

    Raises:
        InputError: it is none.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if value["version"] != VERSION:
            raise ValueError
        return {str(k): int(n) for k, n in value["known"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            "this is not a baseline file", where=str(path), remedy="Write one with --write-baseline FILE."
        ) from None


def apply_baseline(report: LintReport, files: Files, known: Mapping[str, int]) -> LintReport:
    """The report without what is known. The same line once more than before is new."""
    found = marks(report, files)
    left_over = Counter(dict(known))
    left: list[Finding] = []
    hidden = 0
    for finding in report.findings:
        places = _places(finding)
        new = []
        for place in places:
            mark = found[finding.rule, finding.file, place]
            if left_over[mark] > 0:
                left_over[mark] -= 1
            else:
                new.append(place)
        unseen = _unlisted(finding) - left_over[_beyond(finding)]  # places that no line number was kept of
        hidden += len(places) - len(new)
        if new == places or (not new and unseen > 0):
            left.append(finding)
        elif new:
            left.append(_only(finding, new))
    ok = not any(f.severity == "error" for f in left)
    return report.model_copy(update={"findings": left, "ok": ok, "known": hidden})


def _only(finding: Finding, places: list[int | None]) -> Finding:
    lines = [p for p in places if p is not None]
    change: dict[str, object] = {"lines": lines, "line": lines[0] if lines else None, "count": len(places)}
    if change["line"] != finding.line:  # message and excerpt are those of the first place
        change |= {"message": finding.title or finding.message, "place": "", "excerpt": ""}
    return finding.model_copy(update=change)


def marks(report: LintReport, files: Files) -> dict[Place, str]:
    """A digest per place, of the rule and the line's text (for a whole file: the rule); it stays when lines move."""
    texts = {
        name: _texts(path, {n for f in report.findings if f.file == name for n in f.lines})
        for name, path in files.items()
    }
    found: dict[Place, str] = {}
    for finding in report.findings:
        for place in _places(finding):
            text = b"" if place is None else texts.get(finding.file, {}).get(place, str(place).encode())
            found[finding.rule, finding.file, place] = _digest(finding.rule, text)
    return found


def _texts(path: Path, wanted: set[int]) -> dict[int, bytes]:
    source = open_source(path)
    if not wanted or not source.readable:
        return {}
    return {
        number: raw.head if isinstance(raw, TooLong) else raw.strip()
        for block in source.blocks()
        for number, raw in zip(block.numbers, block.lines, strict=True)
        if number in wanted
    }


def _digest(rule: str, text: bytes) -> str:
    return hashlib.blake2b(f"{rule}\0".encode() + text, digest_size=12).hexdigest()


def _places(finding: Finding) -> list[int | None]:
    return [*finding.lines] or [None]


def _unlisted(finding: Finding) -> int:
    from tools.dataset.linter.collect import MAX_LINES

    return finding.count - len(finding.lines) if len(finding.lines) >= MAX_LINES else 0


def _beyond(finding: Finding) -> str:
    return _digest(finding.rule, f"beyond\0{finding.file}".encode())


def _counted(report: LintReport, found: Mapping[Place, str]) -> Counter[str]:
    known = Counter(found[f.rule, f.file, place] for f in report.findings for place in _places(f))
    known.update({_beyond(f): n for f in report.findings if (n := _unlisted(f))})
    return known
