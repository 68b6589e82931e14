-- What each side of a pair was read as (the grader notes it as `read`), beside the target.
SELECT a.target,
       a.correct,
       a.details ->> 'read' AS baseline,
       b.correct,
       b.details ->> 'read' AS candidate,
       coalesce(p.cluster, chr(0) || p.sample_id) AS cluster
FROM pairs p
JOIN samples a ON a.eval_id = $baseline AND a.sample_id = p.sample_id
JOIN samples b ON b.eval_id = $candidate AND b.sample_id = p.sample_id
WHERE p.state = 'paired'
ORDER BY p.sample_id
