-- Everything one model was asked before.
SELECT key, completion, finish_reason, prompt_tokens, completion_tokens, latency_ms
FROM completions WHERE model = $model
