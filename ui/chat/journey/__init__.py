"""The practical way through the chat, step by step; each shows a card whose buttons are the next steps.

A file is checked, rows are set aside, the base is measured, a plan is approved, a job watched, base and tuned compared.
"""

from ui.chat.journey.after import ask_both, next_plan, save
from ui.chat.journey.beside import beside
from ui.chat.journey.compare import score_tuned
from ui.chat.journey.costs import may_we_tune, price
from ui.chat.journey.data import check, convert, example, fix, invite, set_aside
from ui.chat.journey.distil import distil, distil_collect, distil_plan
from ui.chat.journey.explain import explain, why_not
from ui.chat.journey.ladder import climb
from ui.chat.journey.ladder_after import curve, rows
from ui.chat.journey.measure import measure_base
from ui.chat.journey.metric import accept_metric
from ui.chat.journey.page import link, page
from ui.chat.journey.raft import documents, raft, raft_make, raft_plan
from ui.chat.journey.rehearsal import rehearse
from ui.chat.journey.tour import read_page, teach
from ui.chat.journey.training import approve, cancel, follow_all, gone, pause, propose, reject, resume, settle

__all__ = [
    "accept_metric",
    "approve",
    "ask_both",
    "beside",
    "cancel",
    "check",
    "climb",
    "convert",
    "curve",
    "distil",
    "distil_collect",
    "distil_plan",
    "documents",
    "example",
    "explain",
    "fix",
    "follow_all",
    "gone",
    "invite",
    "link",
    "may_we_tune",
    "measure_base",
    "next_plan",
    "page",
    "pause",
    "price",
    "propose",
    "raft",
    "raft_make",
    "raft_plan",
    "read_page",
    "rehearse",
    "reject",
    "resume",
    "rows",
    "save",
    "score_tuned",
    "set_aside",
    "settle",
    "teach",
    "why_not",
]
