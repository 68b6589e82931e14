-- Samples of the named evals with what made them, one row a sample. $names: JSON array of names.
SELECT e.name, e.model, e.grader, e.grader_version, e.dataset_digest, s.sample_id, s.category, s.cluster, s.input, s.target,
       s.completion, s.score, s.correct, s.latency_ms, s.prompt_tokens, s.completion_tokens, s.details
FROM samples s JOIN evals e USING (eval_id)
WHERE e.name IN (SELECT unnest(from_json($names::JSON, '["VARCHAR"]')))
