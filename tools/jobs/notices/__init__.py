"""Milestones of a job, told once: kept in the ledger, shown with the job, and sent to where the person wants them."""
