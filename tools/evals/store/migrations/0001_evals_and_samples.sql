CREATE SEQUENCE eval_ids START 1;

CREATE TABLE evals (
    eval_id INTEGER PRIMARY KEY DEFAULT nextval('eval_ids'),
    name VARCHAR NOT NULL UNIQUE,
    origin VARCHAR NOT NULL,
    source VARCHAR NOT NULL,
    content_digest VARCHAR NOT NULL,
    model VARCHAR,
    prompt VARCHAR,
    prompt_digest VARCHAR,
    dataset VARCHAR,
    dataset_digest VARCHAR,
    grader VARCHAR,
    grader_version INTEGER,
    grader_spec VARCHAR,
    seed BIGINT,
    cost_usd DECIMAL(18, 6),
    wall_seconds DOUBLE,
    n BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE evals IS 'One row an eval: one scoring of one candidate on one set of samples. Never changed once written.';
COMMENT ON COLUMN evals.eval_id IS 'Number of the eval in this file.';
COMMENT ON COLUMN evals.name IS 'Name a person gave it; what compare and gate take.';
COMMENT ON COLUMN evals.origin IS 'How the rows came here: run (measured by this product) or import:FORMAT.';
COMMENT ON COLUMN evals.source IS 'File or endpoint the rows came from.';
COMMENT ON COLUMN evals.content_digest IS 'SHA-256 over the rows as read; the same content under the same name is stored once.';
COMMENT ON COLUMN evals.model IS 'Model that produced the completions; NULL when the source does not say.';
COMMENT ON COLUMN evals.prompt IS 'What was put around each input, as JSON; NULL when unknown.';
COMMENT ON COLUMN evals.prompt_digest IS 'SHA-256 of prompt.';
COMMENT ON COLUMN evals.dataset IS 'Name of the file the samples were read from.';
COMMENT ON COLUMN evals.dataset_digest IS 'SHA-256 of that file; two evals with the same digest measured the same samples.';
COMMENT ON COLUMN evals.grader IS 'What turned completions into scores; NULL when the source does not say.';
COMMENT ON COLUMN evals.grader_version IS 'Version of that grader: raised whenever it may score the same completion differently.';
COMMENT ON COLUMN evals.grader_spec IS 'Settings of the grader, as JSON.';
COMMENT ON COLUMN evals.seed IS 'Seed of the choice of few-shot examples and of sampling; NULL when none was used.';
COMMENT ON COLUMN evals.cost_usd IS 'What the completions cost, US dollars; NULL when unknown, which is not 0.';
COMMENT ON COLUMN evals.wall_seconds IS 'How long the measuring took, seconds; NULL for imports.';
COMMENT ON COLUMN evals.n IS 'How many samples were written; samples must hold as many, or rows were lost.';
COMMENT ON COLUMN evals.created_at IS 'When it was written, UTC.';

CREATE TABLE samples (
    eval_id INTEGER NOT NULL,
    sample_id VARCHAR NOT NULL,
    category VARCHAR,
    cluster VARCHAR,
    input VARCHAR,
    target VARCHAR,
    completion VARCHAR,
    score DOUBLE,
    correct BOOLEAN,
    latency_ms DOUBLE,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    details VARCHAR
);
COMMENT ON TABLE samples IS 'One row a sample of an eval. Never changed once written; (eval_id, sample_id) is unique.';
COMMENT ON COLUMN samples.eval_id IS 'The eval this row belongs to.';
COMMENT ON COLUMN samples.sample_id IS 'Id of the sample; the same id in two evals is the same sample: comparisons pair by it.';
COMMENT ON COLUMN samples.category IS 'Slice the sample belongs to.';
COMMENT ON COLUMN samples.cluster IS 'What samples that are not independent have in common (one document, one user); NULL: independent.';
COMMENT ON COLUMN samples.input IS 'What was asked: text, or messages as JSON.';
COMMENT ON COLUMN samples.target IS 'What the completion should have been.';
COMMENT ON COLUMN samples.completion IS 'What the model produced.';
COMMENT ON COLUMN samples.score IS 'What the grader gave; NULL: no score (not 0).';
COMMENT ON COLUMN samples.correct IS 'Pass or fail, where the grader says so; NULL otherwise.';
COMMENT ON COLUMN samples.latency_ms IS 'Time the completion took, milliseconds.';
COMMENT ON COLUMN samples.prompt_tokens IS 'Tokens sent, as the endpoint counted them.';
COMMENT ON COLUMN samples.completion_tokens IS 'Tokens produced, as the endpoint counted them.';
COMMENT ON COLUMN samples.details IS 'What the grader saw beside the score, as JSON (per-field matches, reasons).';

CREATE TABLE completions (
    key VARCHAR PRIMARY KEY,
    model VARCHAR NOT NULL,
    completion VARCHAR NOT NULL,
    finish_reason VARCHAR,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    latency_ms DOUBLE NOT NULL,
    measured_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE completions IS 'What endpoints answered, by content of the question: nothing is asked twice, a stopped eval goes on where it was.';
COMMENT ON COLUMN completions.key IS 'SHA-256 of endpoint, model, messages and sampling settings.';
COMMENT ON COLUMN completions.model IS 'Model asked.';
COMMENT ON COLUMN completions.completion IS 'What it produced.';
COMMENT ON COLUMN completions.finish_reason IS 'Why it stopped, in the endpoint''s word (stop, length, ...).';
COMMENT ON COLUMN completions.prompt_tokens IS 'Tokens sent, as the endpoint counted them.';
COMMENT ON COLUMN completions.completion_tokens IS 'Tokens produced, as the endpoint counted them.';
COMMENT ON COLUMN completions.latency_ms IS 'Time the completion took, milliseconds.';
COMMENT ON COLUMN completions.measured_at IS 'When it was asked, UTC.';
