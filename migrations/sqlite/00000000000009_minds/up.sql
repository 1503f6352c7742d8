-- What language models were asked and what came of it: a call by the round it was made for, its slot's place in the chain
-- and its content. With it a round with models is held again without asking anybody.
CREATE TABLE model_calls (
    seq INTEGER NOT NULL PRIMARY KEY,
    round_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    content_key TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    slot TEXT NOT NULL,
    provider TEXT NOT NULL,
    dialect TEXT NOT NULL,
    model TEXT NOT NULL,
    anonymous BOOLEAN NOT NULL,
    request TEXT NOT NULL,
    reply BLOB,
    outcome TEXT NOT NULL,
    leads_to TEXT CHECK (leads_to IN ('next', 'longer', 'stop')),
    trouble TEXT,
    input_tokens BIGINT,
    output_tokens BIGINT,
    usd_micros BIGINT NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    took_ms BIGINT NOT NULL,
    n_bytes BIGINT NOT NULL,
    UNIQUE (round_id, place, content_key),
    CHECK ((reply IS NULL) = (trouble IS NOT NULL) AND (reply IS NULL) = (leads_to IS NOT NULL))
);
CREATE INDEX model_calls_by_content ON model_calls (content_key);
