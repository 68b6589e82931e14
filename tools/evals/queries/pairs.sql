-- The samples of two evals side by side, by sample id. Unmatched ones stay in, to be counted.
CREATE TEMP TABLE pairs AS
WITH a AS (SELECT * FROM samples WHERE eval_id = $baseline),
     b AS (SELECT * FROM samples WHERE eval_id = $candidate)
SELECT coalesce(a.sample_id, b.sample_id) AS sample_id,
       coalesce(a.category, b.category) AS category,
       coalesce(a.cluster, b.cluster) AS cluster,
       a.score AS x,
       b.score AS y,
       CASE
           WHEN b.sample_id IS NULL THEN 'only_in_baseline'
           WHEN a.sample_id IS NULL THEN 'only_in_candidate'
           WHEN a.target IS NOT NULL AND b.target IS NOT NULL AND a.target <> b.target THEN 'different_target'
           WHEN a.score IS NULL OR b.score IS NULL THEN 'unscored'
           ELSE 'paired'
       END AS state
FROM a FULL JOIN b USING (sample_id)
