"""Does a judge model count? Its grades are compared with people's on a sample; below the bar nothing rests on them."""

import csv
import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from knowledge.thresholds import threshold
from tools.errors import InputError, NotFoundError
from tools.evals.graders import parse_grader
from tools.evals.records import EvalRun
from tools.evals.statistics import Interval
from tools.evals.statistics.agreement import agreement
from tools.evals.statistics.proportions import wilson

JUDGED = ("rubric", "pairwise", "openai")


class SheetRequest(BaseModel):
    """A sheet for people to grade: some samples of an eval, without what the judge said of them."""

    model_config = ConfigDict(frozen=True)

    eval: str
    out: Path
    n: int = Field(default=50, ge=2, le=5000)
    seed: int = 0


class JudgeAgreement(BaseModel):
    """How far a judge agrees with people."""

    judge: str
    n: int
    """Samples graded by both."""
    equal: int
    agreement: float | None
    """Share of equal grades."""
    agreement_interval: Interval
    kappa: float | None
    """Cohen's kappa: agreement beyond chance; None: cannot be said."""
    kappa_interval: Interval
    counts: bool
    reason: str


def grader_digest(e: EvalRun) -> str:
    """Address of a grader: its name, version and settings."""
    content = json.dumps([e.grader, e.grader_version, json.loads(e.grader_spec or "{}")], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def judge_of(e: EvalRun) -> str | None:
    """The model that graded an eval; None when a rule did."""
    if e.origin.startswith("import:") or e.grader not in JUDGED:
        return None
    spec = json.loads(e.grader_spec or "{}")
    if e.grader == "pairwise":
        return str(spec["judge"]["model"])
    judges = parse_grader({"type": e.grader, **spec}).judges
    return ", ".join(j.model for j in judges) or None


def write_sheet(request: SheetRequest) -> int:
    """Write a CSV for people: id, input, good answer, answer, and an empty column `grade`. How many rows.

    Raises:
        NotFoundError: there is no such eval.
        InputError: no judge graded it, or the file exists already.
    """
    import random

    from tools.evals import store

    _judged_eval(request.eval)
    if request.out.exists():
        raise InputError("the file exists already", where=str(request.out), remedy="Choose another name.")
    found = [s for s in store.samples(request.eval, limit=1_000_000) if s.score is not None]
    chosen = random.Random(request.seed).sample(found, min(request.n, len(found)))  # noqa: S311 -- repeatable
    with request.out.open("w", encoding="utf-8", newline="") as f:
        writer = csv.writer(f)
        writer.writerow(["id", "input", "good_answer", "answer", "grade"])
        for s in chosen:
            writer.writerow([s.sample_id, *(_safe(t) for t in (s.input, s.target, s.completion)), ""])
    return len(chosen)


def _safe(text: str | None) -> str:
    """Text that a spreadsheet does not run."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text or ""


def measure(eval_name: str, grades: Path) -> JudgeAgreement:
    """Compare a judge's grades with people's, keep the result, and say whether the judge counts.

    Args:
        eval_name: an eval that a judge graded.
        grades: CSV or JSONL of `id` and `grade`: pass or fail (also yes/no, true/false, 1/0); on a scale 1 to 5 the
            number; of two answers `baseline`, `candidate` or `tie`. Rows without a grade are passed over.

    Raises:
        NotFoundError: there is no such eval or file.
        InputError: a grade cannot be read, or no id is one of the eval's.
    """
    from tools.evals import store
    from tools.evals.store import agreements

    e = _judged_eval(eval_name)
    people = _read(grades, e)
    said = {s.sample_id: _judges_grade(s, e) for s in store.samples(eval_name, limit=10_000_000)}
    both = [(people[i], g) for i, g in said.items() if i in people and g is not None]
    if not both:
        raise InputError(
            f"none of its {len(people)} graded ids is a graded sample of {eval_name!r}",
            where=grades.name,
            remedy="`finetune-advisor evals judge NAME --sheet FILE` writes the sheet.",
        )
    found = agreement([p for p, _ in both], [j for _, j in both])
    content = json.dumps([e.name, e.content_digest, sorted(people.items())])
    agreements.keep(
        eval_name,
        {
            "grader_digest": grader_digest(e),
            "grades_digest": hashlib.sha256(content.encode()).hexdigest(),
            "judge": judge_of(e) or "",
            "n": found.n,
            "equal": found.equal,
            "kappa": found.kappa,
            "kappa_low": found.kappa_interval.low,
            "kappa_high": found.kappa_interval.high,
        },
    )
    return _result(judge_of(e) or "", found.n, found.equal, found.kappa, found.kappa_interval)


def standing(e: EvalRun) -> JudgeAgreement | None:
    """What is known of the judge behind an eval; None when a rule graded it, which needs no such proof."""
    from tools.evals.store import agreements

    judge = judge_of(e)
    if judge is None:
        return None
    found = agreements.newest(grader_digest(e))
    if found is None:
        return _result(judge, 0, 0, None, Interval(None, None, "not measured"))
    interval = Interval(found.kappa_low, found.kappa_high, "95 % interval")
    return _result(judge, found.n, found.equal, found.kappa, interval)


def _result(judge: str, n: int, equal: int, kappa: float | None, interval: Interval) -> JudgeAgreement:
    counts, reason = _counts(n, kappa, interval.low)
    return JudgeAgreement(
        judge=judge,
        n=n,
        equal=equal,
        agreement=equal / n if n else None,
        agreement_interval=wilson(equal, n),
        kappa=kappa,
        kappa_interval=interval,
        counts=counts,
        reason=reason,
    )


def _counts(n: int, kappa: float | None, low: float | None) -> tuple[bool, str]:
    least = int(threshold("evals.judge_min_graded"))
    bar, bar_low = threshold("evals.judge_min_kappa"), threshold("evals.judge_min_kappa_low")
    if n == 0:
        return False, f"its grades were never compared with a person's; {least} graded samples are needed"
    if n < least:
        return False, f"its grades were compared with a person's on {n} samples; {least} are needed"
    if kappa is None:
        return False, "one side gave all samples the same grade, so agreement beyond chance cannot be told"
    if kappa < bar:
        return False, f"kappa {kappa:.2f} is below the bar of {bar:.2f}"
    if low is None or low < bar_low:
        shown = "unknown" if low is None else f"{low:.2f}"
        return False, f"the lower end of kappa's interval is {shown}, below {bar_low:.2f}: more graded samples may help"
    return True, f"kappa {kappa:.2f} on {n} samples reaches the bar of {bar:.2f}"


def _judged_eval(name: str) -> EvalRun:
    from tools.evals import store

    e = store.eval_named(name)
    if judge_of(e) is None:
        raise InputError(
            f"{name!r} was graded by a rule, not by a judge model", remedy="A rule needs no agreement with people."
        )
    return e


_PASS = {"pass": "pass", "yes": "pass", "true": "pass", "1": "pass", "good": "pass"}
_FAIL = {"fail": "fail", "no": "fail", "false": "fail", "0": "fail", "bad": "fail"}
_CHOICES = {c: c for c in ("baseline", "candidate", "tie")}


def _read(file: Path, e: EvalRun) -> dict[str, str]:
    from tools.evals.importers.lines import objects
    from tools.progress import silent

    if not file.is_file():
        raise NotFoundError("there is no such file", where=str(file), remedy="Check the path.")
    spec = json.loads(e.grader_spec or "{}")
    pass_at = spec.get("pass_at", 4) if spec.get("scale") == "1-5" else None
    words = _CHOICES if e.grader == "pairwise" else {**_PASS, **_FAIL}
    found: dict[str, str] = {}
    if file.suffix.lower() == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as f:
            numbered: list[tuple[int, dict[str, Any]]] = [(i, dict(r)) for i, r in enumerate(csv.DictReader(f), 2)]
    else:
        numbered = list(objects(file, silent))
    for line, row in numbered:
        said = str(row["grade"] if row.get("grade") is not None else "").strip().casefold()
        if not said:
            continue
        if pass_at is not None and said in "12345":
            grade: str | None = "pass" if int(said) >= pass_at else "fail"
        else:
            grade = words.get(said)
        if grade is None or not str(row.get("id") or "").strip():
            raise InputError(
                f"the grade {said!r} cannot be read" if grade is None else "there is no id",
                where=f"{file.name}:{line}",
                remedy=f"Grades are {', '.join(sorted(set(words.values())))}" + (", or 1 to 5." if pass_at else "."),
            )
        found[str(row["id"])] = grade
    return found


def _judges_grade(sample: Any, e: EvalRun) -> str | None:
    if e.grader == "pairwise":
        preferred = json.loads(sample.details or "{}").get("preferred")
        return str(preferred) if preferred in _CHOICES else None
    return None if sample.correct is None else ("pass" if sample.correct else "fail")
