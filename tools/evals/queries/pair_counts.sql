-- What the pairing found, one row.
SELECT count(*) FILTER (state = 'paired') AS paired,
       count(*) FILTER (state = 'only_in_baseline') AS only_in_baseline,
       count(*) FILTER (state = 'only_in_candidate') AS only_in_candidate,
       count(*) FILTER (state = 'different_target') AS different_target,
       count(*) FILTER (state = 'unscored') AS unscored,
       coalesce(bool_and(x IN (0, 1) AND y IN (0, 1)) FILTER (state = 'paired'), false) AS pass_fail,
       count(DISTINCT cluster) FILTER (state = 'paired') AS clusters,
       count(cluster) FILTER (state = 'paired') AS clustered
FROM pairs
