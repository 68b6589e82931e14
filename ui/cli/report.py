"""`report CASE -o FILE`: the decision record as HTML, Markdown or PDF."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tools.errors import InputError, NotFoundError
from ui.cli.output import emit_json, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.case import Case
    from tools.report import DecisionRecord

OWNER = "local"
LANGUAGES = ("en", "de", "es", "fr", "zh")


@click.command()
@click.argument("case", required=False)
@click.option("-o", "--out", type=click.Path(path_type=Path), help="FILE.html, FILE.md or FILE.pdf.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Of the page; the conversation's own by default.")
@click.option("--owner", default=OWNER, show_default=True, help="Whose case it is, where several people sign in.")
@json_option
def report(case: str | None, out: Path | None, language: str | None, owner: str, as_json: bool) -> None:
    """Write the page on which somebody says yes or no.

    CASE is the id of a conversation (or its beginning), or a file of facts as `decide` takes it. Without CASE the
    conversations are listed.
    """
    if case is None:
        _list(owner)
        return
    from agent.page import decision_record

    record = decision_record(_case(case, owner), owner=owner, now=datetime.now(UTC), language=language)
    if as_json:
        emit_json(record)
    if out is not None:
        out.write_bytes(_made(record, out))
        click.echo(f"{out}: page {record.digest[:16]}", err=True)
    elif not as_json:
        from tools.report import markdown

        click.echo(markdown(record), nl=False)


def _made(record: "DecisionRecord", out: Path) -> bytes:
    from tools.report import html, markdown, pdf

    forms: dict[str, Callable[[DecisionRecord], str | bytes]] = {
        ".html": html, ".htm": html, ".md": markdown, ".pdf": pdf
    }  # fmt: skip
    how = forms.get(out.suffix.lower())
    if how is None:
        raise InputError(
            "the page cannot be written in this form", where=str(out), remedy="Name a .html, .md or .pdf file."
        )
    if not out.parent.is_dir():
        raise InputError("there is no such folder", where=str(out.parent), remedy="Make it first.")
    made = how(record)
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
        return Case(id="facts", facts=noted, declined=sorted(declined))
    found = [c for c in list_cases(owner, limit=10_000) if c.id.startswith(name)]
    if len(found) != 1:
        what = "there is no such case" if not found else f"{len(found)} cases begin like this"
        raise NotFoundError(what, where=name, remedy="finetune-advisor report lists them.")
    return Case.model_validate(found[0].document["case"])


def _list(owner: str) -> None:
    from tools.records.cases import list_cases

    cases = list_cases(owner)
    if not cases:
        click.echo("No conversation is stored yet. Start one with: finetune-advisor serve")
    for c in cases:
        click.echo(f"{c.id}  {c.updated_at:%Y-%m-%d %H:%M}  {c.title}")
