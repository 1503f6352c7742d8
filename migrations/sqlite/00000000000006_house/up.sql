-- What was to be done when, and what became of it. A slot is settled once; gaps are recorded, never filled in later.
CREATE TABLE slots (
    id TEXT NOT NULL PRIMARY KEY,
    season INTEGER NOT NULL,
    week INTEGER NOT NULL,
    task TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('done', 'failed', 'lost')),
    settled_at TIMESTAMP NOT NULL,
    note TEXT NOT NULL
);
CREATE INDEX slots_by_week ON slots (season, week);
CREATE INDEX slots_by_time ON slots (settled_at);

-- Every halt and every end of one; the newest row is what holds.
CREATE TABLE halts (
    seq INTEGER NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    halted BOOLEAN NOT NULL,
    reason TEXT NOT NULL
);
