-- Every eval with the summary of its samples, newest last. One pass over samples, no rows kept in memory.
SELECT e.*, s.*
FROM evals e
JOIN (
    SELECT eval_id,
           count(*) AS stored,
           count(score) AS scored,
           avg(score) AS score,
           stddev_samp(score) AS spread,
           coalesce(bool_and(score IN (0, 1)) FILTER (score IS NOT NULL), false) AS pass_fail,
           approx_quantile(latency_ms, 0.5) AS latency_ms_p50,
           approx_quantile(latency_ms, 0.95) AS latency_ms_p95,
           CASE WHEN count(prompt_tokens) = count(*) THEN sum(prompt_tokens) END AS prompt_tokens,
           CASE WHEN count(completion_tokens) = count(*) THEN sum(completion_tokens) END AS completion_tokens
    FROM samples
    WHERE $eval_id IS NULL OR eval_id = $eval_id
    GROUP BY eval_id
) s ON s.eval_id = e.eval_id
ORDER BY e.eval_id
