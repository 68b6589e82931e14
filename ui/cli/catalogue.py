"""`finetune-advisor catalogue`: what can be tuned where, for how much, and who says so."""

import sys
from decimal import Decimal
from typing import Any

import click
from pydantic import RootModel

from ui.cli.output import Bar, emit_json, json_option

day_option = click.option("--on", "today", type=click.DateTime(["%Y-%m-%d"]), help="Judge ages and dates on this day.")


def _day(given: Any) -> Any:
    from tools.cost.workings import today_at_the_door

    return given.date() if given else today_at_the_door()


@click.group()
def catalogue() -> None:
    """What can be tuned where, for how much, and who says so."""


@catalogue.command("list")
@click.option("--all", "everything", is_flag=True, help="Ended offers and bases that cannot be tuned, too.")
@day_option
@json_option
def list_(everything: bool, today: Any, as_json: bool) -> None:
    """List providers and the bases they tune."""
    from tools.cost.listing import listing

    found = listing(_day(today))
    if as_json:
        emit_json(found)
        return
    for provider, sentence in found.providers.items():
        click.echo(f"{provider}: {sentence}")
        for o in found.offers:
            if o.provider == provider and (everything or o.state not in ("ended", "not tunable")):
                until = f", served until {o.inference_ends}" if o.inference_ends else ""
                click.echo(f"  {o.model:<46} {'/'.join(o.techniques) or '-':<18} {o.state}{until}")


@catalogue.command()
@click.argument("provider")
@click.argument("model", required=False)
@day_option
@json_option
def show(provider: str, model: str | None, today: Any, as_json: bool) -> None:
    """Show a provider, or one of its bases, whole."""
    from tools.cost.listing import show as read

    s = read(provider, model, _day(today))
    if as_json:
        emit_json(s)
        return
    click.echo(f"{s.title}. {s.summary}\n{s.billing}")
    for title, lines in (
        ("What you must have", s.eligibility),
        ("Limits", s.limits),
        ("Regions", s.regions),
        ("Dates", s.events),
        ("Tiers", tuple(f"{k}: {v}" for k, v in s.tiers.items())),
        ("Hardware", tuple(f"{k}: {v}" for k, v in s.hardware.items())),
        ("Mind", s.notes),
    ):
        if lines:
            click.echo(f"\n{title}")
            for line in lines:
                click.echo(f"  - {line}")
    click.echo(f"\nTake it with you: {s.portability}" if s.portability else "")
    for f in s.figures:
        click.echo(f"  {_figure(f)}")


@catalogue.command()
@click.argument("provider")
@click.argument("model")
@click.argument("figure", required=False)
@day_option
@json_option
def explain(provider: str, model: str, figure: str | None, today: Any, as_json: bool) -> None:
    """Say where the figures of a base come from; FIGURE is a part of a figure's name, such as "hosting"."""
    from tools.cost.listing import explain as read

    found = read(provider, model, figure, _day(today))
    if as_json:
        emit_json(RootModel(found))
        return
    for f in found:
        click.echo(_figure(f))
        click.echo(f"    {f.source_title}. {f.note}".rstrip())


@catalogue.command()
@click.option("--days", type=click.IntRange(min=0), default=90, show_default=True, help="Figures read longer ago.")
@day_option
@json_option
def stale(days: int, today: Any, as_json: bool) -> None:
    """List figures that were read long ago."""
    from tools.cost.listing import old

    found = old(_day(today), days)
    if as_json:
        emit_json(RootModel(found))
        return
    click.echo(f"{len(found)} figures were read more than {days} days ago.")
    for f in found:
        click.echo(f"  {_figure(f)}")


@catalogue.command()
@click.argument("price_list", type=click.Choice(["azure", "litellm"]))
@click.option("--from", "place", help="Another address, or a file saved before.")
@click.option("--yes", is_flag=True, help="Take the figures without being asked.")
@day_option
@json_option
def refresh(price_list: str, place: str | None, yes: bool, today: Any, as_json: bool) -> None:
    """Read a public price list again and show what differs; nothing is taken unless you say so."""
    from tools.cost.figures import take
    from tools.cost.refresh import read_list

    bar = Bar()
    try:
        found = read_list(price_list, _day(today), place=place, progress=bar)
    finally:
        bar.close()
    if as_json:
        emit_json(found)
    else:
        differing = [d for d in found.differences if d.kind != "same"]
        same = len(found.differences) - len(differing)
        click.echo(f"{found.read_from}: {len(differing)} figures differ, {same} are the same.")
        for d in differing:
            before = "unknown" if d.here_usd is None else _span(d.here_usd, d.here_usd_high)
            tier = f" ({d.tier})" if d.tier else ""
            click.echo(
                f"  {d.provider}/{d.model}{tier} {d.what}: {before} -> "
                f"{_span(d.there_usd, d.there_usd_high)} per {d.unit}"
            )
        for line in found.missing:
            click.echo(f"  not in the list: {line}")
    ask = not as_json and sys.stdin.isatty()
    if yes or (ask and click.confirm(f"Take these {len(found.figures)} figures, as read on {found.read_on}?")):
        click.echo(f"Taken: {take(found.figures)}", err=True)
    else:
        click.echo("Nothing was taken. --yes takes them.", err=True)


@catalogue.command()
@click.argument("provider")
@click.option("--ask", "base_url", metavar="URL", help="Read at this address whether the key's organisation may tune.")
@click.option("--key-from", default="OPENAI_API_KEY", show_default=True, help="The environment variable with the key.")
@json_option
def eligibility(provider: str, base_url: str | None, key_from: str, as_json: bool) -> None:
    """Say what an organisation must have to tune, and with --ask make one harmless read."""
    import os

    from tools.cost.eligibility import eligibility as read

    found = read(provider, base_url=base_url, api_key=os.environ.get(key_from))
    if as_json:
        emit_json(found)
        return
    click.echo(f"{found.verdict}: {found.said}")
    for r in found.requirements:
        click.echo(f"  - {r.text} Otherwise: {r.otherwise}")
    if found.verdict != "yes, as far as can be seen":
        click.echo(f"Next best: {found.next_route}")


@catalogue.command()
@click.argument("provider", required=False)
@json_option
def error(provider: str | None, as_json: bool) -> None:
    """Show how far earlier estimates were off, by finished jobs."""
    from tools.cost.reconciliation import past_error

    found = past_error(provider)
    if as_json:
        emit_json(found)
    else:
        click.echo(found.text)


@catalogue.command()
@click.argument("job_id")
@click.argument("usd")
def bill(job_id: str, usd: str) -> None:
    """Note what the provider's bill says for a job that has ended: USD, such as 12.34."""
    from tools.cost.reconciliation import bill as note
    from tools.cost.reconciliation import past_error
    from tools.errors import InputError

    try:
        amount = Decimal(usd.removeprefix("$"))
    except ArithmeticError:
        raise InputError(f"{usd!r} is no sum of money", remedy="Give USD, such as 12.34.") from None
    click.echo(past_error(note(job_id, amount).provider).text)


@catalogue.command()
@click.option("--model", help="A base whose shape is known, such as qwen3-8b.")
@click.option("--parameters", "parameters_b", type=float, help="Or its size in billions.")
@click.option(
    "--method", type=click.Choice(["lora", "qlora", "full"]), default="lora", show_default=True, help="What is trained."
)
@click.option(
    "--sequence-length", type=click.IntRange(min=1), default=1024, show_default=True, help="Tokens of the longest row."
)
@click.option("--batch-size", type=click.IntRange(min=1), default=4, show_default=True, help="Rows a step.")
@click.option("--tokens", type=click.IntRange(min=0), help="Tokens trained on, all epochs.")
@click.option("--peak-tflops", type=float, help="Dense bf16 peak of the GPU.")
@json_option
def hardware(as_json: bool, **options: Any) -> None:
    """Estimate memory and time for an open-weight base on a GPU, with the formula's error on our own runs."""
    from tools.cost.hardware import HardwareRequest, estimate_hardware

    given = {k: Decimal(str(v)) if isinstance(v, float) else v for k, v in options.items() if v is not None}
    e = estimate_hardware(HardwareRequest(**given))
    if as_json:
        emit_json(e)
        return
    m = e.memory_gb
    click.echo(f"Memory {m.expected:.1f} GB ({m.low:.1f} to {m.high:.1f}), shape {e.shape}: {e.arithmetic}")
    if e.hours:
        click.echo(f"Time {e.hours.expected:.2f} hours ({e.hours.low:.2f} to {e.hours.high:.2f})")
    click.echo("The formula on runs that were measured:")
    for c in e.checked:
        click.echo(
            f"  {c.run}: memory {c.measured_memory_gb} GB measured, {c.formula_memory_gb} by the formula; "
            f"time {c.measured_seconds:.0f} s measured, {c.formula_seconds:.0f} by the formula ({c.device})"
        )


def _span(low: Decimal, high: Decimal | None) -> str:
    return f"${low:f}" if high is None or high == low else f"${low:f} to ${high:f}"


def _figure(f: Any) -> str:
    where = ", ".join(x for x in (f.tier, f.technique) if x)
    kind = ", secondary" if f.confidence == "secondary" else ""
    return (
        f"{f.model}: {f.what.rsplit('_per_', 1)[0].replace('_', ' ')}{f' ({where})' if where else ''} "
        f"{_span(f.usd, f.usd_high)} per {f.unit} [{f.source}, read {f.checked_on}, {f.age_days} days ago{kind}]"
    )
