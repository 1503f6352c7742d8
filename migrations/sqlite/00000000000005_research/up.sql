-- Strategies with their standing, and every change of it with who made it and why. A standing is never rewritten
-- without an event, and events are only added.
CREATE TABLE strategies (
    id TEXT NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    origin TEXT NOT NULL,
    parents TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('candidate', 'rejected', 'validated', 'deployed', 'demoted')),
    first_seen TIMESTAMP NOT NULL
);
CREATE INDEX strategies_by_status ON strategies (status);

CREATE TABLE strategy_events (
    seq INTEGER NOT NULL PRIMARY KEY,
    -- What made it, named so that doing it again adds nothing: a cycle's step, or a person's order with its time.
    cause TEXT NOT NULL UNIQUE,
    strategy_id TEXT NOT NULL REFERENCES strategies (id),
    at TIMESTAMP NOT NULL,
    status TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL
);
CREATE INDEX strategy_events_by_strategy ON strategy_events (strategy_id, seq);

-- Runs, named by what they were told, so that the same run is one row: backtests and cycles with manifest and result.
CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    manifest TEXT NOT NULL,
    result TEXT NOT NULL
);
CREATE INDEX runs_by_time ON runs (at);

-- Cycles of generation, backtest, validation, analysis and evolution: the state after the last finished step.
CREATE TABLE cycles (
    id TEXT NOT NULL PRIMARY KEY,
    spec TEXT NOT NULL,
    step BIGINT NOT NULL,
    state TEXT NOT NULL,
    done BOOLEAN NOT NULL,
    started_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- What the orchestrator of backtesting decided, why, and on which evidence.
CREATE TABLE research_decisions (
    cycle_id TEXT NOT NULL REFERENCES cycles (id),
    seq BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    kind TEXT NOT NULL,
    chosen TEXT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (cycle_id, seq)
);

-- How many strategies were tried on which facts: what the best of them is to be judged against. Never deleted.
CREATE TABLE tested (
    cause TEXT NOT NULL PRIMARY KEY,
    data_hash TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('training', 'validation', 'backtest')),
    n BIGINT NOT NULL CHECK (n >= 0),
    at TIMESTAMP NOT NULL
);
CREATE INDEX tested_by_data ON tested (data_hash, purpose);
