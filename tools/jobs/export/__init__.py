"""The same plan for other tools, so that nobody is locked in: TRL, Axolotl, LLaMA-Factory, Fireworks."""

from tools.jobs.export.write import FORMS, ExportReport, export

__all__ = ["FORMS", "ExportReport", "export"]
