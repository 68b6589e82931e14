"""Cases and pages as programs see them: by id, of the one owner of this computer."""

import json
from typing import Any

from agent.carried import advice
from agent.case import Case
from tools.errors import InputError
from tools.records.cases import list_cases, load_case
from tools.records.owned import LOCAL

CASE, PAGE = "advisor://cases/{id}", "advisor://pages/{id}"


def begun() -> Case:
    """A new case."""
    return Case(persona="practitioner")


def opened(case_id: str) -> tuple[Case, dict[str, Any], int]:
    """A stored case, all that is stored with it (the chat keeps its cards there), and its version.

    Raises:
        NotFoundError: there is none.
    """
    found = load_case(case_id, LOCAL)
    return Case.model_validate(found.document["case"]), found.document, found.version


def stored(case_id: str) -> Case:
    """A stored case. NotFoundError when there is none."""
    return opened(case_id)[0]


def resources() -> list[tuple[str, str, str]]:
    """Address, title and kind of what can be read: cases and their newest pages."""
    from tools.report import keeping

    found = []
    for c in list_cases(LOCAL):
        found.append((CASE.format(id=c.id), c.title, "application/json"))
        found += [
            (PAGE.format(id=p.id), f"Page: {c.title}", "text/markdown") for p in keeping.pages_of(c.id, LOCAL)[:1]
        ]
    return found


def read(address: str) -> tuple[str, str]:
    """Content and kind.

    Raises:
        NotFoundError: there is no such case or page.
        InputError: the address is of another kind.
    """
    kind, _, name = address.removeprefix("advisor://").partition("/")
    if not address.startswith("advisor://") or kind not in ("cases", "pages") or not name:
        raise InputError("there is nothing to read at this address", where=address[:80], remedy=f"{CASE} or {PAGE}")
    if kind == "cases":
        return json.dumps(_case(stored(name)), ensure_ascii=False, indent=2), "application/json"
    from tools.report import keeping, markdown

    return markdown(keeping.page(name, LOCAL).record), "text/markdown"


def _case(case: Case) -> dict[str, Any]:
    return {
        "id": case.id,
        "created": case.created.isoformat(),
        "facts": case.facts_now().known(),
        "declined": case.declined,
        "recommendation": advice(case).model_dump(mode="json", by_alias=True),
        "datasets": [{"id": d.id, "name": d.name} for d in case.datasets],
        "plans": case.plans,
        "jobs": case.jobs,
        "evals": case.evals,
    }
