"""The set as a whole, as the rules of levels "file" and "dataset" see it."""

from tools.dataset.formats import Recognised
from tools.dataset.linter.collect import Collector
from tools.dataset.linter.context import Context
from tools.dataset.linter.passing import Pass
from tools.dataset.linter.survey import Survey
from tools.dataset.records import LintRequest
from tools.dataset.source import Source


class Whole:
    """Everything known once the file has streamed by."""

    def __init__(
        self,
        source: Source,
        survey: Survey,
        context: Context,
        recognised: Recognised,
        work: Pass,
        request: LintRequest,
        collector: Collector,
    ) -> None:
        self.source, self.survey, self.context = source, survey, context
        self.recognised, self.work, self.request = recognised, work, request
        self._collector = collector
        self.others: dict[str, tuple[str, Survey]] = {}
        """"validation" and "held_out": (file name, survey), where they were given."""

    @property
    def examples(self) -> int:
        """Examples that could be read."""
        return len(self.survey)

    def count_of(self, rule_id: str) -> int:
        """How many lines of this file a rule of an earlier level named."""
        return len(self._collector.lines_of(rule_id, self.source.name))
