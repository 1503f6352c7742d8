-- Facts: games and the prices offered on them. Times are UTC; money is cents; lines are half points.
CREATE TABLE games (
    id TEXT NOT NULL PRIMARY KEY,
    season INTEGER NOT NULL,
    week INTEGER NOT NULL,
    phase TEXT NOT NULL,
    kickoff TIMESTAMP NOT NULL,
    kickoff_exact BOOLEAN NOT NULL,
    opens_at TIMESTAMP NOT NULL,
    home TEXT NOT NULL,
    away TEXT NOT NULL,
    neutral BOOLEAN NOT NULL,
    home_rest INTEGER NOT NULL,
    away_rest INTEGER NOT NULL,
    division BOOLEAN NOT NULL,
    roof TEXT,
    stadium TEXT NOT NULL,
    home_score INTEGER,
    away_score INTEGER,
    temperature_f INTEGER,
    wind_mph INTEGER,
    home_qb TEXT,
    away_qb TEXT
);
CREATE INDEX games_by_week ON games (season, week);

CREATE TABLE quotes (
    id INTEGER NOT NULL PRIMARY KEY,
    game_id TEXT NOT NULL REFERENCES games (id),
    book TEXT NOT NULL,
    market TEXT NOT NULL,
    moment TEXT NOT NULL,
    as_of TIMESTAMP NOT NULL,
    line_half INTEGER,
    first_price INTEGER,
    second_price INTEGER,
    UNIQUE (game_id, book, market, moment, as_of)
);

-- What was read, when, and what of it was left out.
CREATE TABLE imports (
    id INTEGER NOT NULL PRIMARY KEY,
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,
    n_rows BIGINT NOT NULL,
    n_new BIGINT NOT NULL,
    n_changed BIGINT NOT NULL,
    n_unchanged BIGINT NOT NULL,
    n_quarantined BIGINT NOT NULL,
    corrections TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX imports_by_file ON imports (kind, file);

CREATE TABLE quarantine (
    id INTEGER NOT NULL PRIMARY KEY,
    import_id INTEGER NOT NULL REFERENCES imports (id),
    file TEXT NOT NULL,
    line BIGINT NOT NULL,
    game_id TEXT,
    field TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw TEXT NOT NULL
);
CREATE INDEX quarantine_by_import ON quarantine (import_id);

-- Decisions: a round asks, seats answer, votes are counted, picks are made and later graded.
CREATE TABLE rounds (
    id TEXT NOT NULL PRIMARY KEY,
    season INTEGER NOT NULL,
    week INTEGER NOT NULL,
    basis TEXT NOT NULL,
    as_of TIMESTAMP NOT NULL,
    seed BIGINT NOT NULL,
    settings_hash TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    code_version TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX rounds_by_week ON rounds (season, week);

CREATE TABLE opinions (
    round_id TEXT NOT NULL REFERENCES rounds (id),
    game_id TEXT NOT NULL REFERENCES games (id),
    market TEXT NOT NULL,
    seat TEXT NOT NULL,
    phase INTEGER NOT NULL CHECK (phase IN (1, 2)),
    line_half INTEGER,
    p_first DOUBLE,
    sd DOUBLE,
    mean DOUBLE,
    abstained TEXT,
    incarnation INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    PRIMARY KEY (round_id, game_id, market, seat, phase)
);

CREATE TABLE votes (
    round_id TEXT NOT NULL REFERENCES rounds (id),
    game_id TEXT NOT NULL REFERENCES games (id),
    market TEXT NOT NULL,
    seat TEXT NOT NULL,
    side TEXT,
    weight DOUBLE NOT NULL,
    equal_weight DOUBLE NOT NULL,
    reason TEXT,
    PRIMARY KEY (round_id, game_id, market, seat)
);

CREATE TABLE picks (
    id TEXT NOT NULL PRIMARY KEY,
    round_id TEXT NOT NULL REFERENCES rounds (id),
    game_id TEXT NOT NULL REFERENCES games (id),
    market TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pick', 'pass', 'lean')),
    side TEXT,
    line_half INTEGER,
    price INTEGER,
    book TEXT,
    body TEXT NOT NULL,
    stake_cents BIGINT NOT NULL CHECK (stake_cents >= 0),
    reason TEXT
);
CREATE INDEX picks_by_round ON picks (round_id);
CREATE INDEX picks_by_game ON picks (game_id);

CREATE TABLE grades (
    pick_id TEXT NOT NULL PRIMARY KEY REFERENCES picks (id),
    result TEXT NOT NULL CHECK (result IN ('win', 'loss', 'push', 'void')),
    profit_cents BIGINT NOT NULL,
    clv_points DOUBLE,
    clv_probability DOUBLE,
    close_line_half INTEGER,
    close_price INTEGER,
    graded_at TIMESTAMP NOT NULL,
    revision INTEGER NOT NULL
);

-- Every message and decision, each row chained to the one before by its hash.
CREATE TABLE journal (
    seq BIGINT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    thread TEXT NOT NULL,
    parent TEXT,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    priority TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    body TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX journal_by_thread ON journal (thread, seq);

-- How often the past was looked at: the number every backtest must be judged against.
CREATE TABLE trials (
    id TEXT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    purpose TEXT NOT NULL,
    seasons TEXT NOT NULL,
    settings_hash TEXT NOT NULL,
    data_hash TEXT NOT NULL,
    code_version TEXT NOT NULL,
    seed BIGINT NOT NULL,
    journal_head TEXT NOT NULL,
    UNIQUE (purpose, seasons, settings_hash, data_hash, code_version, seed)
);
