"""What each rung sends to the model, made from the training file only."""

from functools import cached_property
from typing import Any

from knowledge.load import ROOT, read
from tools.dataset.held_out import refuse_held_out_file
from tools.endpoint import OWN_ENGINE, Endpoint
from tools.errors import InputError, RefusedError
from tools.evals.graders.propose import SIMILARITY_UNTIL_JUDGED, GraderProposal, propose_grader
from tools.evals.heldout import HeldOut, HeldOutSample, read_held_out
from tools.evals.prompts import (
    AsIs,
    FewShot,
    Instructions,
    Nearest,
    Passages,
    Prompt,
    holds_held_out,
    prepare,
    without_leaks,
)
from tools.evals.run import RunRequest
from tools.ladder.chain import own_steps
from tools.ladder.records import WITHOUT_MODEL, ArmName, LadderRequest
from tools.ladder.say import Line, line
from tools.ladder.shape import schema_of

_INSTRUCTIONS = ROOT.parent / "tools" / "ladder" / "instructions.yaml"
_LABEL_FIELD = "label"
MOST_LABELS = 200
MOST_PASSAGES = 3


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
        self.numbered = request.name is None or request.numbered
        if not self.usable:
            raise InputError(
                "every training example asks what a held-out sample asks",
                where=request.train.name,
                remedy="`finetune-advisor split` makes files that share nothing.",
            )
        for what, text in (("instructions", request.instructions), ("chain", "\n".join(request.chain or ()))):
            if text and (found := holds_held_out(text, self.held_out)):
                raise RefusedError(
                    f"{found} held-out questions stand in the prompt",
                    where=f"--{what}",
                    remedy="Take examples from the training file; what is held out judges and may not be shown.",
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
        return self._filled(read(_INSTRUCTIONS, dict[str, str])[self.proposal.kind])

    @cached_property
    def chain(self) -> tuple[str, ...]:
        """Instructions of the first step, then what is said after each draft; one alone: there is no chain."""
        if self.request.chain:
            return self.request.chain
        return (self.instructions, *map(self._filled, own_steps(self.proposal.kind)))

    @cached_property
    def leaked_passages(self) -> int:
        """Passages of the documents that hold a held-out question."""
        return prepare(self._prompt("retrieval"), self.held_out).left_out if self.request.documents else 0

    def _filled(self, template: str) -> str:
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

    def skipped(self, arm: ArmName) -> Line | None:
        """Why a rung cannot be measured with this data; None: it can."""
        if arm in ("majority", "linear", "constrained", "shuffled_labels"):
            if self.proposal.kind not in ("labels", "json"):
                return line("only_labels_or_fields")
            if arm == "constrained":
                return self._without_schema()
        if arm == "chain" and len(self.chain) < 2:
            return line("no_step")
        if arm == "tuned" and self.request.tuned is None:
            return line("no_tuned")
        return None

    def _without_schema(self) -> Line | None:
        if len(self.proposal.labels) > MOST_LABELS:
            return line("too_many_labels", most=MOST_LABELS)
        if self.schema is None:
            return line("not_all_objects")
        return line("no_schema") if self.request.endpoint.name == OWN_ENGINE else None

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """What schema-constrained output must follow; None: no schema can be made of the targets."""
        if self.proposal.kind == "labels":
            return {
                "type": "object",
                "properties": {_LABEL_FIELD: {"type": "string", "enum": self.proposal.labels}},
                "required": [_LABEL_FIELD],
                "additionalProperties": False,
            }
        given: dict[str, Any] | None = getattr(self.grader, "json_schema", None)
        return given or schema_of([s.target for s in self.usable])

    @property
    def shots(self) -> int:
        """How many few-shot examples."""
        wanted = self.request.k or min(10, max(5, len(self.proposal.labels)))
        return min(wanted, len(self.usable))

    def run_request(self, arm: ArmName, text: str | None = None) -> RunRequest:
        """A rung that asks a model, as an eval to run; `text` in place of the better prompt's instructions."""
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
            form = {"name": "answer", "strict": True, "schema": self.schema}
            more = {"response_format": {"type": "json_schema", "json_schema": form}}
            more |= {"unwrap": _LABEL_FIELD} if self.proposal.kind == "labels" else {}
        return RunRequest(
            dataset=r.held_out,
            endpoint=endpoint,
            grader=self.grader,
            metric=r.metric,
            prompt=self._prompt(arm) if text is None else Instructions(text=text, append=True),
            name=f"{self.name}/{arm}",
            numbered=self.numbered,
            limit=r.limit,
            max_tokens=r.max_tokens,
            parallel=r.parallel,
            usd_per_million_prompt_tokens=sent,
            usd_per_million_completion_tokens=made,
            **more,
        )

    def _prompt(self, arm: ArmName) -> Prompt:
        r, text = self.request, self.instructions
        if arm in ("better_prompt", "constrained"):
            return Instructions(text=text, append=True)
        if arm in ("few_shot", "shuffled_labels"):
            return FewShot(
                train=r.train, k=self.shots, seed=r.seed, text=text, append=True, shuffled=arm == "shuffled_labels"
            )
        if arm == "retrieval" and r.documents:
            return Passages(documents=r.documents, k=min(r.nearest, MOST_PASSAGES), text=text, append=True)
        if arm == "retrieval":
            return Nearest(train=r.train, k=min(r.nearest, len(self.usable)), text=text, append=True)
        return AsIs()
