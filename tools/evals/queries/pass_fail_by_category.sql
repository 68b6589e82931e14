-- The four cells of a paired yes/no comparison, whole and by category (the whole has is_whole = true).
SELECT category,
       grouping(category) = 1 AS is_whole,
       count(*) FILTER (x = 1 AND y = 1) AS both_pass,
       count(*) FILTER (x = 1 AND y = 0) AS only_baseline,
       count(*) FILTER (x = 0 AND y = 1) AS only_candidate,
       count(*) FILTER (x = 0 AND y = 0) AS both_fail
FROM pairs WHERE state = 'paired'
GROUP BY GROUPING SETS ((), (category))
ORDER BY is_whole DESC, category
