"""What all of OpenAI's graders share: a name, and templates filled from the sample and its line."""

import json
import re
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.evals.graders.base import Ask, Item

_PLACE = re.compile(r"\{\{\s*([a-zA-Z_][\w.\[\]-]*)\s*\}\}")


class Part(BaseModel):
    """One grader of the JSON; settings that only the provider reads are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", ignored_types=(cached_property,))
    type: str
    name: str = ""

    @property
    def models(self) -> tuple[str, ...]:
        """Models it asks."""
        return ()

    def score(self, places: Item, ask: Ask | None) -> float | None:
        """The score; None: it cannot be graded."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what scoring holds."""


def filled(template: str, places: Item) -> str | None:
    """The template with its places filled; None when one of them does not exist."""
    missing = False

    def fill(match: re.Match[str]) -> str:
        nonlocal missing
        value: Any = places
        for key in match.group(1).replace("[", ".").replace("]", "").split("."):
            if isinstance(value, list) and key.isdigit() and int(key) < len(value):
                value = value[int(key)]
            else:
                value = value.get(key) if isinstance(value, dict) else None
        missing = missing or value is None
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    text = _PLACE.sub(fill, template)
    return None if missing else text
