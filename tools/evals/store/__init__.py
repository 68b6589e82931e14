"""The eval store: one DuckDB file, docs/evals.md describes it. The only door to duckdb."""

from tools.evals.store.connection import kept_open, path
from tools.evals.store.evals import adding, eval_named, evals, samples

__all__ = ["adding", "eval_named", "evals", "kept_open", "path", "samples"]
