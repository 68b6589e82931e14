-- Every eval, or the one wanted, with the summary of its samples and how many there are now, newest last.
SELECT e.*, s.* EXCLUDE (eval_id, stored), coalesce(t.stored, 0) AS stored
FROM evals e
JOIN summaries s USING (eval_id)
LEFT JOIN (
    SELECT eval_id, count(*) AS stored FROM samples WHERE $eval_id IS NULL OR eval_id = $eval_id GROUP BY eval_id
) t USING (eval_id)
WHERE $eval_id IS NULL OR e.eval_id = $eval_id
ORDER BY e.eval_id
