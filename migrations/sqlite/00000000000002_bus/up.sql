-- How far each reader of the journal is: the last entry it is done with, and the delivery begun after that. What it hears
-- is a JSON list of addresses as the journal has them, or `*` for everything. The epoch is that of its youngest writer.
CREATE TABLE cursors (
    recipient TEXT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    trying BIGINT NOT NULL,
    attempts INTEGER NOT NULL,
    hears TEXT NOT NULL,
    generation BIGINT NOT NULL,
    incarnation BIGINT NOT NULL
);

-- Letters out of the ordinary way: quarantined until released or discarded, and dead ones. A journaled letter has its
-- number there, another one its text here. AUTOINCREMENT, because a person names a letter by its number.
CREATE TABLE set_aside (
    n INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('quarantined', 'released', 'handled', 'discarded', 'dead')),
    recipient TEXT NOT NULL,
    seq BIGINT,
    id TEXT NOT NULL,
    sender TEXT NOT NULL,
    kind TEXT NOT NULL,
    letter TEXT,
    reason TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    note TEXT,
    UNIQUE (recipient, seq)
);
CREATE INDEX set_aside_by_state ON set_aside (state, n);

-- The youngest epoch that has written for a seat: a replaced actor that wakes up late is told by it that it is replaced.
CREATE TABLE fences (
    seat TEXT NOT NULL PRIMARY KEY,
    generation BIGINT NOT NULL,
    incarnation BIGINT NOT NULL
);

-- Processes that have opened the journal to write letters.
CREATE TABLE generations (
    name TEXT NOT NULL PRIMARY KEY,
    n BIGINT NOT NULL
);

-- The audit clerk's count of what it has read.
CREATE TABLE letter_counts (
    sender TEXT NOT NULL,
    kind TEXT NOT NULL,
    n BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    PRIMARY KEY (sender, kind)
);
