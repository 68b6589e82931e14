"""The console script `finetune-advisor`: finds the command, loads only its file, turns errors into one line."""

import importlib
import os
import signal
import sys
import threading
from typing import Any

import click

from tools.errors import AdvisorError, CancelledError, RefusedError

# command -> "module:function, one-line help". The help stands here so that `--help` need not import the commands.
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("ui.cli.serve:serve", "Start the chat in the browser."),
    "ask": ("ui.cli.ask:ask", "The conversation on standard input and output."),
    "decide": ("ui.cli.decide:decide", "Facts in, recommendation out."),
    "lint": ("ui.cli.dataset:lint", "Check a dataset."),
    "split": ("ui.cli.dataset:split", "Make train, validation and held-out files, without leakage."),
    "tokens": ("ui.cli.dataset:tokens", "Count a dataset's tokens exactly."),
    "convert": ("ui.cli.dataset:convert", "Convert tables and other formats to chat JSON Lines, or back."),
    "cost": ("ui.cli.cost:cost", "Price training, hosting and use."),
    "catalogue": ("ui.cli.catalogue:catalogue", "What can be tuned where, for how much, and who says so."),
    "distill": ("ui.cli.distill:distill", "A teacher's answers to your prompts, filtered, as a training file."),
    "raft": ("ui.cli.raft:raft", "Documents and questions as rows that teach to answer from the right passage."),
    "dry-run": ("ui.cli.dry_run:dry_run", "The first batch before training: what is learnt, left out, and the memory."),
    "jobs": ("ui.cli.jobs:jobs", "Plan, approve, launch and watch training jobs."),
    "evals": ("ui.cli.evals:evals", "Import, run and compare evaluations."),
    "ladder": ("ui.cli.ladder:ladder", "Measure prompt, few-shot, retrieval and tuned on the same held-out rows."),
    "report": ("ui.cli.report:report", "The page on which somebody says yes or no."),
    "mcp": ("ui.cli.mcp:mcp", "The same tools over the Model Context Protocol."),
    "scoreboard": ("ui.cli.scoreboard:scoreboard", "How often our advice was right, by what was measured later."),
    "users": ("ui.cli.users:users", "Who may sign in beyond this computer."),
    "doctor": ("ui.cli.doctor:doctor", "What works on this machine, and what to do about the rest."),
}


STOPPING = b"\nStopping: what is being asked is waited for and kept. Ctrl-C again ends at once.\n"


class LazyGroup(click.Group):
    """A click group that imports a command's file when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order a person meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module, function = entry[0].split(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a reader that has closed the pipe (`| head`) has what it wanted, and that is no failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            from ui.cli.failing import hush

            hush()
            ctx.exit(0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="finetune-advisor")
def cli() -> None:
    """Should you fine-tune? Find out with your own data; usually the answer is "not yet"."""


def _interrupted_with_patience() -> None:
    """Ctrl-C ends the work and keeps what is being answered, which may take a while; said again, it ends at once."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # whoever started us has made a choice of their own
    said: list[threading.Timer] = []

    def on_interrupt(_number: int, _frame: object) -> None:
        if said:
            os.write(2, b"\nEnded at once. What was being asked has no answer here and may be billed.\n")
            os._exit(130)
        said.append(threading.Timer(1.0, os.write, (2, STOPPING)))
        said[0].daemon = True
        said[0].start()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, on_interrupt)


def main() -> None:
    """Run the command line. Exit status: 0 done, 1 the answer is no, 2 the input or setting is unusable."""
    _interrupted_with_patience()
    try:
        sys.exit(cli.main(prog_name="finetune-advisor", standalone_mode=False) or 0)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except click.ClickException as e:
        from ui.cli.failing import usage

        click.echo(usage(e), err=True)
        sys.exit(2)
    except CancelledError as e:
        click.echo(str(e), err=True)
        sys.exit(130)
    except RefusedError as e:
        click.echo(f"Refused: {e}", err=True)
        sys.exit(1)
    except AdvisorError as e:
        click.echo(f"Error: {e}", err=True)
        sys.exit(2)
    except Exception as e:
        from ui.cli.failing import hush, unforeseen

        click.echo(unforeseen(e), err=True)
        if isinstance(e, OSError) and e.filename is None:  # standard output itself, such as a full disk
            hush()
        sys.exit(2)
