"""A fault in a knowledge file is named by file and key, before a user can meet it."""

from pathlib import Path

import pytest

from knowledge import load
from knowledge.glossary import Term
from knowledge.load import KnowledgeError, read, read_page
from knowledge.pages import Page
from knowledge.techniques import Technique

GOOD = """---
id: p
question: "Why?"
aliases: []
sources: [deck]
checked_on: 2026-11-21
---
Because of this [deck].
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(load, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("rank: {word: rank}", "rank.meaning"),
        ("rank: {word: rank, meaning: m, meening: m}", "rank.meening"),
        ("rank: {word: rank, meaning: [m]}", "rank.meaning"),
        ("rank: {word: a, meaning: b}\nrank: {word: c, meaning: d}", "'rank' stands twice"),
        ("rank: {word: 'a", "f.yaml"),
    ],
    ids=["missing", "misspelt", "wrong type", "twice", "not YAML"],
)
def test_a_yaml_fault_names_file_and_key(folder: Path, text: str, named: str) -> None:
    (folder / "f.yaml").write_text(text)
    with pytest.raises(KnowledgeError, match=r"f\.yaml") as e:
        read("f.yaml", dict[str, Term])
    assert named in str(e.value)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (GOOD.replace("2026-11-21", "soon"), "checked_on"),
        (GOOD.replace("checked_on: 2026-11-21\n", ""), "checked_on"),
        (GOOD.replace("[deck].", "[duck]."), "deck, duck"),
        (GOOD.replace(" [deck].", "."), "differ: deck"),
        (GOOD.replace("id: p\n", "id: p\nid: q\n"), "'id' stands twice"),
        ("Because.", "no head"),
        ("---\n- a\n---\nBecause.", "not a mapping"),
    ],
    ids=["no date", "undated", "other source", "uncited", "twice", "no head", "a list"],
)
def test_a_page_fault_names_file_and_key(folder: Path, text: str, named: str) -> None:
    (folder / "p.md").write_text(text)
    with pytest.raises(KnowledgeError, match=r"p\.md") as e:
        read_page("p.md", Page)
    assert named in str(e.value)


def test_a_good_page_is_read(folder: Path) -> None:
    (folder / "p.md").write_text(GOOD)
    page = read_page("p.md", Page)
    assert (page.answer, page.plain) == ("Because of this.", "Because of this.")


def test_a_claim_without_its_source_is_no_claim(folder: Path) -> None:
    (folder / "t.yaml").write_text("x: {fits: [{text: it does}]}")
    with pytest.raises(KnowledgeError, match=r"t\.yaml"):
        read("t.yaml", dict[str, Technique])


def test_a_missing_file_is_named(folder: Path) -> None:
    with pytest.raises(KnowledgeError, match=r"nowhere\.yaml"):
        read("nowhere.yaml", dict[str, Term])
