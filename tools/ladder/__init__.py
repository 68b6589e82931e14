"""The ladder: the same held-out samples through every rung from a plain prompt to a tuned model, with controls.

Doors: `plan.plan`, `climb.climb`, `curve.learning_curve`. Scores and intervals come from tools.evals.
"""
