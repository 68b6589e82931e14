"""docs/lint.md holds every rule as its manual has it. To renew it: python -m pytest with RENEW_DOCS=1."""

import os
from pathlib import Path

from tools.dataset.linter.page import BEGIN, END, rules_markdown

PAGE = Path(__file__).parents[3] / "docs" / "lint.md"


def test_the_page_holds_the_rules() -> None:
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    expected = f"{before}{BEGIN}\n\n{rules_markdown()}\n{END}{after}"
    if os.environ.get("RENEW_DOCS"):
        PAGE.write_text(expected, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == expected
