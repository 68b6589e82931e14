"""Training jobs: a plan is proposed, a person approves it, it is launched once, watched and read.

plan -> approval -> launcher -> monitor -> curves; reconcile finds out what became of an unanswered request. The
promise: at most one paid request per approval; never a second without proof that the first does not exist.
"""

PROMISE = "At most one paid request per approval; never a second without proof that the first does not exist."
