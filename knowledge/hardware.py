"""Shapes of open-weight bases and training runs of our own: knowledge/hardware.yaml as frozen records."""

from datetime import date
from functools import cache
from typing import Literal

from knowledge.load import Record, read
from knowledge.prices import Usd as Exact

Method = Literal["full", "lora", "qlora"]


class Shape(Record):
    """What memory and work depend on."""

    hidden: int
    layers: int
    vocabulary: int
    parameters_b: Exact
    """Parameters in billions."""


class Run(Record):
    """One training that was measured, with what it used."""

    model: str
    method: Method
    lora_rank: int
    batch_size: int
    sequence_length: int
    """Tokens of an example, on average."""
    steps: int
    cpu_seconds: Exact
    wall_seconds: Exact
    peak_memory_gb: Exact
    peak_gflops: Exact
    """Matrix multiplication rate measured on the same machine, a second."""
    device: str
    ran_on: date
    note: str


class Hardware(Record):
    """The whole file."""

    shapes: dict[str, Shape]
    runs: dict[str, Run]


@cache
def hardware() -> Hardware:
    """The table."""
    return read("hardware.yaml", Hardware)
