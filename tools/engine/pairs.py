"""Preference rows (DPO) as tokens: a prompt, the answer preferred, the answer not preferred."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tools.engine.render import Encoded, Renderer
from tools.engine.rows import DataError, Row


@dataclass(frozen=True)
class Pair:
    """One row as the trainer takes it; field names are TRL's."""

    columns: ClassVar[tuple[str, ...]] = ("prompt_ids", "chosen_ids", "rejected_ids")

    line: int
    prompt_ids: list[int]
    chosen_ids: list[int]
    rejected_ids: list[int]

    @property
    def length(self) -> int:
        """Tokens of the longer side."""
        return len(self.prompt_ids) + max(len(self.chosen_ids), len(self.rejected_ids))

    @property
    def trained(self) -> int:
        """Tokens compared."""
        return len(self.chosen_ids) + len(self.rejected_ids)

    def shown(self) -> list[tuple[int, bool]]:
        """(token, whether it is learnt from) of the preferred side."""
        return [(t, False) for t in self.prompt_ids] + [(t, True) for t in self.chosen_ids]


def pair(renderer: Renderer, row: Row) -> Pair:
    """Encode one preference row in OpenAI's form.

    Raises:
        DataError: the template cannot render it, or both answers are the same.
    """
    asked = row.value["input"]
    sides = [
        _answer(renderer, row.line, asked, row.value[side]) for side in ("preferred_output", "non_preferred_output")
    ]
    (prompt, chosen), (other, rejected) = sides
    if prompt != other:
        raise DataError(f"Line {row.line}: the two answers do not follow the same prompt.")
    if chosen == rejected:
        raise DataError(f"Line {row.line}: the preferred and the other answer are the same.")
    return Pair(row.line, prompt, chosen, rejected)


def _answer(renderer: Renderer, line: int, asked: dict[str, Any], answer: Any) -> tuple[list[int], list[int]]:
    """(prompt, answer) as tokens; only the last assistant message of the answer is learnt from."""
    messages = [{**m, "weight": 0} if m["role"] == "assistant" else m for m in asked["messages"]]
    before = [{**m, "weight": 0} if m["role"] == "assistant" else m for m in answer[:-1]]
    whole = [*messages, *before, answer[-1]]
    encoded: Encoded = renderer.supervised(Row(line, {"messages": whole, "tools": asked.get("tools")}))
    starts = encoded.first_trained
    ends = encoded.last_trained + 1
    return encoded.input_ids[:starts], encoded.input_ids[starts:ends]
