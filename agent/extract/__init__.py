"""Words into facts. Precision first: a wrong fact is worse than a missing one."""

from agent.extract.evidence import Reading, read
from agent.extract.find import dismissed, extract
from agent.extract.found import Found
from agent.extract.language import detect
from agent.extract.mend import mended

__all__ = ["Found", "Reading", "detect", "dismissed", "extract", "mended", "read"]
