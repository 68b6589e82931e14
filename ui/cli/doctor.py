"""`doctor`: what works on this machine, and what to do about the rest."""

import sys

import click

from ui.cli.output import emit_json, json_option

MARK = {"ok": "ok     ", "missing": "missing", "broken": "BROKEN "}


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check Python, packages, the home folder, stores, the local engine, the browser and the model endpoint."""
    from ui.doctor import examine

    report = examine()
    if as_json:
        emit_json(report)
    else:
        for check in report.checks:
            click.echo(
                f"{MARK[check.status]}  {check.name}: {check.detail}"
                + (f"\n         {check.remedy}" * bool(check.remedy))
            )
    sys.exit(0 if report.ok else 2)
