"""What each rung sends to the model, made from the training file only."""

from functools import cached_property
from typing import Any

from knowledge.load import ROOT, read
from tools.dataset.held_out import refuse_held_out_file
from tools.endpoint import Endpoint
from tools.errors import InputError
from tools.evals.graders.propose import SIMILARITY_UNTIL_JUDGED, GraderProposal, propose_grader
from tools.evals.heldout import HeldOut, HeldOutSample, read_held_out
from tools.evals.prompts import AsIs, FewShot, Instructions, Nearest, without_leaks
from tools.evals.run import RunRequest
from tools.ladder.records import WITHOUT_MODEL, ArmName, LadderRequest

_INSTRUCTIONS = ROOT.parent / "tools" / "ladder" / "instructions.yaml"
_LABEL_FIELD = "label"
MOST_LABELS = 200


class Bench:
    """A request with its files read: what is needed to build any rung."""

    def __init__(self, request: LadderRequest) -> None:
        self.request = request
        refuse_held_out_file(request.train, "few-shot prompts and retrieval")
        self.train: HeldOut = read_held_out(request.train)
        self.held_out: HeldOut = read_held_out(request.held_out)
        self.usable: list[HeldOutSample] = without_leaks(self.train, self.held_out)
        self.samples = self.held_out.samples[: request.limit]
        self.name = request.name or f"{request.held_out.stem}-{request.endpoint.model}"
        if not self.usable:
            raise InputError(
                "every training example asks what a held-out sample asks",
                where=request.train.name,
                remedy="`finetune-advisor split` makes files that share nothing.",
            )

    @property
    def leaked(self) -> int:
        """Training examples that are held out too."""
        return len(self.train.samples) - len(self.usable)

    @cached_property
    def proposal(self) -> GraderProposal:
        """The kind of target, seen in the training file."""
        return propose_grader(self.usable)

    @cached_property
    def grader(self) -> Any:
        """The grader of every rung."""
        return self.request.grader or self.proposal.grader or SIMILARITY_UNTIL_JUDGED

    @cached_property
    def instructions(self) -> str:
        """What the better prompt adds."""
        if self.request.instructions:
            return self.request.instructions
        template = read(_INSTRUCTIONS, dict[str, str])[self.proposal.kind]
        known = {"labels": "; ".join(self.proposal.labels[:MOST_LABELS])}
        if self.proposal.kind == "json":
            known["fields"] = ", ".join(self._fields())
        # Not str.format: labels may well hold braces.
        for name, value in known.items():
            template = template.replace(f"{{{name}}}", value)
        return template

    def _fields(self) -> list[str]:
        import json

        found: dict[str, None] = {}
        for s in self.usable[:200]:
            value = json.loads(s.target)
            first = value[0] if isinstance(value, list) and value else value
            found |= dict.fromkeys(first) if isinstance(first, dict) else {}
        return list(found)

    def skipped(self, arm: ArmName) -> str:
        """Why a rung cannot be measured with this data; empty: it can."""
        labels = self.proposal.kind == "labels"
        if arm in ("majority", "linear", "constrained", "shuffled_labels") and not labels:
            return "only where targets are labels"
        if arm == "constrained" and len(self.proposal.labels) > MOST_LABELS:
            return f"more than {MOST_LABELS} labels"
        if arm == "tuned" and self.request.tuned is None:
            return "no tuned model was given; `finetune-advisor jobs plan` prices one"
        return ""

    @property
    def shots(self) -> int:
        """How many few-shot examples."""
        wanted = self.request.k or min(10, max(5, len(self.proposal.labels)))
        return min(wanted, len(self.usable))

    def run_request(self, arm: ArmName) -> RunRequest:
        """A rung that asks a model, as an eval to run."""
        if arm in WITHOUT_MODEL:
            raise ValueError(f"{arm} asks no model")
        r = self.request
        tuned = arm == "tuned"
        endpoint: Endpoint = r.tuned if tuned and r.tuned else r.endpoint
        sent, made = r.usd_per_million_prompt_tokens, r.usd_per_million_completion_tokens
        if tuned:
            sent = sent if r.tuned_usd_per_million_prompt_tokens is None else r.tuned_usd_per_million_prompt_tokens
            made = (
                made if r.tuned_usd_per_million_completion_tokens is None else r.tuned_usd_per_million_completion_tokens
            )
        more: dict[str, Any] = {}
        if arm == "constrained":
            more = {"response_format": _constrained(self.proposal.labels), "unwrap": _LABEL_FIELD}
        return RunRequest(
            dataset=r.held_out,
            endpoint=endpoint,
            grader=self.grader,
            metric=r.metric,
            prompt=self._prompt(arm),
            name=f"{self.name}/{arm}",
            limit=r.limit,
            max_tokens=r.max_tokens,
            parallel=r.parallel,
            usd_per_million_prompt_tokens=sent,
            usd_per_million_completion_tokens=made,
            **more,
        )

    def _prompt(self, arm: ArmName) -> AsIs | Instructions | FewShot | Nearest:
        r, text = self.request, self.instructions
        if arm in ("better_prompt", "constrained"):
            return Instructions(text=text, append=True)
        if arm in ("few_shot", "shuffled_labels"):
            return FewShot(
                train=r.train, k=self.shots, seed=r.seed, text=text, append=True, shuffled=arm == "shuffled_labels"
            )
        if arm == "retrieval":
            return Nearest(train=r.train, k=min(r.nearest, len(self.usable)), text=text, append=True)
        return AsIs()


def _constrained(labels: list[str]) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {_LABEL_FIELD: {"type": "string", "enum": labels}},
        "required": [_LABEL_FIELD],
        "additionalProperties": False,
    }
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
