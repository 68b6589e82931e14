"""Two windows changed the same case: what each added or took away since they last agreed holds, and nothing is lost."""

from collections.abc import Mapping
from typing import Any

from agent.case import Case, Contradiction


def merged(base: Case, mine: Case, theirs: Case) -> Case:
    """One case out of two that grew from a third.

    A fact that both set differently is a contradiction: mine counts, both are shown, and the person is asked.

    Args:
        base: as both last knew it.
        mine: as changed here.
        theirs: as somebody else stored it meanwhile.
    """
    was, here, there = base.model_dump(), mine.model_dump(), theirs.model_dump()
    case = Case.model_validate({field: joined(was[field], here[field], there[field]) for field in here})
    case.turn = max(mine.turn, theirs.turn)
    for fact, noted in mine.facts.items():
        other = theirs.facts.get(fact)
        both = noted != base.facts.get(fact) and other is not None and other != base.facts.get(fact)
        if both and other is not None and other.value != noted.value:
            clash = Contradiction(fact=fact, older=other, newer=noted)
            case.contradictions = [c for c in case.contradictions if c.fact != fact] + [clash]
    # Who answered in one window did not refuse in the other.
    case.declined = [fact for fact in case.declined if fact not in case.facts]
    case.unasked = [fact for fact in case.unasked if fact in case.declined]
    return case


def joined(was: Any, here: Any, there: Any) -> Any:
    """Two values that grew from one: entry by entry in tables and lists, else the changed one, mine first."""
    if here == was:
        return there
    if there == was or here == there:
        return here
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        return _tables(was if isinstance(was, Mapping) else {}, here, there)
    if isinstance(here, list) and isinstance(there, list):
        return _lists(was if isinstance(was, list) else [], here, there)
    return here


_GONE = object()


def _tables(was: Mapping[str, Any], here: Mapping[str, Any], there: Mapping[str, Any]) -> dict[str, Any]:
    result = {}
    for key in dict.fromkeys([*there, *here]):
        before, mine, theirs = was.get(key, _GONE), here.get(key, _GONE), there.get(key, _GONE)
        value = theirs if mine == before else mine
        if value is not _GONE:
            result[key] = value
    return result


def _lists(was: list[Any], here: list[Any], there: list[Any]) -> list[Any]:
    """What was there and nobody took away, then what they added, then what was added here."""
    n = len(was)
    if here[:n] == was == there[:n]:  # both only went on, as a talk does, in which a line may come twice
        return [*there, *(item for item in here[n:] if item not in there[n:])]
    kept = [item for item in was if item in here and item in there]
    theirs = [item for item in there if item not in was]
    return [*kept, *theirs, *(item for item in here if item not in was and item not in theirs)]
