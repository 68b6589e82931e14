"""Every kind of card on one page: no serious fault of access, both themes, three widths; nothing cut or covered."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from browser_driver import ROOT, Chat, Server
from gallery import kinds
from test_browser_access import open_details, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BEYOND_THE_CARD = """() => [...document.querySelectorAll('.fa-card, .fa-card *')].filter(e => {
  if (e.closest('.fa-scroll, svg, pre, .fa-meaning')) return false
  const card = e.closest('.fa-card').getBoundingClientRect(), box = e.getBoundingClientRect()
  return box.width && (box.right > card.right + 1 || box.left < card.left - 1)
}).map(e => e.closest('.fa-card').dataset.card + ': ' + e.outerHTML.slice(0, 100))"""
WORDS_OVER_WORDS = """() => [...document.querySelectorAll('.fa-card svg')].flatMap(svg => {
  const card = svg.closest('.fa-card').dataset.card, edge = svg.getBoundingClientRect()
  const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()])
  const cut = texts.filter(([, a]) => a.left < edge.left - 1 || a.right > edge.right + 1)
  const over = texts.flatMap(([name, a], i) => texts.slice(i + 1).filter(([, b]) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3)
    .map(([other]) => [name + ' / ' + other]))
  return [...cut, ...over].map(([name]) => card + ': ' + name)
})"""
ELSEWHERE = re.compile(r"ladder-|distil|raft|teacher|terms|where|said")
"""Cards that their own tests look at."""


@pytest.fixture(scope="module")
def hung(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with the gallery in it, and its thread."""
    home, thread = tmp_path_factory.mktemp("gallery") / "home", str(uuid.uuid4())
    home.mkdir()
    argv = [sys.executable, str(ROOT / "tests" / "ui" / "gallery.py"), thread, "en"]
    env = {**os.environ, "ADVISOR_HOME": str(home), "PYTHONPATH": str(ROOT)}
    subprocess.run(argv, check=True, env=env, stderr=subprocess.DEVNULL, timeout=200)
    return home, f"/thread/{thread}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_card_has_no_serious_fault_and_nothing_is_cut(
    hung: tuple[Path, str], window: Callable[..., Chat], scheme: str
) -> None:
    server = Server(hung[0]).start()
    try:
        chat = window(server, color_scheme=scheme, reduced_motion="reduce").open(hung[1])
        chat.card("page")
        shown = {str(card.get_attribute("data-card")) for card in chat.page.locator(".fa-card").all()}
        assert {kind for kind in kinds() - shown if not ELSEWHERE.search(kind)} == set(), "every kind hangs here"
        for width in (1280, 390, 320):
            chat.page.set_viewport_size({"width": width, "height": 900})
            chat.open(hung[1]).card("page")
            open_details(chat)
            chat.page.wait_for_timeout(300)
            assert violations(chat.page) == [], f"{width} px"
            assert chat.sideways() == 0, f"{width} px"
            assert chat.page.evaluate(BEYOND_THE_CARD) == [], f"{width} px"
            assert chat.page.evaluate(WORDS_OVER_WORDS) == [], f"{width} px"
    finally:
        server.close()
