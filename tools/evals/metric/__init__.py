"""The task's metric, decided before anything is trained: a file that a person reads, accepts, and can change later.

Doors: `propose.propose_metric`, `files.draft`, `files.accept`, `files.accepted`. Each accepted version stays as it is.
"""
