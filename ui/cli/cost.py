"""`finetune-advisor cost`: what tuning costs, how long it lasts and when it pays."""

from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from ui.cli.output import Bar, emit_json, json_option


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--provider", "-p", required=True, help="openai, azure, local, ... (`catalogue list`).")
@click.option("--model", "-m", required=True, help="A base, an alias, or a tuned model's id.")
@click.option("--technique", help="sft, dpo, rft or vision_sft.")
@click.option("--tier", help="For example global, regional or developer at azure.")
@click.option("--epochs", "n_epochs", type=click.IntRange(min=1), help="Default: as the provider chooses.")
@click.option("--training-tokens", type=click.IntRange(min=0), help="Instead of a file.")
@click.option("--examples", type=click.IntRange(min=0), help="Examples in it, when no file is given.")
@click.option("--validation", type=click.Path(path_type=Path), help="Validation file.")
@click.option("--training-hours", type=float, help="For jobs charged by the hour.")
@click.option("--grader", help="Model that grades (reinforcement tuning).")
@click.option("--grader-input-tokens", type=click.IntRange(min=0), help="That it reads, in the whole job.")
@click.option("--grader-output-tokens", type=click.IntRange(min=0), help="That it writes, in the whole job.")
@click.option("--gpu", help="For GPUs rented by the hour.")
@click.option("--requests-per-day", "-r", type=click.FloatRange(min=0), help="Volume once in service.")
@click.option("--prompt-tokens", type=click.IntRange(min=0), help="Input of one tuned request. Default: measured.")
@click.option("--completion-tokens", type=click.IntRange(min=0), help="Output of one request. Default: measured.")
@click.option("--cached-share", type=click.FloatRange(0, 1), help="Share of input from the prompt cache.")
@click.option("--batch-share", type=click.FloatRange(0, 1), help="Share of requests sent as batches.")
@click.option("--months", type=click.IntRange(1, 120), help="Horizon. Default 12.")
@click.option("--today-model", "baseline_model", help="What you use now. Default: the same base, not tuned.")
@click.option("--today-provider", "baseline_provider", help="Its provider, when another.")
@click.option("--today-prompt-tokens", "baseline_prompt_tokens", type=click.IntRange(min=0), help="Its input tokens.")
@click.option(
    "--today-completion-tokens", "baseline_completion_tokens", type=click.IntRange(min=0), help="Its output tokens."
)
@click.option(
    "--today-cached-share", "baseline_cached_share", type=click.FloatRange(0, 1), help="Its share of cached input."
)
@click.option("--label-examples", type=click.IntRange(min=0), help="Examples people still have to label.")
@click.option("--label-minutes", type=click.FloatRange(min=0), help="Minutes an example.")
@click.option("--labour-hours", type=click.FloatRange(min=0), help="People's hours, once.")
@click.option("--labour-rate", "labour_usd_per_hour", type=click.FloatRange(min=0), help="USD an hour.")
@click.option("--retrain-per-year", type=click.FloatRange(min=0), help="Because the data change.")
@click.option("--further-runs", type=click.IntRange(min=0), help="Trainings beyond the first.")
@click.option("--eval-examples", type=click.IntRange(min=0), help="Held-out examples scored each time.")
@click.option("--assume", multiple=True, metavar="NAME=VALUE", help="Any assumption that the answer lists; repeat it.")
@click.option("--on", "today", type=click.DateTime(["%Y-%m-%d"]), help="Judge prices and dates on this day.")
@click.option("--compare", "side_by_side", is_flag=True, help="Beside doing nothing, a better prompt, retrieval, ...")
@click.option("--curve", "as_curve", is_flag=True, help="The break-even at many volumes.")
@json_option
def cost(
    file: Path | None, assume: tuple[str, ...], side_by_side: bool, as_curve: bool, as_json: bool, **options: Any
) -> None:
    """Price training, hosting, use and retraining of FILE, against what you do today."""
    from tools.cost.request import parse_request
    from ui.cli import cost_text

    given = {k: v for k, v in options.items() if v is not None}
    if "today" in given:
        given["today"] = given["today"].date()
    request = parse_request(_assumed(assume), dataset=file, **given)
    bar = Bar()
    result: BaseModel
    try:
        if side_by_side:
            from tools.cost.compare import compare

            result = compared = compare(request, progress=bar)
            text = cost_text.side_by_side(compared)
        elif as_curve:
            from tools.cost.curve import curve

            result = drawn = curve(request, progress=bar)
            text = cost_text.curve_table(drawn)
        else:
            from tools.cost import estimate

            result = estimated = estimate(request, progress=bar)
            text = cost_text.lines(estimated)
    finally:
        bar.close()
    if as_json:
        emit_json(result)
        return
    for line in text:
        click.echo(line)


def _assumed(pairs: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not value.strip():
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE, such as labour_hours=10.", param_hint="--assume")
        found[name.strip().replace("-", "_")] = value.strip()
    return found
