-- $rows: JSON array of completions; one that is there already stays as it is.
INSERT OR IGNORE INTO completions
SELECT r.*, $now FROM (
    SELECT unnest(from_json($rows::JSON, '[{
        "key": "VARCHAR", "model": "VARCHAR", "completion": "VARCHAR", "finish_reason": "VARCHAR",
        "prompt_tokens": "INTEGER", "completion_tokens": "INTEGER", "latency_ms": "DOUBLE"
    }]')) AS r
)
