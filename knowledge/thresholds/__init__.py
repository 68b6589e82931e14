"""Every number that something is compared with: value, unit, why, source. One YAML file a domain."""

from knowledge.load import Record, merged


class Threshold(Record):
    """A number a rule compares with."""

    value: float
    unit: str
    why: str
    source: str
    """A key of knowledge/sources/, or "ours" with the measurement named in `why`."""


def threshold(name: str) -> float:
    """The value of `domain.name`, as the YAML files name it. KeyError when there is none."""
    return record(name).value


def record(name: str) -> Threshold:
    """The whole record of `domain.name`."""
    found: Threshold = merged("thresholds", Threshold)[name]
    return found
