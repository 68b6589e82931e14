"""The same plan for other tools, so that nobody is locked in: a TRL script, an Axolotl or a LLaMA-Factory file."""

from tools.jobs.export.write import FORMS, ExportReport, export

__all__ = ["FORMS", "ExportReport", "export"]
