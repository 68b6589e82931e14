-- The summary of every eval that has none yet, from its samples, which never change. Two passes over samples (the second
-- only over those that name a cluster), no rows kept in memory. `square` is what statistics/means.py calls so.
INSERT INTO summaries BY NAME
WITH fresh AS (
    SELECT eval_id FROM evals WHERE eval_id NOT IN (SELECT eval_id FROM summaries)
),
in_cluster AS (
    SELECT eval_id, sum(score) AS total, count(*) AS size
    FROM samples
    WHERE eval_id IN (FROM fresh) AND cluster IS NOT NULL AND score IS NOT NULL
    GROUP BY eval_id, cluster
),
by_cluster AS (
    SELECT eval_id, count(*) AS clusters, sum(size) AS clustered,
           sum(total * total) AS tt, sum(total * size) AS ts, sum(size * size) AS ss
    FROM in_cluster
    GROUP BY eval_id
),
by_sample AS (
    SELECT eval_id,
           count(*) AS stored,
           count(score) AS scored,
           avg(score) AS score,
           min(score) AS lowest,
           max(score) AS highest,
           var_pop(score) FILTER (cluster IS NULL) AS spread,
           avg(score) FILTER (cluster IS NULL) AS score_alone,
           count(score) FILTER (cluster IS NULL) AS alone,
           coalesce(bool_and(score IN (0, 1)) FILTER (score IS NOT NULL), false) AS pass_fail,
           approx_quantile(latency_ms, 0.5) AS latency_ms_p50,
           approx_quantile(latency_ms, 0.95) AS latency_ms_p95,
           CASE WHEN count(prompt_tokens) = count(*) THEN sum(prompt_tokens) END AS prompt_tokens,
           CASE WHEN count(completion_tokens) = count(*) THEN sum(completion_tokens) END AS completion_tokens
    FROM samples
    WHERE eval_id IN (FROM fresh)
    GROUP BY eval_id
)
SELECT s.* EXCLUDE (spread, score_alone, alone),
       CASE WHEN c.clusters < c.clustered THEN alone + c.clusters ELSE scored END AS units,
       coalesce(alone * (spread + (score_alone - score) ** 2), 0)
           + coalesce(greatest(tt - 2 * score * ts + score * score * ss, 0), 0) AS square
FROM by_sample s
LEFT JOIN by_cluster c USING (eval_id)
