"""Proposing: everything about a job decided, explained and fixed in a digest, before a person is asked."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from sqlalchemy.exc import IntegrityError

from knowledge.thresholds import threshold
from tools import pictures
from tools.engine import paths as engine_paths
from tools.errors import AdvisorError, InputError, NotFoundError, RefusedError
from tools.jobs import checks, datafiles, hyperparameters, pricing
from tools.jobs.backends.base import Backend, Unreachable
from tools.jobs.backends.base import Refused as BackendRefused
from tools.jobs.backends.registry import backend as backend_named
from tools.jobs.models import (
    GONE,
    METHODS,
    Blocker,
    DataFile,
    Envelope,
    Hyperparameter,
    Plan,
    PlanRequest,
    StopRule,
)
from tools.progress import Progress, silent
from tools.records import chain, clock, database
from tools.records.owned import Owned
from tools.records.tables import jobs, plans

TIERS = {"global": "globalStandard", "regional": "standard", "developer": "developerTier"}
"""People's words for Azure's training tiers, and its own."""
STOP_RULES = (
    StopRule(code="diverged", rule="The job is cancelled when its training loss is no longer a number."),
    StopRule(code="over_ceiling", rule="The job is cancelled when its cost so far passes the approved ceiling."),
    StopRule(code="over_fitting", rule="You are told when validation loss has risen for three evaluations."),
)
MEASURED_AFTER = (
    "The task's own score on the held-out examples, base against tuned, paired, with n and interval.",
    "Examples that were right before and are wrong after.",
    "Loss curves, read for over-fitting and divergence; loss is never called success.",
)


def propose(request: PlanRequest, progress: Progress = silent) -> Plan:
    """Make a plan. The same request on the same data and prices gives the same plan.

    Raises:
        InputError: the files, the technique or a hyperparameter cannot be used.
        UnavailableError: the backend is not set up.
    """
    backend = backend_named(request.backend)
    if request.technique not in backend.techniques:
        can = ", ".join(sorted(backend.techniques))
        raise InputError(f"{backend.name} cannot train {request.technique}", remedy=f"It can: {can}.")
    if request.technique == "rft" and request.grader is None:
        raise InputError(
            "rft needs a grader: what turns an answer into a score", remedy="Give one: --grader FILE.json."
        )
    if request.grader is not None and backend.name in checks.LOCAL_ENGINE:
        checks.grader_for_here(request.grader)
    base_model = request.base_model or backend.default_base
    if not base_model:
        raise InputError(f"{backend.name} needs a base model", remedy="Name one with --base-model.")
    tier = TIERS.get((request.tier or "").lower(), request.tier) or backend.default_tier
    if tier and not backend.default_tier:
        raise InputError(f"{backend.name} has no training tiers", remedy="Leave out --tier.")
    blockers = checks.held_out_blockers(request.training_file, request.validation_file)
    with _images_inside(request) as whole:
        return _propose(whole, backend, base_model, tier, blockers, progress)


def propose_again(request: PlanRequest, progress: Progress = silent) -> Plan:
    """As `propose`; where the same was launched before and came to nothing, as a job of its own: the next `repeat`.

    A launch that may still have a job at its provider is no such end: then it is the same plan, and shows that job.
    """
    plan = propose(request, progress)
    while _came_to_nothing(plan):
        request = request.model_copy(update={"repeat": plan.envelope.repeat + 1})
        plan = propose(request, progress)
    return plan


def _came_to_nothing(plan: Plan) -> bool:
    with database.read() as connection:
        row = Owned(connection, jobs, plan.owner).first(jobs.c.launch_key == plan.plan_digest)
    return row is not None and row["status"] in ("failed", "cancelled", "refused", "not_created", GONE)


@contextmanager
def _images_inside(request: PlanRequest) -> Iterator[PlanRequest]:
    """For this computer's engine, image files go into the rows: what is approved is the images, not their names."""
    if request.backend not in checks.LOCAL_ENGINE:
        yield request
        return
    names = {"training_name": request.training_name or request.training_file.name, "validation_name": _name(request)}
    with ExitStack() as stack:
        training = stack.enter_context(pictures.embedded(request.training_file))
        validation = request.validation_file and stack.enter_context(pictures.embedded(request.validation_file))
        yield request.model_copy(update={"training_file": training, "validation_file": validation, **names})


def _propose(
    request: PlanRequest,
    backend: Backend,
    base_model: str,
    tier: str | None,
    blockers: list[Blocker],
    progress: Progress,
) -> Plan:
    progress(0, 4, "checking the data")
    found, warnings = checks.data_blockers(request)
    blockers = found + blockers
    progress(1, 4, "counting tokens")
    training = _kept(request.training_file, backend, base_model, warnings)
    validation = _kept(request.validation_file, backend, base_model, warnings) if request.validation_file else None
    if validation and validation.sha256 == training.sha256:
        raise InputError("the validation file is the training file", remedy="Split it: finetune-advisor split.")
    progress(2, 4, "pricing")
    parameters = hyperparameters.choose(request.technique, backend.name, training.rows, request.hyperparameters)
    if backend.name in checks.LOCAL_ENGINE and request.technique == "sft":
        most = next((p.value for p in parameters if p.name == "max_length"), None)
        warnings += checks.lengths(request.training_file, _tokenizer_here(base_model), most)
    today = clock.now().date()
    cost = pricing.price(
        backend=backend.name,
        base_model=base_model,
        technique=request.technique,
        tier=tier,
        tokens=training.tokens,
        validation_tokens=validation.tokens if validation else None,
        n_epochs=hyperparameters.worst_epochs(parameters),
        hours=hyperparameters.hours(parameters),
        dataset=request.training_file,
        validation=request.validation_file,
    )
    retires_on = _earlier(cost.retires_on, _live_retirement(backend, base_model, warnings))
    blockers += checks.price_blockers(cost.worst_case_usd)
    blockers += checks.eligibility_blockers(backend.name)
    blockers += checks.lifetime_blockers(backend.name, retires_on, cost.training_ends, request.horizon_months, today)
    envelope = Envelope(
        owner=request.owner,
        backend=backend.name,
        account=backend.account(),
        base_model=base_model,
        technique=request.technique,
        method=METHODS[request.technique],
        hyperparameters={p.name: p.value for p in parameters},
        grader=request.grader,
        seed=request.seed,
        suffix=request.suffix,
        tier=tier,
        training=training,
        validation=validation,
        price_table=cost.table,
        worst_case_usd=cost.worst_case_usd,
        blockers=tuple(b.code for b in blockers),
        stop_rules=tuple(r.code for r in STOP_RULES),
        repeat=request.repeat,
    )
    low, high, time_note = _minutes(backend.name, base_model, request.technique, parameters, training.rows)
    plan = Plan(
        id=f"plan_{envelope.digest[:16]}",
        plan_digest=envelope.digest,
        owner=request.owner,
        created_at=clock.now(),
        envelope=envelope,
        training_name=request.training_name or request.training_file.name,
        validation_name=_name(request),
        hyperparameters=parameters,
        expected_usd=cost.expected_usd,
        price_notes=cost.notes,
        minutes_low=low,
        minutes_high=high,
        time_note=time_note,
        retires_on=retires_on,
        lifetime=checks.lifetime_text(backend.name, retires_on, today),
        warnings=tuple(warnings),
        blockers=tuple(blockers),
        measured_after=MEASURED_AFTER,
        stop_rules=STOP_RULES,
    )
    progress(4, 4, "stored")
    return _store(plan)


def get_plan(plan_id: str, owner: str = "local") -> Plan:
    """A stored plan, by its id or by its digest.

    Raises:
        NotFoundError: none of this owner's.
        RefusedError: what is stored is not what its digest says.
    """
    with database.read() as connection:
        mine = Owned(connection, plans, owner)
        row = mine.first((plans.c.id == plan_id) | (plans.c.digest == plan_id))
    if row is None:
        raise NotFoundError(f"there is no plan {plan_id!r}", remedy="`finetune-advisor jobs plan FILE` proposes one.")
    return checked(row["document"], row["digest"])


def list_plans(owner: str = "local", limit: int = 100) -> list[Plan]:
    """The owner's plans, the newest first."""
    with database.read() as connection:
        rows = Owned(connection, plans, owner).all(order_by=plans.c.created_at.desc(), limit=limit)
    return [checked(row["document"], row["digest"]) for row in rows]


def checked(document: object, digest: str) -> Plan:
    """The plan in a stored document, refused when any approved field was changed behind its digest."""
    try:
        plan = Plan.model_validate(document)
    except ValueError:
        plan = None
    if plan is None or plan.envelope.digest != digest or plan.plan_digest != digest:
        raise RefusedError("the stored plan was changed", remedy="Propose it again and approve it anew.")
    return plan


def _store(plan: Plan) -> Plan:
    document = plan.model_dump(mode="json")
    try:
        with database.write() as connection:
            mine = Owned(connection, plans, plan.owner)
            row = mine.first(plans.c.digest == plan.plan_digest)
            if row is not None:
                return checked(row["document"], plan.plan_digest)
            mine.insert(id=plan.id, digest=plan.plan_digest, created_at=plan.created_at, document=document)
            chain.append(connection, plan.owner, plan.id, "PROPOSED", {"digest": plan.plan_digest})
    except IntegrityError:
        raise RefusedError("this plan id belongs to another plan") from None
    return plan


def _name(request: PlanRequest) -> str | None:
    if request.validation_file is None:
        return None
    return request.validation_name or request.validation_file.name


def _kept(path: Path, backend: Backend, base_model: str, warnings: list[str]) -> DataFile:
    return datafiles.keep(path, _tokens(path, backend, base_model, warnings))


def _tokens(path: Path, backend: Backend, base_model: str, warnings: list[str]) -> int | None:
    """By the base's own tokenizer; None when there is none to count with. Where nothing is paid that costs nothing."""
    from tools.tokens import count

    named = base_model
    if not backend.paid:
        here = _tokenizer_here(base_model)
        if here is None:
            return None
        named = here
    try:
        counted = count(path, named)
    except AdvisorError as e:
        warnings.append(f"Tokens of {path.name} were not counted: {e}")
        return None
    if counted.image_tokens is None:
        warnings.append(f"Tokens of {path.name} were not counted: what its images cost in tokens is not known.")
        return None
    return counted.trained_tokens_per_epoch


def _tokenizer_here(base_model: str) -> str | None:
    """The folder of a local base that has its tokenizer; None before it is unpacked."""
    folder = Path(base_model) if Path(base_model).is_absolute() else engine_paths.models() / base_model
    return str(folder) if (folder / "tokenizer.json").is_file() else None


def _live_retirement(backend: Backend, base_model: str, warnings: list[str]) -> date | None:
    if not backend.paid:
        return None
    try:
        return backend.retires_on(base_model)
    except Unreachable as e:
        warnings.append(f"The provider could not be asked how long {base_model} lives: {e.message}.")
        return None
    except BackendRefused as e:
        raise InputError(e.message) from None


def _earlier(a: date | None, b: date | None) -> date | None:
    return min((d for d in (a, b) if d is not None), default=None)


def _minutes(
    backend: str, base_model: str, technique: str, parameters: tuple[Hyperparameter, ...], rows: int
) -> tuple[float | None, float | None, str]:
    n_steps = hyperparameters.steps(parameters, rows)
    if backend != "local" or n_steps is None:
        return None, None, "How long it takes is not known beforehand; minutes to hours, queue included."
    if "smollm2-135m" not in base_model.lower():
        return None, None, f"{n_steps} steps; how long each takes with this base was not measured here."
    if technique != "sft":
        return None, None, f"{n_steps} steps; each takes several times as long as a step on plain answers."
    low, high = (n_steps * threshold(f"jobs.local_s_per_step_{end}") / 60 for end in ("low", "high"))
    note = f"{n_steps} steps; from our runs on two cores, batch 8, short examples (2026-11). Longer rows take longer."
    return round(low, 1), round(high, 1), note
