"""What is true: data and words, each with its source. Imports nothing of ours; no network."""
