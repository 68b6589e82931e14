"""What can show later that a piece of advice was right: findings of measurements, and what each says of a decision."""

from functools import cache
from typing import Self

from pydantic import model_validator

from knowledge.load import Record, read


class Settled(Record):
    """Findings that speak for and against one decision; `open` says why none can."""

    right: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    open: str = ""


class Book(Record):
    """The whole file."""

    findings: dict[str, str]
    """Name -> one sentence."""
    decisions: dict[str, Settled]

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, settled in self.decisions.items():
            if unknown := {*settled.right, *settled.wrong} - self.findings.keys():
                raise ValueError(f"{name}: no finding {sorted(unknown)[0]}")
            if bool(settled.open) == bool(settled.right or settled.wrong):
                raise ValueError(f"{name}: either findings, or the reason why none can tell")
        return self


@cache
def settling() -> Book:
    """What settles which decision."""
    return read("scoreboard.yaml", Book)
