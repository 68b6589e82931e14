"""The door to the linter; its rules are imported when a file is checked."""

from tools.dataset.records import LintReport, LintRequest
from tools.progress import Progress, silent


def lint(request: LintRequest, progress: Progress = silent) -> LintReport:
    """Check one dataset; see `tools.dataset.linter.run.lint`."""
    from tools.dataset.linter.run import lint as run

    return run(request, progress)
