"""Graders as the wire writes them: what turns an answer into the reward of reinforcement, from 0 to 1.

OpenAI's `string_check`, `text_similarity`, `python` and `multi`; and two of our own, `numeric` and `json_schema`, so
that the common cases need no code. A model that grades is refused: there is none on this computer worth trusting.
"""

import ast
import json
import operator
import re
import time
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from tools.engine.sandbox import PythonSandbox
from tools.engine.wire import WireError
from tools.json_schema import SchemaError, first_error, validator

GRADER_ERRORS = (
    *("formula_parse_error", "invalid_variable_error", "model_grader_parse_error", "model_grader_refusal_error"),
    *("model_grader_server_error", "other_error", "python_grader_runtime_error", "python_grader_server_error"),
    *("sample_parse_error", "truncated_observation_error", "unresponsive_reward_error"),
)
_PLACE = re.compile(r"\{\{\s*(sample|item)\.([\w.\-]+)\s*\}\}")


class _Grader(BaseModel):
    model_config = ConfigDict(extra="forbid", ignored_types=(cached_property,))

    name: str = "grader"

    def score(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        raise NotImplementedError

    def close(self) -> None:
        """Let go of what scoring holds."""


class StringCheck(_Grader):
    """1 when the input relates to the reference as asked, else 0."""

    type: Literal["string_check"]
    input: str
    reference: str
    operation: Literal["eq", "ne", "like", "ilike"]

    def score(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        """Compare; `like` looks for the reference inside the input, `ilike` whatever the case."""
        got, wanted = fill(self.input, sample, item), fill(self.reference, sample, item)
        tests: dict[str, Callable[[], bool]] = {
            "eq": lambda: got == wanted,
            "ne": lambda: got != wanted,
            "like": lambda: wanted in got,
            "ilike": lambda: wanted.casefold() in got.casefold(),
        }
        return float(tests[self.operation]())


class TextSimilarity(_Grader):
    """How alike input and reference are, 0 to 1."""

    type: Literal["text_similarity"]
    input: str
    reference: str
    evaluation_metric: Literal["fuzzy_match"] = "fuzzy_match"

    def score(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        """Edit similarity (RapidFuzz's ratio)."""
        from rapidfuzz import fuzz

        return fuzz.ratio(fill(self.input, sample, item), fill(self.reference, sample, item)) / 100


class Numeric(_Grader):
    """1 when the last number of the input is the reference's, within a tolerance."""

    type: Literal["numeric"]
    input: str = "{{sample.output_text}}"
    reference: str
    tolerance: float = Field(default=0.0, ge=0)

    def score(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        """Compare numbers as the evaluations do."""
        from tools.evals.graders.numeric import Numeric as Measure

        made = Measure(tolerance=self.tolerance)
        return made.grade(fill(self.input, sample, item), fill(self.reference, sample, item)).score or 0.0


class JsonSchema(_Grader):
    """1 when the input is JSON that follows the schema; 0.2 when it is JSON that does not."""

    type: Literal["json_schema"]
    input: str = "{{sample.output_text}}"
    json_schema: dict[str, Any]

    @field_validator("json_schema")
    @classmethod
    def _valid(cls, value: dict[str, Any]) -> dict[str, Any]:
        validator(value)  # a SchemaError is a ValueError
        return value

    @cached_property
    def _validator(self) -> Any:
        return validator(self.json_schema)

    def score(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        """Parse, then validate.

        Raises:
            WireError: 400, the schema cannot be applied: it points outside, or at itself.
        """
        try:
            value = json.loads(fill(self.input, sample, item))
        except (ValueError, RecursionError):
            return 0.0
        try:
            return 1.0 if first_error(self._validator, value) is None else 0.2
        except SchemaError as e:
            where = "grader.json_schema"
            raise WireError(400, f"{where} cannot be used: {e}.", code="invalid_grader", param=where) from None


class Python(_Grader):
    """What the person's own `grade(sample, item)` says."""

    type: Literal["python"]
    source: str = Field(max_length=256 * 1024)
    image_tag: str | None = None

    @cached_property
    def _sandbox(self) -> PythonSandbox:
        return PythonSandbox(self.source)

    def score(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        """Run it, contained."""
        return self._sandbox.grade(sample, item)

    def close(self) -> None:
        """End the process it runs in."""
        self._sandbox.close()


class Multi(_Grader):
    """Several graders, put together by a formula over their names."""

    type: Literal["multi"]
    graders: dict[str, "Single"]
    calculate_output: str = Field(max_length=2000)

    def score(self, sample: dict[str, Any], item: dict[str, Any]) -> float:
        """Grade with each, then calculate."""
        return calculate(self.calculate_output, {n: g.score(sample, item) for n, g in self.graders.items()})

    def close(self) -> None:
        """Close each."""
        for grader in self.graders.values():
            grader.close()


Single = Annotated[StringCheck | TextSimilarity | Numeric | JsonSchema | Python, Field(discriminator="type")]
Any_ = Annotated[StringCheck | TextSimilarity | Numeric | JsonSchema | Python | Multi, Field(discriminator="type")]
_ADAPTER: TypeAdapter[Any] = TypeAdapter(Any_)


def parse(given: dict[str, Any] | None) -> Any:
    """The grader a request names.

    Raises:
        WireError: 400, naming the setting.
    """
    try:
        grader = _ADAPTER.validate_python(given)
        if isinstance(grader, Multi):
            calculate(grader.calculate_output, dict.fromkeys(grader.graders, 1.0))
    except ValidationError as e:
        first = e.errors(include_url=False, include_input=False)[0]
        where = ".".join(["grader", *(str(part) for part in first["loc"][1:])])
        raise WireError(400, f"{where}: {first['msg']}.", code="invalid_grader", param=where) from None
    return grader


def reward(grader: Any, text: str, item: dict[str, Any]) -> float:
    """The grader's score of one answer, between 0 and 1."""
    sample: dict[str, Any] = {"output_text": text, "choices": [{"message": {"role": "assistant", "content": text}}]}
    try:
        sample["output_json"] = json.loads(text)
    except ValueError:
        sample["output_json"] = None
    return min(1.0, max(0.0, float(grader.score(sample, item))))


def tried(grader: Any, text: str, item: dict[str, Any]) -> dict[str, Any]:
    """One try on the wire's form; a grader that is code has its error told instead of raised."""
    began, scores, details = time.monotonic(), {}, None
    try:
        score = reward(grader, text, item)
        if isinstance(grader, Multi):
            scores = {name: reward(one, text, item) for name, one in grader.graders.items()}
    except WireError as e:
        score, details = 0.0, e.message
    finally:
        grader.close()
    errors = dict.fromkeys(GRADER_ERRORS, False) | {"python_grader_runtime_error": details is not None}
    return {
        "reward": score,
        "sub_rewards": scores,
        "model_grader_token_usage_per_model": {},
        "metadata": {
            "name": grader.name,
            "type": grader.type,
            "scores": scores or {grader.name: score},
            "execution_time": round(time.monotonic() - began, 4),
            "token_usage": None,
            "sampled_model_name": None,
            "errors": errors | {"python_grader_runtime_error_details": details},
        },
    }


def fill(template: str, sample: dict[str, Any], item: dict[str, Any]) -> str:
    """Put the sample's and item's values into `{{sample.output_text}}`, `{{item.answer}}` and the like."""

    def value(match: re.Match[str]) -> str:
        found: Any = sample if match[1] == "sample" else item
        for part in match[2].split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            return ""
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return _PLACE.sub(value, template)


_OPERATORS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {"min": min, "max": max, "abs": abs}


def calculate(formula: str, scores: dict[str, float]) -> float:
    """A formula of numbers, graders' names, + - * / ( ), min, max and abs.

    Raises:
        WireError: 400 for anything else.
    """

    def work(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name) and node.id in scores:
            return scores[node.id]
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](work(node.left), work(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](work(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
            return _FUNCTIONS[node.func.id](*map(work, node.args))
        raise ValueError(ast.unparse(node))

    try:
        return work(ast.parse(formula, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, TypeError) as e:
        where = "grader.calculate_output"
        raise WireError(400, f"{where} cannot be calculated: {e}.", code="invalid_grader", param=where) from None
