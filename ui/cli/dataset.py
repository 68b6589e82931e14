"""`lint`, `split`, `tokens`, `convert`: the dataset tools on the command line."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli.output import Bar, emit_json, json_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.ahead import Ahead
    from tools.dataset.records import LintReport

FILE = click.Path(path_type=Path)
ENCODING = "o200k_base"
AHEAD_BYTES = 4 << 20
DEFAULT_SEED = 7
ONE_FILE = ("as_json", "validation", "held_out", "fix_to", "baseline", "write_baseline", "sarif", "html")
SEVERITIES = ("error", "warning", "info")
SHARE = click.FloatRange(0, 1, min_open=True)
CHANGED_SHARE = "Assumed share of held-out answers that change between right and wrong.  [default: 0.25]"
TECHNIQUES = click.Choice(["sft", "dpo", "rft", "vision_sft"])


@click.command()
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@click.option("--validation", type=FILE, help="Validation file: checked too, and for leakage.")
@click.option("--held-out", type=FILE, help="Held-out file: checked too, and for leakage.")
@click.option("--grader", type=FILE, help="RFT grader (JSON): do its templates point at something?")
@click.option("--response-schema", type=FILE, help="RFT response schema (JSON).")
@click.option("--user", help="Column or key of the question, where the names do not say it.")
@click.option("--assistant", help="Column or key of the answer.")
@click.option("--system", help="A system prompt before every example of a table.")
@click.option("--system-column", help="Column or key of the system prompt.")
@click.option("--technique", type=TECHNIQUES, help="Instead of the one recognised from the file.")
@click.option("--provider", help="Check against one backend's limits, such as openai, azure, local; or all.")
@click.option("--model", help="Count tokens for this model (an id, or a folder with its tokenizer.json).")
@click.option("--fix", "fix_to", type=FILE, help="Write a repaired copy here; the file itself is untouched.")
@click.option("--offer", "offers", multiple=True, help="With --fix: a repair that changes the data, such as mask.")
@click.option("--near-duplicates/--no-near-duplicates", default=None, help="Look for near-duplicates in any size.")
@click.option("--secrets/--no-secrets", default=True, help="Leave out secrets and personal data.")
@click.option("--tokens/--no-tokens", "count_tokens", default=True, help="Leave out counting tokens.")
@click.option("--changed-share", type=SHARE, help=CHANGED_SHARE)
@click.option("--baseline", type=FILE, help="Only what this baseline file does not hold counts.")
@click.option("--write-baseline", type=FILE, help="Write what was found as a baseline file.")
@click.option("--sarif", type=FILE, help="Write the findings as SARIF 2.1.0 too.")
@click.option("--html", type=FILE, help="Write the report as an HTML page too.")
@click.option(
    "--fail-on", type=click.Choice(SEVERITIES), default="error", show_default=True, help="What makes the exit status 1."
)
@json_option
def lint(files: tuple[Path, ...], **given: Any) -> int:
    """Check a dataset. Exit status: 0 no error found, 1 errors found (see --fail-on), 2 the file is unusable.

    Several files are checked one after another, each by itself.
    """
    single = [n for n in ONE_FILE if given[n] not in (None, False)] if len(files) > 1 else []
    if single:
        option = single[0].removeprefix("as_").removesuffix("_to").replace("_", "-")
        raise click.UsageError(f"--{option} takes one FILE at a time.")
    return max(_lint(file, **given) for file in files)


def _lint(
    file: Path,
    as_json: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    sarif: Path | None,
    html: Path | None,
    fail_on: str,
    **options: object,
) -> int:
    child = _count_ahead(file) if options["count_tokens"] and options["model"] is None else None
    from tools.dataset import LintRequest
    from tools.dataset import lint as check

    bar = Bar()
    with _counted_by(child):
        report = check(
            LintRequest.model_validate({"path": file, "digest": as_json or html is not None, **options}), bar
        )
    bar.close()
    if baseline or write_baseline or sarif or html:
        others = [p for p in (options["validation"], options["held_out"]) if isinstance(p, Path)]
        files = {report.file: file, **{p.name: p for p in others}}
        report = _elsewhere(report, files, baseline, write_baseline, sarif, html)
    if as_json:
        emit_json(report)
    else:
        from ui.cli.findings import show

        show(report, file)
    worst = SEVERITIES[: SEVERITIES.index(fail_on) + 1]
    return 1 if any(f.severity in worst for f in report.findings) else 0


def _counted_by(child: "Ahead | None") -> AbstractContextManager[None]:
    from tools.tokens.encodings import counted_by

    return counted_by(ENCODING, child) if child is not None else nullcontext()


def _count_ahead(file: Path) -> "Ahead | None":
    """Have the tokenizer loaded beside the imports, where the file is so small that start-up is most of the time."""
    from tools.ahead import begin

    def make() -> "Callable[[list[str]], list[int]]":
        import quicktok

        encoding = quicktok.get_encoding(ENCODING)

        def count(text: str) -> int:
            try:
                return int(encoding.count(text))
            except ValueError:  # text of a special token
                return len(encoding.encode_ordinary(text))

        return lambda texts: [count(t) for t in texts]

    try:
        small = file.stat().st_size < AHEAD_BYTES
    except (OSError, ValueError):
        return None
    return begin(make) if small else None


def _elsewhere(
    report: "LintReport",
    files: dict[str, Path],
    baseline: Path | None,
    new: Path | None,
    sarif: Path | None,
    html: Path | None,
) -> "LintReport":
    """Write the report in other forms, and leave out what a baseline holds."""
    import json

    from tools.dataset import outputs

    if new is not None:
        click.echo(f"{outputs.write_baseline(report, files, new):,} places written to {new}", err=True)
    if baseline is not None:
        report = outputs.apply_baseline(report, files, outputs.read_baseline(baseline))
    if sarif is not None:
        _write(sarif, json.dumps(outputs.to_sarif(report, files), indent=1) + "\n")
    if html is not None:
        _write(html, outputs.to_html(report))
    return report


def _write(path: Path, text: str) -> None:
    from tools.errors import InputError
    from tools.named import reason

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as e:
        why = f"cannot be written ({reason(e)})"
        raise InputError(why, where=str(path), remedy="Name a file in a folder that is there.") from None


@click.command()
@click.argument("file", type=FILE, required=False)
@click.option("--out", type=FILE, help="Folder for the parts; nothing in it is overwritten.")
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.1,
    show_default=True,
    help="Share for validation.",
)
@click.option(
    "--held-out",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.2,
    show_default=True,
    help="Share kept aside to measure with.",
)
@click.option("--seed", type=int, help="Which examples are drawn; the same seed draws the same.  [default: 7]")
@click.option("--group-by", help="Keep examples with the same value of this key on one side.")
@click.option(
    "--keep-held-out/--draw-anew",
    default=None,
    help="Whether examples held out by an earlier split stay held out.  [default: they do, unless a seed is given]",
)
@click.option("--changed-share", type=SHARE, help=CHANGED_SHARE)
@click.option("--give-up", "given_up", metavar="DIGEST", help="Take a recorded held-out set out of the register.")
@json_option
def split(
    file: Path | None, out: Path | None, seed: int | None, given_up: str | None, as_json: bool, **options: object
) -> None:
    """Make train, validation and held-out files, without leakage.

    The held-out set is recorded: later use of its examples in training, few-shot prompts or retrieval is refused.
    """
    from tools.dataset import SplitRequest, give_up
    from tools.dataset import split as divide

    if given_up is not None:
        left = give_up(given_up)
        click.echo(f"held-out set {left.digest[:12]} of {left.name} was given up: its examples may be used", err=True)
        if file is None:
            return
    if file is None or out is None:
        raise click.UsageError("FILE and --out FOLDER are needed.")
    if options["keep_held_out"] is None:
        options["keep_held_out"] = seed is None
    bar = Bar()
    report = divide(
        SplitRequest.model_validate(
            {"path": file, "out": out, "seed": DEFAULT_SEED if seed is None else seed, **options}
        ),
        bar,
    )
    bar.close()
    if as_json:
        emit_json(report)
        return
    from ui.cli.findings import show_split

    show_split(report)


@click.command()
@click.argument("file", type=FILE)
@click.option("--model", help="A model id, an encoding such as o200k_base, or a folder with a tokenizer.json.")
@click.option("--limit", type=click.IntRange(1), help="Tokens after which the provider cuts an example.")
@json_option
def tokens(file: Path, model: str | None, limit: int | None, as_json: bool) -> None:
    """Count a dataset's tokens exactly, offline; says so where that is not possible."""
    from tools.errors import InputError
    from tools.tokens import count
    from ui.cli.findings import examples

    bar = Bar()
    report = count(file, model, limit_per_example=limit, progress=bar)
    bar.close()
    if not report.examples:
        what = "no example can be read, so there is nothing to count"
        raise InputError(what, where=str(file), remedy="`finetune-advisor lint FILE` says why.")
    if as_json:
        emit_json(report)
        return
    exact = "exact" if report.exact else "not exact"
    click.echo(f"{report.file}: {examples(report.examples)}, tokenizer {report.tokenizer} ({exact})")
    if report.total_tokens is not None:
        click.echo(
            f"  total         {report.total_tokens:>12,}   trained per epoch {report.trained_tokens_per_epoch:,}"
        )
        click.echo(f"  message text  {report.text_tokens:>12,}   of it learnt {report.supervised_tokens:,}")
        click.echo(f"  per example   p50 {report.p50:,}, p95 {report.p95:,}, longest {report.max:,}")
    elif report.range is not None:
        click.echo(f"  total between {report.range.low:,} and {report.range.high:,}")
    for note in report.notes:
        click.echo(f"  note: {note}")


@click.command()
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, required=True, help="The new file.")
@click.option("--to", default="openai_chat", show_default=True, help="Format to write.")
@click.option("--user", help="Column or key of the question, where the names do not say it.")
@click.option("--assistant", help="Column or key of the answer.")
@click.option("--system", help="A system prompt to put before every example.")
@click.option("--system-column", help="Column or key of the system prompt.")
@json_option
def convert(file: Path, as_json: bool, **options: object) -> None:
    """Convert a table or another format to chat JSON Lines, or back; says what could not be carried over."""
    from tools.dataset import ConvertRequest
    from tools.dataset import convert as turn
    from ui.cli.findings import examples

    bar = Bar()
    report = turn(ConvertRequest.model_validate({"path": file, **options}), bar)
    bar.close()
    if as_json:
        emit_json(report)
        return
    click.echo(f"{examples(report.examples)}: {report.from_format} -> {report.to_format} in {report.out}")
    for why, count in report.left_out.items():
        click.echo(f"  left out {count:,}: {why}")
    for what, count in report.lost.items():
        click.echo(f"  not carried over in {count:,}: {what}")
