"""The prompt chain: the model answers, then is asked of its own answer, step by step; each step is an eval."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from knowledge.load import ROOT, read
from knowledge.thresholds import threshold
from tools.endpoint import Completion
from tools.errors import InputError
from tools.evals.prompts import Revision, prepare
from tools.evals.run import RunRequest, RunResult, completion_key, run
from tools.named import reason
from tools.progress import Progress

if TYPE_CHECKING:
    from tools.ladder.arms import Bench

_CHAIN = ROOT.parent / "tools" / "ladder" / "chain.yaml"


def given_steps(file: Path) -> tuple[str, ...]:
    """The prompts of a chain from a YAML or JSON file: a list of texts, or `steps: [...]`. The first is instructions.

    Raises:
        InputError: the file cannot be read, or is not a list of two to five texts.
    """
    import yaml

    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as e:
        raise InputError(
            f"the chain cannot be read ({reason(e)})",
            where=str(file),
            remedy="YAML or JSON is wanted.",
        ) from None
    steps = found.get("steps") if isinstance(found, dict) else found
    most = int(threshold("ladder.chain_steps_max"))
    texts = [s for s in steps if isinstance(s, str) and s.strip()] if isinstance(steps, list) else []
    if not isinstance(steps, list) or len(texts) != len(steps) or not 2 <= len(texts) <= most:
        raise InputError(
            f"a chain is a list of 2 to {most} texts", where=str(file), remedy="See docs/ladder.md for an example."
        )
    return tuple(texts)


def own_steps(kind: str) -> tuple[str, ...]:
    """The later steps where no chain is given; empty: none is known for this kind of target."""
    step = read(_CHAIN, dict[str, str]).get(kind)
    return (step,) if step else ()


def requests(bench: "Bench", drafts: list[dict[str, Completion]]) -> RunRequest:
    """The request of the step after these answers."""
    first, *later = bench.chain
    step = len(drafts)
    if step == 0:
        made = bench.run_request("better_prompt", text=first)
        return made if first == bench.instructions else made.model_copy(update={"name": f"{bench.name}/chain-1"})
    answered = [i for i in drafts[0] if all(i in d for d in drafts)]
    prompt = Revision(
        asked=tuple(later[:step]),
        drafts={i: tuple(d[i].text for d in drafts) for i in answered},
        text=first,
        append=True,
    )
    last = step == len(later)
    name = f"{bench.name}/chain" if last else f"{bench.name}/chain-{step + 1}"
    before = {i: _together([d[i] for d in drafts]) for i in answered}
    return bench.run_request("better_prompt", text=first).model_copy(
        update={"prompt": prompt, "name": name, "before": before}
    )


def known_answers(bench: "Bench", request: RunRequest) -> dict[str, Completion]:
    """By sample id, the answers to this request that are kept."""
    from tools.evals.store import completions

    prepared = prepare(request.prompt, bench.held_out)
    keys = {s.sample_id: completion_key(request, prepared, s) for s in bench.samples}
    known = completions.known(list(keys.values()))
    return {i: known[key] for i, key in keys.items() if key in known}


def measure_chain(bench: "Bench", progress: Progress) -> RunResult:
    """Ask step after step; the last one's answers are what is scored, with the tokens and the time of all steps.

    Raises:
        InputError, UnavailableError, CancelledError: as tools.evals.run.
    """
    drafts: list[dict[str, Completion]] = []
    asked = 0
    for i in range(len(bench.chain)):
        request = requests(bench, drafts)
        found = run(request, _step(progress, i, len(bench.chain)))
        asked += found.asked
        drafts.append(known_answers(bench, request))
    return found.model_copy(update={"asked": asked})


def _together(answers: list[Completion]) -> Completion:
    def total(values: list[int | None]) -> int | None:
        return None if any(v is None for v in values) else sum(v for v in values if v is not None)

    return answers[-1].model_copy(
        update={
            "prompt_tokens": total([a.prompt_tokens for a in answers]),
            "completion_tokens": total([a.completion_tokens for a in answers]),
            "latency_ms": sum(a.latency_ms for a in answers),
        }
    )


def step_bytes(bench: "Bench") -> int:
    """The bytes that the later steps add to one sample's prompts, drafts apart."""
    later = bench.chain[1:]
    return sum(len(json.dumps(text, ensure_ascii=False).encode()) * (len(later) - i) for i, text in enumerate(later))


def _step(progress: Progress, i: int, of: int) -> Progress:
    def report(done: float, total: float | None = None, text: str = "") -> None:
        share: Any = done / total if total else 0
        progress(i + share, of, f"step {i + 1}, {text}" if text else f"step {i + 1}")

    return report
