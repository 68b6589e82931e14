-- What was measured before, for a list of keys.
SELECT key, completion, finish_reason, prompt_tokens, completion_tokens, latency_ms
FROM completions WHERE key IN (SELECT unnest(from_json($keys::JSON, '["VARCHAR"]')))
