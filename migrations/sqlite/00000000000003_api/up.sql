-- One row an attempt at a call: what it may cost before it is sent, what it did cost afterwards. The attempt is the
-- process's generation in the upper half and a count in the lower; the day is UTC, as providers bill. Dollars are
-- millionths.
CREATE TABLE api_ledger (
    attempt BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    day TEXT NOT NULL,
    provider TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    request_key TEXT NOT NULL,
    agent TEXT NOT NULL,
    priority TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'uncertain')),
    reserved_credits BIGINT NOT NULL,
    credits BIGINT NOT NULL,
    reserved_usd_micros BIGINT NOT NULL,
    usd_micros BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER,
    latency_ms BIGINT,
    used_by_header BIGINT
);
CREATE INDEX api_ledger_by_provider ON api_ledger (provider, at);
CREATE INDEX api_ledger_by_time ON api_ledger (at);
-- Few rows are open at any time, and a start looks for exactly those.
CREATE INDEX api_ledger_open ON api_ledger (attempt) WHERE state = 'reserved';

-- The last answer to each call. The index holds what eviction asks for, so that no body is read for it.
CREATE TABLE api_cache (
    request_key TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    fetched_at TIMESTAMP NOT NULL,
    source_updated_at TIMESTAMP,
    etag TEXT,
    last_modified TEXT,
    credits BIGINT NOT NULL,
    n_bytes BIGINT NOT NULL,
    body BLOB NOT NULL
);
CREATE INDEX api_cache_by_age ON api_cache (fetched_at, request_key, n_bytes);

-- What the orchestrator knows and wants to know after a restart, as JSON by name.
CREATE TABLE api_state (
    name TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
