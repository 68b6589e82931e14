"""The grader of numbers."""

import re
from decimal import Decimal, InvalidOperation
from typing import Literal

from pydantic import Field

from tools.evals.graders.base import UNGRADED, Grade, GraderBase, passed

# Thousands in groups of three ("1,234.5") or plain digits; a sign only where it is not a hyphen between words.
_NUMBER = re.compile(
    r"(?<![\w.])[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?(?![\w])|(?<![\w.])[-+−]?\.\d+"
)


class Numeric(GraderBase):
    """A number of the completion is the target's number, within a tolerance.

    Units, currency signs and percent signs are not read: 60 % matches 60, not 0.6. A target of text with several
    numbers (a worked solution) counts by the same end as the completion.
    """

    type: Literal["numeric"] = "numeric"
    pick: Literal["last", "first", "only"] = "last"
    """Which number of the text is the answer; `only`: a text with two different numbers has none."""
    tolerance: float = Field(default=0.0, ge=0)
    """Largest absolute difference."""
    relative: float = Field(default=1e-9, ge=0)
    """Largest difference relative to the target."""

    def _grade(self, completion: str, target: str) -> Grade:
        wanted, got = self._read(target), self._read(completion)
        if wanted is None:
            return UNGRADED
        if got is None:
            return passed(False, read=None)
        allowed = max(Decimal(str(self.tolerance)), abs(wanted) * Decimal(str(self.relative)))
        return passed(abs(got - wanted) <= allowed, read=str(got))

    def _read(self, text: str) -> Decimal | None:
        found = numbers(text)
        if not found or (self.pick == "only" and len(set(found)) > 1):
            return None
        return found[0] if self.pick == "first" else found[-1]


def numbers(text: str) -> list[Decimal]:
    """Every number in a text, in order."""
    found = []
    for match in _NUMBER.finditer(text):
        try:
            found.append(Decimal(match.group().replace(",", "").replace("−", "-")))
        except InvalidOperation:  # pragma: no cover -- the pattern allows only what Decimal reads
            continue
    return found
