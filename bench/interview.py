"""How long the interview is, and how often it ends where all the facts would have led.

    python bench/interview.py [--people 2000] [--seed 0]

People are drawn from the space of facts: every fact that a question asks for has a value, drawn with the weights that
`questions.yaml` gives to likely answers; the rest follow as far as they must (a score below its goal is not good
enough). Each tells some of it at first: nothing, the trouble, or the trouble and two things more. Then every question
is answered, those after a recommendation too, until none is left, and what comes out is compared with the
recommendation on all of that person's facts.
"""

import argparse
import json
import random
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

from agent.answers import likely
from agent.ask import next_question, sharpening_question
from agent.decide import decide
from agent.facts import Facts, parse_facts
from knowledge.rules import questions

FIRST = {"nothing said": 0, "the trouble": 1, "the trouble and two things": 3}
USUALLY_SAID = ("gaps", "prompt_effort", "examples", "task_type", "requests_per_day", "documents")


def person(chance: random.Random) -> dict[str, Any]:
    """One person's facts, all that a question can ask for."""
    facts: dict[str, Any] = {"in_scope": True}
    for fact in questions():
        options = [(v, w) for v, w in likely(fact, facts) if v is not None]
        if options and fact != "in_scope":
            values, weights = zip(*options, strict=True)
            facts[fact] = chance.choices(values, weights)[0]
    base, goal = facts.get("baseline_score"), facts.get("target_score")
    if base is not None and goal is not None:
        facts["meets_target"] = base >= goal
    if facts.get("evals_defined") is False:
        for score in ("baseline_score", "teacher_score"):
            facts.pop(score, None)
    if not facts.get("already_tuned"):
        facts.pop("tuned_vs_prompt", None)
    return facts


def interview(full: dict[str, Any], told: list[str]) -> tuple[int, Facts, set[str]]:
    """Questions asked, what was known at the end, what could not be said."""
    known = {f: full[f] for f in told if f in full}
    declined: set[str] = set()
    for asked in range(60):
        facts = parse_facts(known)
        question = next_question(facts, declined) or sharpening_question(facts, declined, asked)
        if question is None:
            return asked, facts, declined
        if question.fact in full:
            known[question.fact] = full[question.fact]
        else:
            declined.add(question.fact)
    raise AssertionError("the interview does not end")


def outcome(facts: Facts, declined: set[str]) -> tuple[str | None, str | None]:
    found = decide(facts, frozenset(declined))
    return found.decision, found.technique


def simulate(people: int, seed: int) -> dict[str, dict[str, Any]]:
    """Figures for each way of beginning."""
    chance = random.Random(seed)
    drawn = [person(chance) for _ in range(people)]
    result = {}
    for name, n in FIRST.items():
        counts, same, differ = [], 0, Counter[str]()
        for full in drawn:
            told = ["gaps", *chance.sample(USUALLY_SAID[1:], n - 1)] if n else []
            asked, known, declined = interview(full, told)
            counts.append(asked)
            at_end, with_all = outcome(known, declined), outcome(parse_facts(full), declined - full.keys())
            same += at_end == with_all
            if at_end != with_all:
                differ[f"{at_end[0]} where all facts say {with_all[0]}"] += 1
        result[name] = {
            "people": people,
            "median_questions": statistics.median(counts),
            "p95_questions": sorted(counts)[int(0.95 * people)],
            "most_questions": max(counts),
            "same_verdict": round(same / people, 4),
            "differences": dict(differ.most_common(6)),
        }
    return result


def scenarios(path: Path) -> dict[str, Any]:
    """Questions to a verdict over conversations whose facts are written down, from their facts alone."""
    counts = []
    for line in path.read_text(encoding="utf-8").splitlines():
        full = json.loads(line)["facts"]
        told = [f for f in ("gaps", "task_type") if f in full]
        counts.append(interview(full, told)[0])
    return {"conversations": len(counts), "median_questions": statistics.median(counts), "most_questions": max(counts)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scenarios", type=Path)
    given = parser.parse_args()
    if given.scenarios:
        print(json.dumps(scenarios(given.scenarios), indent=2))
    print(json.dumps(simulate(given.people, given.seed), indent=2))


if __name__ == "__main__":
    main()
