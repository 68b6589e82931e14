"""The teacher's terms of use: shown, accepted by a person, and written into the ledger before anything is sent."""

import hashlib
from pathlib import Path

from knowledge.sources import source
from knowledge.teachers import terms_for
from tools.distillation.records import TermsRecord
from tools.endpoint import Endpoint
from tools.errors import InputError, RefusedError

KIND = "TEACHER_TERMS_ACCEPTED"


def teacher_name(endpoint: Endpoint) -> str:
    """How a teacher is called in records."""
    return f"{endpoint.model} at {endpoint.identity}"


def shown(endpoint: Endpoint) -> str:
    """What is known of the terms, with where it stands and when it was read."""
    found = terms_for(endpoint.base_url, endpoint.model)
    if found is None:
        return (
            f"Terms of {teacher_name(endpoint)}: not known here. Read what its maker and its host say about using "
            "answers to train another model."
        )
    _, entry = found
    cited = source(entry.source)
    return f"{entry.title}: {entry.says} ({cited.url}, read {cited.checked_on})"


def known(endpoint: Endpoint) -> bool:
    """Whether the terms are known here; if not, a person has to name what they read."""
    return terms_for(endpoint.base_url, endpoint.model) is not None


def accept(endpoint: Endpoint, person: str, *, terms: str | None = None, text: Path | None = None) -> TermsRecord:
    """Record that a person has read and accepted the terms.

    Args:
        endpoint: the teacher.
        person: who accepts.
        terms: which text and version ("TITLE, VERSION, URL" in any words); needed where nothing is known.
        text: a file with the terms themselves; its digest is kept.

    Raises:
        InputError: it is not said which terms, or the file cannot be read.
    """
    from tools.records import chain, clock, database

    found = terms_for(endpoint.base_url, endpoint.model)
    if found is None and not terms:
        raise InputError(
            f"the terms of {teacher_name(endpoint)} are not known here",
            where="--terms",
            remedy='Read them, then name them: --terms "TITLE, VERSION OR DATE, ADDRESS".',
        )
    cited = source(found[1].source) if found else None
    try:
        digest = hashlib.sha256(text.read_bytes()).hexdigest() if text else None
    except OSError as e:
        raise InputError(f"the terms cannot be read ({e.strerror})", where=str(text), remedy="Check the path.") from e
    record = TermsRecord(
        teacher=teacher_name(endpoint),
        person=person,
        at=clock.now(),
        title=terms or (found[1].title if found else ""),
        url=str(cited.url) if cited else "",
        version="as named" if terms else f"as read {cited.published or cited.checked_on}" if cited else "",
        text_sha256=digest,
    )
    with database.write() as connection:
        chain.append(connection, person, _subject(endpoint), KIND, record.model_dump(mode="json"))
    return record


def accepted(endpoint: Endpoint, person: str) -> TermsRecord | None:
    """The last acceptance by this person for this teacher."""
    from sqlalchemy import select

    from tools.records import database
    from tools.records.tables import ledger

    with database.read() as connection:
        row = connection.execute(
            select(ledger.c.body)
            .where(ledger.c.owner == person, ledger.c.subject == _subject(endpoint), ledger.c.kind == KIND)
            .order_by(ledger.c.seq.desc())
            .limit(1)
        ).first()
    return TermsRecord.model_validate(row[0]) if row else None


def require(endpoint: Endpoint, person: str) -> TermsRecord:
    """The acceptance on record.

    Raises:
        RefusedError: there is none.
    """
    record = accepted(endpoint, person)
    if record is None:
        raise RefusedError(
            f"{person} has not accepted the terms of {teacher_name(endpoint)}",
            remedy=f"{shown(endpoint)} Then say --accept-terms.",
        )
    return record


def _subject(endpoint: Endpoint) -> str:
    digest = hashlib.sha256(f"{endpoint.identity}\n{endpoint.model}".encode()).hexdigest()
    return f"teacher_{digest[:24]}"
