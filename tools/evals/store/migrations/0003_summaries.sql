CREATE TABLE summaries (
    eval_id INTEGER PRIMARY KEY,
    stored BIGINT NOT NULL,
    scored BIGINT NOT NULL,
    score DOUBLE,
    lowest DOUBLE,
    highest DOUBLE,
    pass_fail BOOLEAN NOT NULL,
    latency_ms_p50 DOUBLE,
    latency_ms_p95 DOUBLE,
    prompt_tokens HUGEINT,
    completion_tokens HUGEINT,
    units BIGINT NOT NULL,
    square DOUBLE NOT NULL
);
COMMENT ON TABLE summaries IS 'The summary of each eval, reckoned once from its samples, which never change.';
COMMENT ON COLUMN summaries.eval_id IS 'The eval.';
COMMENT ON COLUMN summaries.stored IS 'Samples that were there.';
COMMENT ON COLUMN summaries.scored IS 'Those with a score.';
COMMENT ON COLUMN summaries.score IS 'Mean score; NULL: no sample has one.';
COMMENT ON COLUMN summaries.lowest IS 'Lowest score.';
COMMENT ON COLUMN summaries.highest IS 'Highest score.';
COMMENT ON COLUMN summaries.pass_fail IS 'Whether every score is 0 or 1.';
COMMENT ON COLUMN summaries.latency_ms_p50 IS 'Median time of a completion, milliseconds (approximate).';
COMMENT ON COLUMN summaries.latency_ms_p95 IS '95th percentile of that time (approximate).';
COMMENT ON COLUMN summaries.prompt_tokens IS 'Tokens sent in all; NULL: not known of every sample.';
COMMENT ON COLUMN summaries.completion_tokens IS 'Tokens produced in all; NULL: not known of every sample.';
COMMENT ON COLUMN summaries.units IS 'Independent units: clusters, and samples that share none.';
COMMENT ON COLUMN summaries.square IS 'Sum over units of the square of (sum of its scores - mean score x its samples).';
