"""The scoreboard of ourselves: advice as it was given, held later against what was measured in the same case.

Doors: `book.record_advice`, `book.record_outcome`, `findings.*`, `score.scoreboard`. No row of a person's data is kept
here: an advice carries the digest of its facts, an outcome the names of its findings.
"""
