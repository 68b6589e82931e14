"""What follows from the facts of one message, so that nobody is asked what they have just said."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from agent.case import Case, Noted
from agent.extract.found import Found
from agent.extract.rules import Derivation, derivations


def derive(found: dict[str, Found]) -> dict[str, Found]:
    """Add what follows; nothing said is ever overwritten, save that gaps may gain one."""
    return _following(_scores(dict(found)), derivations())


def implied(found: dict[str, Found]) -> dict[str, Found]:
    """Add what the very words state too: who says that it is too slow says that speed is a constraint.

    Also where something beside it is denied: with "cost is no issue, latency is" there is pressure.
    """
    said = [d for d in derivations() if d.said]
    denied = {fact for d in said for fact in d.then if fact in found and found[fact].value is False}
    return {**found, **_following({f: v for f, v in found.items() if f not in denied}, said)}


def _following(result: dict[str, Found], rules: Iterable[Derivation]) -> dict[str, Found]:
    for d in rules:
        if not all(_holds(result, fact, wanted) for fact, wanted in d.when.items()):
            continue
        source = result.get(d.quote)
        if source is None or (d.unless and re.search(d.unless, source.quote, re.I)):
            continue
        for fact, value in d.then.items():
            if fact not in result:
                new = tuple(value) if fact == "gaps" else value
                result[fact] = replace(source, fact=fact, value=new)
    return result


def derive_case(case: Case) -> None:
    """Let what follows follow from the facts as they are now, and from nothing older."""
    turns = {f: n.turn for f, n in case.facts.items() if n.derived}
    for fact in turns:
        del case.facts[fact]
    found = {f: Found(f, n.value, n.quote, 0, 0) for f, n in case.facts.items()}
    for fact, new in derive(found).items():
        if fact not in case.facts and fact not in case.declined:
            value = list(new.value) if isinstance(new.value, tuple) else new.value
            turn = turns.get(fact, case.turn)
            case.facts[fact] = Noted(value=value, quote=new.quote, turn=turn, derived=True)


def _scores(found: dict[str, Found]) -> dict[str, Found]:
    """Reached or missed: from the two scores, when both were said."""
    base, target = found.get("baseline_score"), found.get("target_score")
    if base and target and "meets_target" not in found:
        later = max(base, target, key=lambda f: f.start)
        found["meets_target"] = replace(later, fact="meets_target", value=base.value >= target.value)
    return found


def _holds(found: dict[str, Found], fact: str, wanted: Any) -> bool:
    here = found.get(fact)
    if wanted == "unknown":
        return here is None
    if here is None:
        return False
    if wanted == "known":
        return True
    if isinstance(wanted, dict):
        if "below" in wanted:
            return bool(here.value < wanted["below"])
        if "above" in wanted:
            return bool(here.value > wanted["above"])
        if "any" in wanted:
            return bool(set(here.value) & set(wanted["any"]))
        return not set(here.value) & set(wanted["none"])
    return here.value in wanted if isinstance(wanted, list) else bool(here.value == wanted)
