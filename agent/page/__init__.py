"""A case as a decision record: everything the page says, put together from rules, tools and the stores."""

from agent.page.build import decision_record, why_not_any_more

__all__ = ["decision_record", "why_not_any_more"]
