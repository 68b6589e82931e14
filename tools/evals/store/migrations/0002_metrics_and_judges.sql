ALTER TABLE evals ADD COLUMN metric VARCHAR;
ALTER TABLE evals ADD COLUMN metric_version INTEGER;
ALTER TABLE evals ADD COLUMN metric_digest VARCHAR;
COMMENT ON COLUMN evals.metric IS 'Name of the metric that a person accepted for the task; NULL when the eval was made without one.';
COMMENT ON COLUMN evals.metric_version IS 'Version of that metric.';
COMMENT ON COLUMN evals.metric_digest IS 'SHA-256 over what the metric says; two evals with the same digest were held to the same metric.';

CREATE TABLE judge_agreements (
    grader_digest VARCHAR NOT NULL,
    grades_digest VARCHAR NOT NULL,
    eval_id INTEGER NOT NULL,
    judge VARCHAR NOT NULL,
    n INTEGER NOT NULL,
    equal INTEGER NOT NULL,
    kappa DOUBLE,
    kappa_low DOUBLE,
    kappa_high DOUBLE,
    measured_at TIMESTAMP NOT NULL,
    PRIMARY KEY (grader_digest, grades_digest)
);
COMMENT ON TABLE judge_agreements IS 'How far a judge model agrees with people, one row a sheet of their grades. Never changed once written; the newest counts.';
COMMENT ON COLUMN judge_agreements.grader_digest IS 'SHA-256 of the grader: judge, rubric, scale and version. Another rubric is another judge.';
COMMENT ON COLUMN judge_agreements.grades_digest IS 'SHA-256 of the people''s grades and the eval they are about.';
COMMENT ON COLUMN judge_agreements.eval_id IS 'The eval whose samples people graded.';
COMMENT ON COLUMN judge_agreements.judge IS 'Model that judged.';
COMMENT ON COLUMN judge_agreements.n IS 'Samples graded by both.';
COMMENT ON COLUMN judge_agreements.equal IS 'Samples on which both gave the same grade.';
COMMENT ON COLUMN judge_agreements.kappa IS 'Cohen''s kappa; NULL: cannot be said.';
COMMENT ON COLUMN judge_agreements.kappa_low IS 'Lower end of its 95 % interval.';
COMMENT ON COLUMN judge_agreements.kappa_high IS 'Upper end of its 95 % interval.';
COMMENT ON COLUMN judge_agreements.measured_at IS 'When, UTC.';
