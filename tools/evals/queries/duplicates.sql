-- Sample ids that occur more than once in one incoming eval.
SELECT sample_id, count(*) AS times FROM incoming WHERE eval_id = $eval_id
GROUP BY sample_id HAVING count(*) > 1 ORDER BY times DESC, sample_id LIMIT 3
