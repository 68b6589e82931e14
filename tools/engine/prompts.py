"""Reinforcement rows: a conversation to answer, and all the grader may read."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from tools.engine.render import Renderer, plain_message
from tools.engine.rows import Row


@dataclass(frozen=True)
class Prompt:
    """One row as the trainer takes it."""

    columns: ClassVar[tuple[str, ...]] = ("prompt", "item")

    line: int
    prompt: list[dict[str, Any]]
    item: str
    """The whole row as JSON: what `{{item.…}}` reads."""
    ids: list[int]
    trained: int = 0
    """Nothing of the row is learnt by heart: the model learns from its own answers."""

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return len(self.ids)

    def shown(self) -> list[tuple[int, bool]]:
        """(token, whether it is trained): none is."""
        return [(token, False) for token in self.ids]


def prompt(renderer: Renderer, row: Row) -> Prompt:
    """Render one row for its answer."""
    renderer.refuse_tools(row)
    messages = [plain_message(m) for m in row.value["messages"]]
    ids = renderer.ids(messages)
    return Prompt(row.line, messages, json.dumps(row.value, ensure_ascii=False), ids)
