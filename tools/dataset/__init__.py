"""Datasets: read, check, repair, divide, convert.

The public door. `lint`, `split`, `convert` and the held-out register; requests and results are plain records.
"""

from tools.dataset.converting import ConvertReport, ConvertRequest, convert
from tools.dataset.held_out import give_up, held_out_rows, is_held_out, refuse_held_out, refuse_held_out_file
from tools.dataset.linting import lint
from tools.dataset.records import (
    BackendVerdict,
    Checked,
    Finding,
    FixReport,
    HistogramBin,
    LabelCount,
    LabelNext,
    LintReport,
    LintRequest,
    Power,
    SplitPart,
    SplitReport,
    SplitRequest,
    Stats,
    TokenStats,
)
from tools.dataset.splitting import split

__all__ = [
    "BackendVerdict",
    "Checked",
    "ConvertReport",
    "ConvertRequest",
    "Finding",
    "FixReport",
    "HistogramBin",
    "LabelCount",
    "LabelNext",
    "LintReport",
    "LintRequest",
    "Power",
    "SplitPart",
    "SplitReport",
    "SplitRequest",
    "Stats",
    "TokenStats",
    "convert",
    "give_up",
    "held_out_rows",
    "is_held_out",
    "lint",
    "refuse_held_out",
    "refuse_held_out_file",
    "split",
]
