"""RAFT's default parameters: knowledge/raft.yaml as frozen records."""

from functools import cache

from knowledge.load import Record, read


class RaftDefault(Record):
    """One parameter."""

    value: float
    source: str
    """A key of knowledge/sources/."""
    why: str


@cache
def raft_defaults() -> dict[str, RaftDefault]:
    """All by name."""
    return read("raft.yaml", dict[str, RaftDefault])
