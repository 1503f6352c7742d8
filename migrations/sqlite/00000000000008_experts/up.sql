-- Key figures of agents, one of a name a UTC day; a figure without a value says why. What was computed first on a day stands.
CREATE TABLE kpis (
    agent TEXT NOT NULL,
    name TEXT NOT NULL,
    day TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    value DOUBLE,
    n BIGINT NOT NULL CHECK (n >= 0),
    low DOUBLE,
    high DOUBLE,
    unit TEXT NOT NULL,
    why_none TEXT,
    CHECK (value IS NOT NULL OR why_none IS NOT NULL),
    PRIMARY KEY (agent, name, day)
);
CREATE INDEX kpis_by_agent ON kpis (agent, at);

-- What agents claimed, and what became of it; pending while there is no resolution. A claim is never changed, a resolution
-- is written once.
CREATE TABLE memories (
    id TEXT NOT NULL PRIMARY KEY,
    agent TEXT NOT NULL,
    kind TEXT NOT NULL,
    season INTEGER NOT NULL,
    week INTEGER NOT NULL,
    said_at TIMESTAMP NOT NULL,
    claim TEXT NOT NULL,
    text TEXT NOT NULL,
    resolved_at TIMESTAMP,
    held TEXT CHECK (held IN ('held', 'failed', 'void')),
    clv_points DOUBLE,
    n BIGINT,
    resolution TEXT
);
CREATE INDEX memories_by_agent ON memories (agent, said_at);
CREATE INDEX memories_pending ON memories (agent, id) WHERE resolved_at IS NULL;
