"""RAFT (arXiv 2403.10131): rows that teach a model to answer from the right passage, and to quote it."""
