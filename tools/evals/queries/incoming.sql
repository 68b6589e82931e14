-- Where an import gathers its samples before it is known that all of them can be kept.
CREATE TEMP TABLE incoming (
    eval_id INTEGER, sample_id VARCHAR, category VARCHAR, cluster VARCHAR, input VARCHAR, target VARCHAR, completion VARCHAR,
    score DOUBLE, correct BOOLEAN, latency_ms DOUBLE, prompt_tokens INTEGER, completion_tokens INTEGER, details VARCHAR
)
