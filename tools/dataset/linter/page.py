"""The list of rules as Markdown, made from the manuals, so that docs/lint.md cannot fall behind them."""

from tools.dataset.linter.manual import manual
from tools.dataset.linter.rule import GROUPS, all_rules

BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"


def rules_markdown() -> str:
    """Every rule by group: id, severity, title, remedy."""
    lines = []
    for prefix, name in GROUPS.items():
        lines += [
            f"### {name[0].upper()}{name[1:]}",
            "",
            "| rule | severity | what | what to do |",
            "| --- | --- | --- | --- |",
        ]
        for rule in all_rules():
            if rule.id.startswith(prefix):
                page = manual(rule.id)
                lines.append(f"| {rule.id} | {rule.severity} | {_cell(page.title)} | {_cell(page.remedy)} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
