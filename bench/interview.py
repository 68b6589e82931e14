"""How long the interview is, and how often it ends where all the facts would have led.

    python bench/interview.py [--people 1000] [--seeds 3] [--scenarios FILE.jsonl]

People are drawn from the space of facts in four ways, so that the figures do not hang on one:

- `weighted`: every fact that a question asks for, by the weights that `questions.yaml` gives to likely answers, each
  fact for itself;
- `uniform`: every answer as likely as any other, one to three things wrong;
- `sparse`: as weighted, but each fact save the trouble is known to the person only every other time;
- `correlated`: the facts of a written case (tests/agent/decision_cases.yaml), four in five kept, the rest drawn.

Nobody contradicts themselves: a score below its goal is not good enough, who has no test has no score, and a fact whose
question makes no sense beside the others is left out. Each tells some of it at first: nothing, the trouble, or the
trouble and two things more. Then every question is answered, those after a recommendation too, and what comes out is
compared with the recommendation on all that this person knows. Intervals are Wilson's, 95 %.
"""

import argparse
import json
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from agent.answers import askable, likely
from agent.ask import Question, next_question, plain, sharpening_question
from agent.conclude import conclude
from agent.facts import parse_facts
from agent.situation import Situation
from knowledge.rules import questions
from knowledge.thresholds import threshold

FIRST = {"nothing said": 0, "the trouble": 1, "the trouble and two things": 3}
USUALLY_SAID = ("prompt_effort", "examples", "task_type", "requests_per_day", "documents")
ASKED = [fact for fact, record in questions().items() if record.asked]
CASES = Path(__file__).parents[1] / "tests" / "agent" / "decision_cases.yaml"
Person = dict[str, Any]


def coherent(facts: Person) -> Person:
    """The same person without what contradicts itself or makes no sense."""
    if facts.get("evals_defined") is False:
        for score in ("baseline_score", "teacher_score"):
            facts.pop(score, None)
    for fact in ASKED:
        if fact in facts and questions()[fact].only_if:
            value = facts.pop(fact)
            if askable(fact, Situation(facts)):
                facts[fact] = value
    base, goal = facts.get("baseline_score"), facts.get("target_score")
    if base is not None and goal is not None:
        facts["meets_target"] = base >= goal
    return facts


def weighted(chance: random.Random) -> Person:
    """By the weights of the questions."""
    facts: Person = {"in_scope": True}
    for fact in ASKED:
        values, weights = zip(*likely(fact, {}), strict=True)
        facts[fact] = chance.choices(values, weights)[0]
    return coherent(facts)


def uniform(chance: random.Random) -> Person:
    """Every answer alike, with one to three things wrong."""
    facts: Person = {"in_scope": True}
    for fact in ASKED:
        facts[fact] = chance.choice(list(dict.fromkeys(v for v, _ in likely(fact, {}))))
    wrong = [o.value[0] for o in questions()["gaps"].options if o.value != ["none"]]
    facts["gaps"] = tuple(chance.sample(wrong, chance.choice((1, 1, 2, 3))))
    return coherent(plain(parse_facts(facts)))


def sparse(chance: random.Random) -> Person:
    """Who knows half of it."""
    return coherent({f: v for f, v in weighted(chance).items() if f in ("in_scope", "gaps") or chance.random() < 0.5})


def correlated(chance: random.Random) -> Person:
    """Facts that go together as in a written case."""
    sections = yaml.safe_load(CASES.read_text(encoding="utf-8")) if not _cases else None
    if sections:
        _cases.extend(c["facts"] for s in sections.values() for c in s if "gaps" in c["facts"])
    told = {k: v for k, v in chance.choice(_cases).items() if chance.random() < 0.8}
    return coherent(plain(parse_facts({**weighted(chance), **told, "in_scope": True})))


_cases: list[dict[str, Any]] = []
WAYS: dict[str, Callable[[random.Random], Person]] = {
    "weighted": weighted,
    "uniform": uniform,
    "sparse": sparse,
    "correlated": correlated,
}


def reply(question: Question, full: Person) -> Person:
    """What this person clicks or types: the fullest option that fits, which may tell more than was asked."""
    value = full.get(question.fact)
    fitting = [
        o.also for o in question.options if o.value == value and all(full.get(f) == v for f, v in o.also.items())
    ]
    return {question.fact: value, **max(fitting, key=len, default={})}


def interview(full: Person, told: list[str], times: list[float]) -> tuple[int, Person, frozenset[str]]:
    """Questions asked, what was known at the end, what was not (asked or left open at the end)."""
    known = {f: full[f] for f in told if f in full}
    declined: frozenset[str] = frozenset()
    for asked in range(60):
        facts = parse_facts(known)
        began = time.perf_counter()
        question = None
        if asked < threshold("decision.most_questions"):  # as Conversation does
            question = next_question(facts, declined) or sharpening_question(facts, declined, asked)
        times.append(time.perf_counter() - began)
        if question is None:
            while needs := conclude(plain(facts), declined).open_needs:
                declined |= frozenset(needs)
            return asked, plain(facts), declined
        for fact, value in reply(question, full).items():
            if value is None:
                declined |= {fact}
            else:
                known[fact] = value
    raise AssertionError("the interview does not end")


def verdict(values: Person, declined: frozenset[str]) -> tuple[str | None, str | None]:
    """What the rules conclude."""
    end = conclude(values, declined)
    return end.decision, end.technique


def interval(hits: int, n: int) -> list[float]:
    """Wilson's interval of a share, 95 %."""
    z, p = 1.96, hits / n
    middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return [round((middle - half) / (1 + z * z / n), 4), round((middle + half) / (1 + z * z / n), 4)]


def simulate(way: str, people: int, seeds: int) -> dict[str, dict[str, Any]]:
    """Figures for each way of beginning, over all seeds."""
    result = {}
    for name, n in FIRST.items():
        counts: list[int] = []
        times: list[float] = []
        by_seed, differ = [], Counter[str]()
        for seed in range(seeds):
            chance, same = random.Random(f"{way} {seed}"), 0
            for _ in range(people):
                full = WAYS[way](chance)
                told = ["gaps", *chance.sample(USUALLY_SAID, n - 1)] if n else []
                asked, known, declined = interview(full, told, times)
                counts.append(asked)
                values = plain(parse_facts(full))
                at_end, with_all = verdict(known, declined), verdict(values, frozenset(ASKED) - values.keys())
                same += at_end == with_all
                if at_end != with_all:
                    differ[f"{at_end[0]} where all facts say {with_all[0]}"] += 1
            by_seed.append(same)
        total = people * seeds
        result[name] = {
            "people": total,
            "median_questions": statistics.median(counts),
            "p95_questions": sorted(counts)[int(0.95 * total)],
            "most_questions": max(counts),
            "same_verdict": round(sum(by_seed) / total, 4),
            "interval": interval(sum(by_seed), total),
            "by_seed": [round(same / people, 4) for same in by_seed],
            "slowest_choice_s": round(max(times), 3),
            "differences": dict(differ.most_common(4)),
        }
    return result


def scenarios(path: Path) -> dict[str, Any]:
    """Questions to the first verdict over conversations whose facts are written down, from their words alone."""
    import asyncio

    from agent.case import Case
    from agent.turn import Conversation

    async def talk(line: dict[str, Any]) -> int:
        talk, full, asked = Conversation(Case()), parse_facts(line["facts"]).known(), 0
        for message in line["messages"]:
            async for _ in talk.say(message):
                pass
        while talk.recommendation().status == "ask" and (question := talk.question()) is not None:
            asked += 1
            async for _ in talk.answer(question.fact, full.get(question.fact)):
                pass
        return asked

    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    counts = [asyncio.run(talk(line)) for line in lines]
    return {"conversations": len(counts), "median_questions": statistics.median(counts), "most_questions": max(counts)}


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=1000, help="for each seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--way", choices=list(WAYS), action="append")
    parser.add_argument("--scenarios", type=Path)
    given = parser.parse_args()
    if given.scenarios:
        print(json.dumps(scenarios(given.scenarios), indent=2))
    for way in given.way or WAYS:
        print(json.dumps({way: simulate(way, given.people, given.seeds)}, indent=2), flush=True)


if __name__ == "__main__":
    main()
