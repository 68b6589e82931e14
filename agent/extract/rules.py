"""The patterns as data: one rule says which words mean which fact, and when they do not."""

import re
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from agent.extract.words import ROOT, read_yaml, words
from agent.facts import FACT_NAMES

Scale = Literal["count", "share", "error", "per_day", "days", "months", "money"]

STATE = frozenset(
    {
        "prompt_effort", "chaining_tried", "tools_tried", "structured_output_tried", "rag_tried", "retrieval_recall_ok",
        "evals_defined", "baseline_score", "teacher_score", "already_tuned", "tuned_vs_prompt", "examples",
        "labels_quality", "task_prompts", "can_make_examples", "preference_pairs", "teacher_meets_target",
        "meets_target", "objective_grader", "requests_per_day", "gpu", "budget_usd", "openai_eligible", "prompt_tokens",
        "completion_tokens",
    }
)  # fmt: skip
"""Facts about how things stand: asking about them, supposing them or reporting another's advice does not state them."""


class Rule(BaseModel):
    """When one of `find` occurs, `fact` has `value` (or the number found, by `scale`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str
    value: Any = None
    scale: Scale | None = None
    """Take the value from the group `n` of the pattern; `per_day` multiplies by the group `per`."""
    find: tuple[str, ...]
    when: tuple[str, ...] = ()
    """Only when one of these occurs in the same sentence, before or behind: people order their words freely."""
    unless: tuple[str, ...] = ()
    """Not when one of these occurs in the same sentence."""
    also: dict[str, Any] = {}
    """Further facts that the same words state."""
    least: float = 0
    """Only when the number found is at least this: three prompts are not many."""
    most: float | None = None
    """Only when the number found is at most this."""
    negated: Any = "skip"
    """Behind a negating word: skip, keep, or the value that the fact then has."""
    asked: bool | None = None
    """Whether a question states it too; by default only for facts that are not about how things stand."""
    supposed: bool | None = None
    alone: bool = False
    """Only when the message states nothing else about how things stand, and no gap beyond tone and form."""
    rank: int = 0
    """Between two values of the same fact the higher rank wins, whatever the order said."""


class Derivation(BaseModel):
    """Facts that follow from facts of the same message. `quote` names the fact whose words stand for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    when: dict[str, Any]
    then: dict[str, Any]
    quote: str
    said: bool = False
    """Whether the words that state the one state the other too: it counts as said, not as concluded."""
    unless: str = ""
    """Not where the words that are quoted say this, whatever the language."""


class Compiled(BaseModel):
    """A rule with its patterns compiled."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    rule: Rule
    name: str
    """`LANGUAGE:NUMBER`, in the order of the files."""
    find: tuple[re.Pattern[str], ...]
    when: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]


_MACRO = re.compile(r"\{([a-z_]+)\}")


def expand(pattern: str, macros: dict[str, str]) -> str:
    """Put macros in place. A macro may use others; `{n}` is a number, `{share}` a share, `{per}` a rate."""
    for _ in range(5):
        new = _MACRO.sub(lambda m: f"(?:{macros[m[1]]})" if m[1] in macros else m[0], pattern)
        if new == pattern:
            break
        pattern = new
    left = _MACRO.search(pattern)
    if left:
        raise KeyError(f"no macro {left[1]!r} in {pattern!r}")
    return pattern


def alternatives(pattern: str) -> list[str]:
    """A pattern that names its number more than once, as one pattern for each of its outermost alternatives."""
    if pattern.count("(?P<n>") < 2:
        return [pattern]
    parts, depth, begin = [], 0, 0
    for i, c in enumerate(pattern):
        if pattern[i - 1 : i] == "\\":
            continue
        depth += (c == "(") - (c == ")")
        if c == "|" and depth == 0:
            parts.append(pattern[begin:i])
            begin = i + 1
    return [*parts, pattern[begin:]]


def _builtin(language: str) -> dict[str, str]:
    data = words(language).data
    return {
        "n": r"(?<!#)#+",
        "share": r"%+",
        "score": r"[#%]+",
        "money": r"\$+",
        "period": "|".join(sorted(data.periods, key=len, reverse=True)),
        "duration": "|".join(sorted(data.durations, key=len, reverse=True)),
        "neg": words(language).negation_before.pattern.replace("\n", ""),
        **data.macros,
    }


@cache
def compiled_rules(language: str) -> tuple[Compiled, ...]:
    """All rules of a language in the order of its files."""
    macros = _builtin(language)
    result: list[Compiled] = []
    for path in sorted((ROOT / language).glob("[a-z]*.yaml")):
        for rule in TypeAdapter(tuple[Rule, ...]).validate_python(read_yaml(path)):
            for fact in (rule.fact, *rule.also):
                if fact not in FACT_NAMES:
                    raise KeyError(f"{path.name}: there is no fact {fact!r}")

            def ready(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
                # Behind a letter of the same alphabet no word begins: \b for scripts that have spaces.
                edge = "" if language == "zh" else r"(?<![a-zà-ÿ])"
                return tuple(
                    re.compile(f"{edge}(?:{expand(part, macros)})") for p in patterns for part in alternatives(p)
                )

            name = f"{language}:{len(result)}"
            find, when, unless = ready(rule.find), ready(rule.when), ready(rule.unless)
            result.append(Compiled(rule=rule, name=name, find=find, when=when, unless=unless))
    return tuple(result)


@cache
def derivations() -> tuple[Derivation, ...]:
    """What follows from what, for every language."""
    return TypeAdapter(tuple[Derivation, ...]).validate_python(read_yaml(ROOT / "derive.yaml"))
