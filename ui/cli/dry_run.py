"""`dry-run`: the first batch before training, with what is learnt marked; what is left out; the memory it will take."""

from pathlib import Path
from typing import Any

import click

from ui.cli.output import emit_json, json_option

METHODS = {"sft": "supervised", "dpo": "dpo", "rft": "reinforcement"}


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--technique", type=click.Choice(list(METHODS)), default="sft", show_default=True, help="How it learns.")
@click.option("--base-model", default="", help="Name, absolute folder or hub name. Default: the local base.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A hyperparameter, such as max_length=256."
)
@click.option("--rows", type=click.IntRange(1, 64), default=2, show_default=True, help="Rows to show.")
@json_option
def dry_run(file: Path, technique: str, base_model: str, settings: tuple[str, ...], rows: int, as_json: bool) -> int:
    """Look at FILE as local training would, without a gradient. Exit status 1: it would not fit into memory."""
    from tools.engine.dry_run import DryRunRequest
    from tools.engine.dry_run import dry_run as look

    numbers: dict[str, Any] = dict(_pair(s) for s in settings)
    found = look(
        DryRunRequest(
            training_file=file, model=base_model, method=METHODS[technique], hyperparameters=numbers, most_rows=rows
        )
    )
    if as_json:
        emit_json(found)
    else:
        show(found)
    return 1 if found.fits is False else 0


def show(found: Any) -> None:
    """The dry run as a person reads it: learnt text green and in brackets, text to be avoided red."""
    from ui.dry_run_text import memory_line, size_lines

    marks = {"read": ("", "", None), "trained": ("⟦", "⟧", "green"), "avoided": ("⟪", "⟫", "red")}
    for row in found.first_batch:
        images = f", {row.image_tokens} for {_images(row.images)}" if row.images else ""
        click.echo(f"line {row.line}: {row.tokens} tokens{images}, {row.trained_tokens} learnt")
        for message in row.messages:
            text = ""
            for span in message.spans:
                before, after, colour = marks[span.kind]
                text += click.style(f"{before}{span.text}{after}", fg=colour) if colour else span.text
            click.echo(f"  {message.role}: {text.strip()}")
    click.echo("⟦learnt⟧ ⟪learnt to be avoided⟫; all else is only read.")
    for line in size_lines(found):
        click.echo(line)
    click.echo(memory_line(found))


def _images(number: int) -> str:
    return "its image" if number == 1 else f"its {number} images"


def _pair(text: str) -> tuple[str, str]:
    from tools.errors import InputError

    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise InputError(f"{text!r} is not NAME=VALUE", where="--set", remedy="For example --set max_length=256.")
    return name.strip(), value.strip()
