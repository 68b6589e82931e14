"""`report CASE [OTHER] -o FILE`: the decision record, or two side by side, as HTML, Markdown or PDF."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from pydantic import BaseModel

from tools.errors import InputError, NotFoundError
from ui.cli.output import emit_json, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.case import Case
    from tools.report import DecisionRecord
    from tools.report.blocks import Page

OWNER = "local"
LANGUAGES = ("en", "de", "es", "fr", "zh")


@click.command()
@click.argument("case", required=False)
@click.argument("other", required=False)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="FILE.html, FILE.md or FILE.pdf.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the page; the conversation's own by default.")
@click.option("--example", is_flag=True, help="The page of the recorded example: filled, at once, nothing is run.")
@click.option("--eval", "evals", multiple=True, help="With a file of facts: an eval to rest on (several may be named).")
@click.option("--job", "jobs", multiple=True, help="With a file of facts: a job that belongs to it.")
@click.option("--owner", default=OWNER, show_default=True, help="Whose case it is, where several people sign in.")
@json_option
def report(
    case: str | None,
    other: str | None,
    out: Path | None,
    language: str | None,
    example: bool,
    evals: tuple[str, ...],
    jobs: tuple[str, ...],
    owner: str,
    as_json: bool,
) -> None:
    """Write the page on which somebody says yes or no; with OTHER, two cases side by side.

    CASE is the id of a conversation (or its beginning), or a file of facts as `decide` takes it; `example` is the
    recorded example. Without CASE the conversations are listed.
    """
    if example:
        case, other = "example", case
    if case is None:
        _list(owner)
        return
    if (evals or jobs) and case != "-" and not Path(case).is_file():
        what = "a conversation knows its own evals and jobs"
        raise InputError(what, where="--eval, --job", remedy="They go with a file of facts.")
    record = _record(case, owner, language, evals, jobs)
    if other is not None:
        from tools.report import beside

        second = _record(other, owner, language or record.language)
        if as_json:
            emit_json(_Two(cases=(record, second)))
        _write(beside(record, second), out, as_json, f"{record.digest[:16]} beside {second.digest[:16]}")
        return
    if as_json:
        emit_json(record)
    from tools.report.layout import page

    _write(page(record), out, as_json, f"page {record.digest[:16]}")


class _Two(BaseModel):
    """What `report CASE OTHER --json` prints."""

    cases: tuple[Any, Any]
    """Two decision records."""


def _record(
    name: str, owner: str, language: str | None, evals: tuple[str, ...] = (), jobs: tuple[str, ...] = ()
) -> "DecisionRecord":
    now = datetime.now(UTC)
    if name == "example" and not Path(name).is_file():
        from ui import recording

        record = recording.page(language or "en")
        click.echo("A recording of the example set, made once for real; nothing runs now.", err=True)
        for why in recording.no_longer(record, now.date()):
            click.echo(f"Since then: {why}", err=True)
        return record
    from agent.page import decision_record

    case = _case(name, owner)
    if evals or jobs:
        case = _resting_on(case, owner, evals, jobs)
    return decision_record(case, owner=owner, now=now, language=language)


def _write(laid: "Page", out: Path | None, as_json: bool, said: str) -> None:
    if out is not None:
        out.write_bytes(_made(laid, out))
        click.echo(f"{out}: {said}", err=True)
    elif not as_json:
        from tools.report import page_markdown

        click.echo(page_markdown(laid), nl=False)


def _made(laid: "Page", out: Path) -> bytes:
    from tools.report import page_html, page_markdown, page_pdf

    forms: dict[str, Callable[[Page], str | bytes]] = {
        ".html": page_html, ".htm": page_html, ".md": page_markdown, ".pdf": page_pdf
    }  # fmt: skip
    how = forms.get(out.suffix.lower())
    if how is None:
        raise InputError(
            "the page cannot be written in this form", where=str(out), remedy="Name a .html, .md or .pdf file."
        )
    if not out.parent.is_dir():
        raise InputError("there is no such folder", where=str(out.parent), remedy="Make it first.")
    made = how(laid)
    return made if isinstance(made, bytes) else made.encode()


def _case(name: str, owner: str) -> "Case":
    """A stored conversation by its id or the beginning of it, or facts from a file."""
    from agent.case import Case, Noted
    from tools.records.cases import list_cases

    if name == "-" or Path(name).is_file():
        from ui.cli.decide import read_facts

        facts, declined = read_facts(name)
        where = "standard input" if name == "-" else Path(name).name
        noted = {f: Noted(value=v, quote=where) for f, v in facts.known().items()}
        return Case(id="facts" if name == "-" else Path(name).stem, facts=noted, declined=sorted(declined))
    found = [c for c in list_cases(owner, limit=10_000) if c.id.startswith(name)]
    if len(found) != 1:
        what = "there is no such case" if not found else f"{len(found)} cases begin like this"
        raise NotFoundError(what, where=name, remedy="finetune-advisor report lists them.")
    return Case.model_validate(found[0].document["case"])


def _resting_on(case: "Case", owner: str, evals: tuple[str, ...], jobs: tuple[str, ...]) -> "Case":
    """Facts from a file, with what was measured and trained for them."""
    from tools.evals import store
    from tools.jobs import view

    found = [view.get(job, owner) for job in jobs]
    return case.model_copy(
        update={
            "evals": [store.eval_named(e).name for e in evals],
            "jobs": [j.id for j in found],
            "plans": [j.plan_id for j in found],
        }
    )


def _list(owner: str) -> None:
    from tools.records.cases import list_cases

    cases = list_cases(owner)
    if not cases:
        click.echo("No conversation is stored yet. Start one with: finetune-advisor serve")
    for c in cases:
        click.echo(f"{c.id}  {c.updated_at:%Y-%m-%d %H:%M}  {c.title}")
