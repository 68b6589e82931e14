"""`python -m tools.engine.train JOB_FOLDER`: one training run, in its own process. Its last word is outcome.json."""

import errno
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from tools.engine import encode, files, loading, recipe
from tools.engine.durable import read_json
from tools.engine.eyes import sees
from tools.engine.jobs import Job
from tools.engine.report import Report, Silent
from tools.engine.rows import Check, DataError, Row, read
from tools.engine.team import ALONE, Team
from tools.engine.wire import WireError
from tools.errors import AdvisorError


def main(folder: Path, team: Team = ALONE) -> int:
    """Train, and say how it went. Of a team that is started again when one is lost, what was not foreseen is raised."""
    job = Job.model_validate(read_json(folder / "job.json"))
    if team.restarted and read_json(folder / "outcome.json"):
        return 0  # lost only after the last word was said
    report = Report(folder) if team.first else Silent(folder)
    try:
        _train(job, report, team)
    except DataError as e:
        return _fail(report, e.code, e.message, e.param)
    except WireError as e:  # a grader that fails in the middle
        return _fail(report, e.code or "invalid_request", e.message, e.param)
    except AdvisorError as e:
        return _fail(report, "unavailable", str(e), None)
    except MemoryError:
        return _fail(report, "out_of_memory", "There was not enough memory. Lower batch_size or max_length.", None)
    except Exception as e:
        if team.restarted and not _disk_full(e):
            raise
        traceback.print_exc()
        if _disk_full(e):
            return _fail(report, "disk_full", "The disk is full. Free some space and start the job again.", None)
        return _fail(report, "training_failed", f"Training failed ({type(e).__name__}); train.log has more.", None)
    return 0


def _disk_full(e: BaseException) -> bool:
    """Also when a library in another language says it in words only."""
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return (isinstance(e, OSError) and e.errno in full) or any(f"os error {number}" in str(e) for number in full)


def _fail(report: Report, code: str, message: str, param: str | None) -> int:
    report.outcome("failed", error={"code": code, "message": message, "param": param})
    return 1


def _train(job: Job, report: Report, team: Team) -> None:
    wanted = recipe.asked(job.request)
    threads = _threads(wanted.threads, report, team.threads)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # read when torch is first imported, below
    if Path(job.base).is_absolute():
        os.environ["HF_HUB_OFFLINE"] = "1"
    folder = encode.base_for(job, report)
    training, validation = _rows(job, report, sees(folder))
    reader, renderer = loading.reader_of(folder, job.base_label)
    prepared = encode.prepare(job, report, renderer, training, validation, wanted)
    from tools.engine.trainers import train  # the heavy part, only now: data that cannot be trained has failed by here

    train(job, report, (reader, renderer), prepared, threads, team)


def _rows(job: Job, report: Report, sees: bool) -> tuple[list[Row], list[Row]]:
    check = Check(job.request.method.type, job.base_label, sees)
    training = read(_content(job.request.training_file), check)
    validation = []
    if job.request.validation_file:
        validation = read(_content(job.request.validation_file), check, "validation_file")
    shared = _shared(training, validation)
    report.say(
        f"Read {len(training)} training and {len(validation)} validation rows.",
        data={"training_rows": len(training), "validation_rows": len(validation), "rows_in_both": shared},
    )
    if shared:
        text = f"{shared} validation rows stand in the training file too: the validation loss will look too good."
        report.say(text, level="warn")
    return training, validation


def _content(file_id: str) -> Path:
    path = files.folder(file_id) / "content"
    if not path.is_file():
        raise DataError(f"The file {file_id} was deleted before the job began.", code="invalid_file")
    return path


def _shared(training: list[Row], validation: list[Row]) -> int:
    known = {json.dumps(row.value, sort_keys=True) for row in training}
    return sum(json.dumps(row.value, sort_keys=True) in known for row in validation)


def _threads(wanted: int | str, report: Report, share: int | None) -> int:
    """Physical share of the processor: spinning threads on a busy machine cost more than they bring."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    if wanted != "auto":
        number, why = min(int(wanted), cores), "given"
    elif share is not None:
        number, why = share, "this worker's share of its machine"
    else:
        number = max(1, min(cores, round(cores - load)))
        why = f"{cores} cores, load {load:.1f}" + ("" if number == cores else ": others use the processor too")
    report.say(f"Training with {number} thread(s): {why}.", data={"threads": number, "cores": cores, "load": load})
    return number


def run(argv: list[str]) -> Any:
    """Entry of the process."""
    return main(Path(argv[1]))


if __name__ == "__main__":
    sys.exit(run(sys.argv))
