"""Evals: graders turn completions into scores, the store keeps them, compare says what a difference means.

Doors: `importers.import_file`, `run.run`, `compare.compare`, `gate.gate`, `statistics.*`, `graders.propose_grader`.
Nothing heavy (duckdb, numpy, scipy, openai) is imported before a function needs it.
"""


def check_store() -> str:
    """Open the eval store and say what is in it, for `doctor`.

    Raises:
        UnavailableError: another process holds it.
        InputError: it cannot be read.
    """
    from tools.evals import store

    if not store.path().exists():
        return "no evals yet"
    found = store.evals()
    return f"{len(found)} evals, {sum(e.n for e in found):,} samples"
