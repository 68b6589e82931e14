"""Words into facts. Precision first: a wrong fact is worse than a missing one."""

from agent.extract.find import Found, extract
from agent.extract.language import detect

__all__ = ["Found", "detect", "extract"]
