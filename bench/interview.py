"""How long the interview is, and how often it ends where all the facts would have led.

    python bench/interview.py [--people 1000] [--seeds 3] [--from 0] [--way WAY] [--scenarios FILE.jsonl]

People are drawn from the space of facts in five ways, so that the figures do not hang on one:

- `weighted`: every fact that a question asks for, by the weights that `questions.yaml` gives to likely answers, each
  fact for itself;
- `uniform`: every answer as likely as any other, one to three things wrong;
- `sparse`: as weighted, but each fact save the trouble is known to the person only every other time;
- `correlated`: the facts of a written case (tests/agent/decision_cases.yaml), four in five kept, the rest drawn;
- `contradicting`: as weighted, but what they say of a larger model is drawn apart from the scores it has.

Else nobody contradicts themselves: a score below its goal is not good enough, today's or a larger model's, who has no
test has no score, and a fact whose question makes no sense beside the others is left out. Each tells some of it at
first: nothing, the trouble, or the trouble and two things more. Then every question is answered, those after a
recommendation too, and what comes out is compared with the recommendation on all that this person knows: decision and
technique (the adapter is not compared). Intervals are Wilson's, 95 %. `--from N` begins with another seed, so that what
was chosen on some people is reported on others.
"""

import argparse
import json
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from agent.answers import askable, likely
from agent.ask import Question, next_question, plain, sharpening_question
from agent.conclude import conclude
from agent.facts import parse_facts
from agent.foresight import OPINIONS
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
    for says, (score, goal) in OPINIONS.items():
        if score in facts and goal in facts:
            facts[says] = facts[score] >= facts[goal]
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


def contradicting(chance: random.Random) -> Person:
    """By the weights, with an opinion of a larger model that its scores need not bear out."""
    facts, (values, weights) = weighted(chance), zip(*likely("teacher_meets_target", {}), strict=True)
    return {**facts, "teacher_meets_target": chance.choices(values, weights)[0]}


_cases: list[dict[str, Any]] = []
WAYS: dict[str, Callable[[random.Random], Person]] = {
    "weighted": weighted,
    "uniform": uniform,
    "sparse": sparse,
    "correlated": correlated,
    "contradicting": contradicting,
}


def reply(question: Question, full: Person) -> Person:
    """What this person clicks or types: the fullest option that fits, which may tell more than was asked."""
    value = full.get(question.fact)
    fullest: Person = {}
    for option in question.options:
        fits = option.value == value and all(full.get(f) == v for f, v in option.also.items())
        if fits and len(option.also) > len(fullest):
            fullest = option.also
    return {question.fact: value, **fullest}


class Interview(NamedTuple):
    """One interview."""

    first: int
    """Questions to the first verdict; those after it may be left unanswered."""
    asked: int
    """All questions."""
    known: Person
    declined: frozenset[str]
    """What was not known: said so, or left open at the end."""


def interview(full: Person, told: list[str], times: list[float]) -> Interview:
    """Ask this person until nothing more is worth asking.

    Args:
        full: all that the person knows.
        told: facts said at first.
        times: processor seconds that each choice of a question took are added here.
    """
    first: int | None = None
    known = {f: full[f] for f in told if f in full}
    declined: frozenset[str] = frozenset()
    for asked in range(60):
        facts = parse_facts(known)
        began = time.process_time()
        question = None
        if asked < threshold("decision.most_questions"):  # as Conversation does
            question = next_question(facts, declined)
            if question is None:
                first = asked if first is None else first
                question = sharpening_question(facts, declined, asked)
        times.append(time.process_time() - began)
        if question is None:
            while needs := conclude(plain(facts), declined).open_needs:
                declined |= frozenset(needs)
            return Interview(asked if first is None else first, asked, plain(facts), declined)
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


def simulate(
    way: str, people: int, seeds: Sequence[int], beginnings: Sequence[str] = tuple(FIRST)
) -> dict[str, dict[str, Any]]:
    """Figures for each way of beginning, over all seeds.

    Args:
        way: how people are drawn (a key of WAYS).
        people: for each seed.
        seeds: each draws other people.
        beginnings: what is told at first (keys of FIRST).
    """
    result = {}
    for name in beginnings:
        n = FIRST[name]
        counts: list[int] = []
        firsts: list[int] = []
        times: list[float] = []
        by_seed, differ = [], Counter[str]()
        for seed in seeds:
            chance, same = random.Random(f"{way} {seed}"), 0
            for _ in range(people):
                full = WAYS[way](chance)
                told = ["gaps", *chance.sample(USUALLY_SAID, n - 1)] if n else []
                talk = interview(full, told, times)
                counts.append(talk.asked)
                firsts.append(talk.first)
                values = plain(parse_facts(full))
                at_end, with_all = verdict(talk.known, talk.declined), verdict(values, frozenset(ASKED) - values.keys())
                same += at_end == with_all
                if at_end != with_all:
                    differ[f"{at_end[0]} where all facts say {with_all[0]}"] += 1
            by_seed.append(same)
        total = people * len(seeds)
        result[name] = {
            "people": total,
            "median_to_first_verdict": statistics.median(firsts),
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
    parser.add_argument("--from", dest="begin", type=int, default=0, help="the first seed")
    parser.add_argument("--way", choices=list(WAYS), action="append")
    parser.add_argument("--scenarios", type=Path)
    given = parser.parse_args()
    if given.scenarios:
        print(json.dumps(scenarios(given.scenarios), indent=2))
    for way in given.way or WAYS:
        print(
            json.dumps({way: simulate(way, given.people, range(given.begin, given.begin + given.seeds))}, indent=2),
            flush=True,
        )


if __name__ == "__main__":
    main()
