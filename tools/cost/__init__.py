"""What tuning costs, how long it lasts and when it pays; every figure dated and sourced, an unknown never 0."""

from tools.cost.estimate import estimate
from tools.cost.from_facts import lifetime_of, offers_from_facts, request_from_facts, risks_of
from tools.cost.request import CostRequest
from tools.cost.result import CostEstimate
from tools.cost.worst_case import worst_case_training_usd

__all__ = [
    "CostEstimate",
    "CostRequest",
    "estimate",
    "lifetime_of",
    "offers_from_facts",
    "request_from_facts",
    "risks_of",
    "worst_case_training_usd",
]
