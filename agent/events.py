"""What a turn yields, in the order it happens; the chat and the command line render these and nothing else."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from agent.case import Contradiction, Noted

if TYPE_CHECKING:
    from agent.ask import Question
    from agent.recommend import Recommendation
    from knowledge.search import Passage


@dataclass(frozen=True)
class Understood:
    """Facts that this turn put in, each with the words it rests on."""

    facts: dict[str, Noted]
    contradictions: tuple[Contradiction, ...] = ()
    suggestions: dict[str, Noted] = field(default_factory=dict)
    """Read by a model only: to confirm with `answer(fact, value)`; they do not count before that."""
    text: str = ""
    """The same in one line, for doors without cards."""


@dataclass(frozen=True)
class Said:
    """A piece of what is said. `replaces` True: throw away this turn's text so far and show this instead."""

    text: str
    replaces: bool = False


@dataclass(frozen=True)
class Asked:
    """The one question that stands now."""

    question: "Question"


@dataclass(frozen=True)
class Recommended:
    """The recommendation as it stands; `changed` is False when the last turn had the same."""

    recommendation: "Recommendation"
    changed: bool = True


@dataclass(frozen=True)
class CouldAsk:
    """After a recommendation: a question whose answer could still change it. It may be left unanswered."""

    question: "Question"


@dataclass(frozen=True)
class Passages:
    """What the knowledge pages say to a question asked in the middle, with sources."""

    query: str
    passages: "tuple[Passage, ...]"


@dataclass(frozen=True)
class ToolStarted:
    """A tool is running."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class ToolFinished:
    """A tool is done: its result in JSON-ready form, or a clear line on why there is none."""

    name: str
    result: dict[str, Any] | None
    error: str = ""


@dataclass(frozen=True)
class PlanProposed:
    """A training plan to show as a card. Approving is a person's click; nothing here can do it."""

    plan: dict[str, Any]


@dataclass(frozen=True)
class Incomplete:
    """The model did not finish its part; the reason in one line. The guided text stands in its place."""

    reason: str


@dataclass(frozen=True)
class Finished:
    """The last event of every turn: the whole text said, and which mind spoke."""

    text: str
    mind: Literal["guided", "model"]


Event = (
    Understood
    | Said
    | Asked
    | Recommended
    | CouldAsk
    | Passages
    | ToolStarted
    | ToolFinished
    | PlanProposed
    | Incomplete
    | Finished
)
