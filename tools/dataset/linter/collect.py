"""Finds become findings: grouped by rule, bounded, with the manual's words, excerpts cut and escaped."""

from tools.dataset.linter.manual import manual
from tools.dataset.linter.rule import Found, Rule
from tools.dataset.records import Finding, Severity

MAX_LINES = 10_000
"""Line numbers kept per finding; the count stays exact."""
EXCERPT = 120
_ORDER = {"error": 0, "warning": 1, "info": 2}


class _Group:
    __slots__ = ("count", "first", "line", "lines", "rule")

    def __init__(self, rule: Rule, found: Found, line: int | None) -> None:
        self.rule, self.first, self.line = rule, found, line
        self.count = 0
        self.lines: list[int] = []


class Collector:
    """Takes finds in any order; gives findings by severity and rule."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._groups: dict[tuple[str, Severity, str], _Group] = {}

    def add(self, rule: Rule, found: Found, line: int | None = None) -> None:
        """Record one find."""
        line = found.line if found.line is not None else line
        severity = found.severity or rule.severity
        key = (rule.id, severity, found.file or self._file)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = _Group(rule, found, line)
        group.count += 1
        if line is not None and len(group.lines) < MAX_LINES and (not group.lines or group.lines[-1] != line):
            group.lines.append(line)
            if group.line is not None and line < group.line:
                group.first, group.line = found, line

    @property
    def found_rules(self) -> set[str]:
        """Ids of the rules that found something."""
        return {rule for rule, _, _ in self._groups}

    def lines_of(self, rule_id: str, file: str) -> set[int]:
        """The lines of a file that a rule named, up to the bound."""
        groups = (g for (rule, _, of), g in self._groups.items() if (rule, of) == (rule_id, file))
        return {n for g in groups for n in g.lines}

    def findings(self) -> list[Finding]:
        """All findings: errors first, then by rule."""
        made = [self._finding(key, group) for key, group in self._groups.items()]
        return sorted(made, key=lambda f: (_ORDER[f.severity], f.rule, f.line or 0))

    def _finding(self, key: tuple[str, Severity, str], group: _Group) -> Finding:
        rule_id, severity, file = key
        page = manual(rule_id)
        lines = sorted(set(group.lines))
        return Finding(
            rule=rule_id,
            severity=severity,
            line=lines[0] if lines else None,
            lines=lines,
            count=group.count,
            file=file,
            title=page.title,
            message=group.first.message,
            remedy=group.first.remedy or " ".join(page.remedy.split()),
            fixable=group.rule.fix is not None,
            offer=group.first.offer,
            place=group.first.place,
            excerpt=escape(group.first.excerpt),
        )


def escape(text: str) -> str:
    """A short, one-line, harmless form of any text: controls, bidi marks and half pairs as escapes."""
    cut = text[:EXCERPT]
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in cut)
    return shown + ("…" if len(text) > EXCERPT else "")
