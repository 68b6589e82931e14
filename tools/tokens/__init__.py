"""Exact token counts, offline.

The public door: `count` for a dataset file, `count_texts` for texts, `counter` for a tokenizer.
"""

from tools.tokens.counting import count, count_texts
from tools.tokens.encodings import TextCounter, counter
from tools.tokens.records import TokenRange, TokenReport

__all__ = ["TextCounter", "TokenRange", "TokenReport", "count", "count_texts", "counter"]
