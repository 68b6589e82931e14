"""A model that grades: always named, never the one under test unless a person says so, and read strictly."""

import json
import os
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from knowledge.load import ROOT, Record, read
from tools.errors import InputError, RefusedError
from tools.evals.graders.base import UNGRADED, Ask, Grade, GraderBase, Item

if TYPE_CHECKING:
    from tools.endpoint import Endpoint

_WORDS = ROOT.parent / "tools" / "evals" / "graders" / "judge.yaml"
_OBJECT = re.compile(r"\{[^{}]*\}", re.DOTALL)


class _Words(Record):
    rubric: str
    pairwise: str
    pass_fail: str
    one_to_five: str


@cache
def words() -> _Words:
    """What judges are told."""
    return read(_WORDS, _Words)


class Judge(BaseModel):
    """A model at an OpenAI-compatible address. Its key stays in the environment: a grader can be written down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1)
    base_url: str = Field(min_length=1)
    key_env: str = "ADVISOR_JUDGE_API_KEY"
    """The variable that holds its key; where it is not set, none is sent."""
    may_judge_itself: bool = False
    """Said explicitly, a model may grade its own answers. Models favour their own."""

    def endpoint(self) -> "Endpoint":
        """The judge as an endpoint."""
        from tools.endpoint import Endpoint

        return Endpoint(
            base_url=self.base_url, model=self.model, api_key=SecretStr(os.environ.get(self.key_env) or "none")
        )


def refuse_own_judge(grader: GraderBase, model: str | None) -> None:
    """A model under test does not judge itself in silence, nor what was tuned from it (`ft:MODEL:...`).

    Raises:
        RefusedError: it would, and `may_judge_itself` is not set.
    """
    tested = {model.casefold(), *re.split(r"[:/]", model.casefold())} if model else set()
    for judge in grader.judges:
        own = {judge.model.casefold(), judge.model.casefold().rpartition("/")[2]} & tested
        if own and not judge.may_judge_itself:
            raise RefusedError(
                f"{judge.model!r} would judge its own answers (the model under test is {model!r})",
                where="judge",
                remedy='Name another judge, or say so in the grader: "may_judge_itself": true.',
            )


class Rubric(GraderBase):
    """A named judge model grades each completion by a rubric, the target shown as one good answer."""

    type: Literal["rubric"] = "rubric"
    judge: Judge
    rubric: str = Field(min_length=10)
    """What a good answer is, in a few points."""
    scale: Literal["pass_fail", "1-5"] = "pass_fail"
    pass_at: int = Field(default=4, ge=2, le=5)
    """With the scale 1-5: from here on a completion passes. The score is (grade - 1) / 4."""
    show_target: bool = True

    @property
    def judges(self) -> tuple[Judge, ...]:
        """See GraderBase."""
        return (self.judge,)

    def judged(self, ask: Ask, asked: str, completion: str | None, target: str | None, item: Item) -> Grade:
        """See GraderBase. A reply that cannot be read is no grade, never a fail."""
        if completion is None:
            return UNGRADED
        reply = ask(self.judge, self.messages(asked, completion, target))
        return self.read(reply)

    def messages(self, asked: str, completion: str, target: str | None) -> list[dict[str, Any]]:
        """The question to the judge."""
        told = words()
        form = told.pass_fail if self.scale == "pass_fail" else told.one_to_five
        shown = {"question": asked, "rubric": self.rubric, "answer": completion}
        if self.show_target and target:
            shown["one_good_answer"] = target
        return [
            {"role": "system", "content": f"{told.rubric.strip()}\n{form.strip()}"},
            {"role": "user", "content": json.dumps(shown, ensure_ascii=False, indent=1)},
        ]

    def read(self, reply: str) -> Grade:
        """The grade in a judge's reply."""
        found = last_object(reply)
        grade, details = found.get("grade"), {"reason": str(found.get("reason", ""))[:500]}
        if self.scale == "pass_fail":
            said = str(grade).strip().casefold()
            if said not in ("pass", "fail"):
                return Grade(None, None, {"unreadable": reply[:200]})
            return Grade(float(said == "pass"), said == "pass", details)
        if isinstance(grade, str) and grade.strip().isdigit():
            grade = int(grade)
        if isinstance(grade, bool) or not isinstance(grade, (int, float)) or not 1 <= grade <= 5:
            return Grade(None, None, {"unreadable": reply[:200]})
        return Grade((grade - 1) / 4, grade >= self.pass_at, details | {"grade": grade})


def last_object(reply: str) -> dict[str, Any]:
    """The last JSON object in a reply (models think aloud before it); empty where there is none."""
    for candidate in (reply, *reversed(_OBJECT.findall(reply))):
        try:
            found = json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return {}


def judge_named(model: str, base_url: str | None, key_env: str | None = None, *, itself: bool = False) -> Judge:
    """A judge from options.

    Raises:
        InputError: its address is missing.
    """
    if not base_url:
        raise InputError(
            f"where the judge {model!r} answers is not said", where="--judge-url", remedy="Give its address (…/v1)."
        )
    more = {"key_env": key_env} if key_env else {}
    return Judge(model=model, base_url=base_url, may_judge_itself=itself, **more)
