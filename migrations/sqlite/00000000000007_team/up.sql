-- Who took the winning side of what, beside the others who spoke of it: what standings are made of.
CREATE TABLE member_scores (
    subject TEXT NOT NULL,
    game_id TEXT NOT NULL,
    market TEXT NOT NULL,
    season INTEGER NOT NULL,
    week INTEGER NOT NULL,
    hit DOUBLE NOT NULL,
    others DOUBLE NOT NULL,
    n_others INTEGER NOT NULL,
    PRIMARY KEY (subject, game_id, market)
);
CREATE INDEX member_scores_by_week ON member_scores (season, week);

-- Every change of a standing by the rule, in order; the newest row of a subject is what the rule says.
CREATE TABLE standing_events (
    seq INTEGER NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    standing TEXT NOT NULL CHECK (standing IN ('promoted', 'full', 'probation', 'benched')),
    reason TEXT NOT NULL,
    n_scores INTEGER NOT NULL
);
CREATE INDEX standing_events_by_subject ON standing_events (subject, seq);

-- Weeks whose results were learnt from, each once.
CREATE TABLE learned_weeks (
    season INTEGER NOT NULL,
    week INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (season, week)
);

-- Somebody's word over a seat or swarm, until it ends by itself; kept for ever.
CREATE TABLE overrides (
    id TEXT NOT NULL PRIMARY KEY,
    at TIMESTAMP NOT NULL,
    by_whom TEXT NOT NULL,
    subject TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('bench', 'seat', 'pause', 'cap')),
    cap_cents BIGINT,
    why TEXT NOT NULL,
    ends_at TIMESTAMP NOT NULL
);

-- Experiments with settings, in order; one is under way at most.
CREATE TABLE experiments (
    n INTEGER NOT NULL PRIMARY KEY,
    setting TEXT NOT NULL,
    from_value DOUBLE NOT NULL,
    to_value DOUBLE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'kept', 'rejected', 'confirmed', 'rolled_back')),
    begun_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL,
    reason TEXT NOT NULL
);

-- What a market's probability was in earnest and in shadow, once for each stage of an experiment.
CREATE TABLE shadow_forecasts (
    experiment INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('running', 'kept')),
    game_id TEXT NOT NULL,
    market TEXT NOT NULL,
    line_half INTEGER,
    p_live DOUBLE NOT NULL,
    p_shadow DOUBLE NOT NULL,
    PRIMARY KEY (experiment, stage, game_id, market)
);
