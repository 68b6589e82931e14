"""A table's columns are named by a person: buttons for few of them, lists to choose from for many."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.case import Case, DatasetRef
from tools.dataset import LintRequest, lint
from tools.errors import InputError
from ui.chat import clicks
from ui.chat.cards.blocks import Entries
from ui.chat.cards.findings import findings_card
from ui.chat.journey import data
from ui.chat.words import words

W = words("en")


def table(folder: Path, header: str) -> DatasetRef:
    path = folder / "table.csv"
    row = ",".join(f"value of {name}" for name in header.split(","))
    path.write_text("\n".join([header, *[f"{row} {i}" for i in range(60)]]) + "\n")
    return DatasetRef(id="d1", name=path.name, path=str(path))


def test_a_table_with_many_columns_offers_their_names_to_choose_from(tmp_path: Path) -> None:
    ref = table(tmp_path, "id,text,lang,team")
    report = lint(LintRequest(path=Path(ref.path)))
    card = findings_card(report, "d1", path=ref.path, actions=[], mapping=data._column_form(ref, W))
    (form,) = [b for b in card.blocks if isinstance(b, Entries)]
    assert [e.name for e in form.items] == ["user", "assistant"]
    assert all(e.choices == ["id", "text", "lang", "team"] for e in form.items)
    assert form.action in clicks.CLICKS


def test_a_table_with_few_columns_has_a_button_for_each_pair_and_no_lists(tmp_path: Path) -> None:
    ref = table(tmp_path, "text,team")
    assert data._column_form(ref, W) is None
    assert len(data._column_buttons(ref, W)) == 2


@pytest.mark.parametrize("given", [{"user": "text"}, {"assistant": "team"}, {"user": "text", "assistant": "text"}])
async def test_half_a_choice_or_the_same_column_twice_is_said_and_converts_nothing(
    tmp_path: Path, given: dict[str, str]
) -> None:
    ref = table(tmp_path, "id,text,lang,team")
    talk: Any = SimpleNamespace(case=Case(datasets=[ref]), words=W)
    with pytest.raises(InputError) as said:
        await clicks.convert(talk, {"dataset": "d1", "given": given})
    assert str(said.value) == W("invite.column_both")  # one full stop, not two
    assert not list(tmp_path.glob("*.chat.jsonl"))
