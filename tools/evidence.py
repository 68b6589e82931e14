"""Every number has a source: a measurement with its n and interval, or a dated, cited table entry."""

import hashlib
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Evidence(BaseModel):
    """One value that a claim may cite. `value` None means unknown, which is never shown as 0."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["measured", "table", "said"]
    """measured: by a tool of ours; table: from knowledge/; said: by the person."""
    name: str
    """What the value is, in words a person reads: "accuracy, base model"."""
    value: float | int | str | bool | None
    unit: str = ""
    n: int | None = None
    """How many items the measurement rests on."""
    ci_low: float | None = None
    ci_high: float | None = None
    """95 % interval, same unit as `value`."""
    source: str = Field(min_length=1)
    """Where it comes from: an address, a file with its digest, or the person's words."""
    as_of: date | None = None
    """When it was measured or checked."""

    @property
    def id(self) -> str:
        """Short content address: the same evidence has the same id everywhere."""
        return "E" + hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]
