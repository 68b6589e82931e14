"""The two-minute tour's picture."""
