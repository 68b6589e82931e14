-- A score that is 0 or 1 throughout an eval is a pass or a fail; other scores stay without a verdict of their own.
UPDATE incoming SET correct = (score = 1)
WHERE eval_id = $eval_id AND correct IS NULL AND score IS NOT NULL
  AND (SELECT bool_and(score IN (0, 1)) FROM incoming WHERE eval_id = $eval_id AND score IS NOT NULL)
