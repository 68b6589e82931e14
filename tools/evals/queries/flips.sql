-- Samples whose score went down ($sign = -1) or up ($sign = 1), the largest change first, with both answers.
SELECT p.sample_id AS id, p.category, b.input, coalesce(b.target, a.target) AS target,
       a.completion AS baseline_completion, b.completion AS candidate_completion,
       p.x AS baseline_score, p.y AS candidate_score
FROM (
    SELECT * FROM pairs WHERE state = 'paired' AND sign(y - x) = $sign
    ORDER BY abs(y - x) DESC, sample_id LIMIT $most
) p
JOIN samples a ON a.eval_id = $baseline AND a.sample_id = p.sample_id
JOIN samples b ON b.eval_id = $candidate AND b.sample_id = p.sample_id
ORDER BY abs(p.y - p.x) DESC, p.sample_id
