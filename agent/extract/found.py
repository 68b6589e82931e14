"""What was found in a message: a fact, its value, and the words it rests on."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """A fact, its value, and the person's words for it."""

    fact: str
    value: Any
    quote: str
    start: int
    end: int
    rank: int = 0
    alone: bool = False
    place: int = -1
    """Where the number stands that gave the value."""
    by: str = ""
    """Which rule found it (`LANGUAGE:NUMBER`); empty where it follows from other readings."""

    @property
    def values(self) -> tuple[Any, ...]:
        """Each gap, of the gaps found together; else the one value."""
        return tuple(self.value) if self.fact == "gaps" else (self.value,)
