"""The SQL database: cases, plans, approvals, the job ledger, reports. SQLite by default, PostgreSQL by one setting."""
