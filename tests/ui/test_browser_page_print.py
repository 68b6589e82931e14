"""The page for a decision, printed from a browser: what is decided and signed stands on one sheet."""

import re
from typing import Any

import pytest

from tools.report.render import html
from ui import recording

pytestmark = pytest.mark.browser
MARGIN = dict.fromkeys(("top", "bottom", "left", "right"), "10mm")


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "zh"])
def test_the_main_part_prints_on_one_sheet_of_either_paper(chromium: Any, language: str) -> None:
    page = chromium.new_page()
    page.set_content(html(recording.page(language)))
    page.evaluate("document.querySelectorAll('.annexes, footer').forEach((e) => e.remove())")
    for paper in ("A4", "Letter"):
        printed = page.pdf(format=paper, margin=MARGIN)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1, (language, paper)
    page.close()
