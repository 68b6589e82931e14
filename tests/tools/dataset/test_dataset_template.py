"""A long instruction that all questions share is no likeness; and languages are told by their script."""

import json
from pathlib import Path

import pytest

from tools.dataset import LintRequest, SplitRequest, lint, split
from tools.dataset.linter.language import script
from tools.dataset.near import shared_opening

INSTRUCTION = "You are an expert in sums. Combine all numbers with plus and minus so that the target comes out. " * 5


def test_a_shared_instruction_does_not_make_near_duplicates(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    rows = [
        {"messages": [{"role": "user", "content": f"{INSTRUCTION}Numbers {i * 37} {i * 11} {i}"}], "target": str(i)}
        for i in range(100)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert "FT802" not in {f.rule for f in lint(LintRequest(path=path)).findings}
    report = split(SplitRequest(path=path, out=tmp_path / "out"))
    assert {p.name: p.examples for p in report.parts} == {"train": 70, "validation": 10, "held_out": 20}


def test_the_opening_ends_at_a_word() -> None:
    assert shared_opening([f"{'word ' * 10}{i}" for i in range(10, 30)]) == "word " * 10
    assert shared_opening([f"short {i}" for i in range(20)]) == ""
    assert shared_opening(["the same text again and again, many times over"] * 9) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Where is my order, please?", "latin"),
        ("Где мой заказ и когда он придет?", "cyrillic"),
        ("このデータを計算してください、お願いします", "kana"),
        ("我们可以使用这个函数来计算数据吗", "han"),
        ("Où est ma commande, s'il vous plaît ?", "latin"),
        ("1234 5678", ""),
        ("Где order where заказ is мой my when когда", "mixed"),
    ],
)
def test_the_script_of_a_text(text: str, name: str) -> None:
    assert script(text) == name


def test_one_question_about_many_images_is_no_likeness(tmp_path: Path) -> None:
    def row(i: int) -> dict[str, object]:
        image = {"type": "image_url", "image_url": {"url": f"https://example.org/{i}.png"}}
        text = f"{i // 2} is the chart; what is the highest value of the graph on its right side, and in which year?"
        asked = {"role": "user", "content": [{"type": "text", "text": text}, image]}
        return {
            "messages": [
                asked,
                {
                    "role": "assistant",
                    "content": f"In chart {i // 2} the highest value on the right side is that of the year 1998.",
                },
            ]
        }

    path = tmp_path / "x.jsonl"
    path.write_text("\n".join(json.dumps(row(i)) for i in range(60)))
    assert not {"FT801", "FT802", "FT803"} & {f.rule for f in lint(LintRequest(path=path)).findings}
