"""The whole way on the example set as it was once taken for real: read from files; runs nothing, touches no records."""

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from tools.errors import NotFoundError

if TYPE_CHECKING:
    from tools.cost.card import CostCard
    from tools.dataset import LintReport, SplitReport
    from tools.evals.compare import Comparison
    from tools.evals.run import RunResult
    from tools.jobs.models import JobReport, Plan
    from tools.report import DecisionRecord

FOLDER = Path(__file__).parents[1] / "examples" / "zava" / "recorded"
RUNS = ("base-plain", "base-few_shot", "tuned")
Part = TypeVar("Part")


class Step(BaseModel):
    """One command of the recording."""

    model_config = ConfigDict(frozen=True)

    command: str
    seconds: float
    """How long it took then, on that machine."""


class Manifest(BaseModel):
    """When, on what and with which versions it was recorded."""

    model_config = ConfigDict(frozen=True)

    recorded_at: datetime
    machine: str
    versions: dict[str, str]
    base_model: str
    seed: int
    steps: tuple[Step, ...]

    def command(self, beginning: str, nth: int = 0) -> Step:
        """The step whose command begins like this; the nth of them."""
        return [s for s in self.steps if s.command.startswith(f"finetune-advisor {beginning}")][nth]

    @property
    def minutes(self) -> float:
        """The whole way, in minutes."""
        return sum(s.seconds for s in self.steps) / 60


def manifest() -> Manifest:
    """What is known about the recording. All readers here raise NotFoundError where it is not installed."""
    return _read("manifest.json", Manifest)


def lint_report() -> "LintReport":
    """The check of the file."""
    from tools.dataset import LintReport

    return _read("lint.json", LintReport)


def split_report() -> "SplitReport":
    """The rows kept aside."""
    from tools.dataset import SplitReport

    return _read("split.json", SplitReport)


def run_result(name: str) -> "RunResult":
    """One evaluation: one of RUNS."""
    from tools.evals.run import RunResult

    return _read(f"{name}.json", RunResult)


def plan() -> "Plan":
    """The plan that was approved."""
    from tools.jobs.models import Plan

    return _read("plan.json", Plan)


def job() -> "JobReport":
    """The job with its events and metrics."""
    from tools.jobs.models import JobReport

    return _read("job.json", JobReport)


def comparison() -> "Comparison":
    """The best way without training against the tuned model."""
    from tools.evals.compare import Comparison

    return _read("comparison.json", Comparison)


def target() -> float | None:
    """The score that was said to be good enough."""
    from agent.case import Case

    return _read("case.json", Case).facts_now().target_score


def cost_cards() -> "list[CostCard]":
    """What it costs here and at a provider, with the prices of that day."""
    from tools.cost.card import CostCard

    return _read("cost.json", list[CostCard])


def page(language: str = "en") -> "DecisionRecord":
    """The page for a decision, its title saying that it is a recording and of which day."""
    from knowledge.report_words import report_words
    from tools.report import DecisionRecord
    from tools.report.forms import Forms

    found = _read(f"page.{language}.json", DecisionRecord)
    day = Forms(language).day(manifest().recorded_at.date())
    title = report_words(language)["recorded"].format(when=day, title=found.subject)
    return found.model_copy(update={"title": title, "owner": ""})


def no_longer(record: "DecisionRecord", today: date) -> tuple[str, ...]:
    """What the recorded page rests on and is no longer so."""
    from tools.report.validity import broken

    return broken(record, today=today, data={c.value for c in record.conditions if c.kind == "data"})


@cache
def _text(name: str) -> str:
    path = FOLDER / name
    if not path.is_file():
        raise NotFoundError("the recorded example is not part of this installation", where=str(path))
    return path.read_text(encoding="utf-8")


def _read(name: str, kind: type[Part]) -> Part:
    return TypeAdapter(kind).validate_json(_text(name))
