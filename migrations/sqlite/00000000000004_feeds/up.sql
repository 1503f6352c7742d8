-- Facts of services beside games and quotes. Times are UTC; `as_of` is from when on a row was known; `source` says who
-- told it, and NULL in an older table that a file or nflverse did.
ALTER TABLE quotes ADD COLUMN source TEXT;
ALTER TABLE games ADD COLUMN score_source TEXT;

-- The weather expected for the hour of kickoff: Fahrenheit, miles an hour, degrees, inches, a chance from 0 to 1.
CREATE TABLE forecasts (
    game_id TEXT NOT NULL REFERENCES games (id),
    source TEXT NOT NULL,
    as_of TIMESTAMP NOT NULL,
    hour TIMESTAMP NOT NULL,
    temperature_f DOUBLE,
    wind_mph DOUBLE,
    gust_mph DOUBLE,
    wind_from_deg DOUBLE,
    precipitation_in DOUBLE,
    precipitation_chance DOUBLE,
    PRIMARY KEY (game_id, source, as_of)
);

CREATE TABLE injuries (
    team TEXT NOT NULL,
    player TEXT NOT NULL,
    source TEXT NOT NULL,
    as_of TIMESTAMP NOT NULL,
    position TEXT,
    availability TEXT NOT NULL,
    status TEXT NOT NULL,
    part TEXT,
    comment TEXT,
    PRIMARY KEY (team, player, source, as_of)
);
CREATE INDEX injuries_by_time ON injuries (as_of);

CREATE TABLE headlines (
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    as_of TIMESTAMP NOT NULL,
    title TEXT NOT NULL,
    summary TEXT,
    link TEXT,
    teams TEXT NOT NULL,
    PRIMARY KEY (source, id)
);
CREATE INDEX headlines_by_time ON headlines (as_of);

-- What a team did in a week; known when its game is over, `seen_at` is when these numbers came.
CREATE TABLE team_weeks (
    season INTEGER NOT NULL,
    week INTEGER NOT NULL,
    team TEXT NOT NULL,
    opponent TEXT NOT NULL,
    regular BOOLEAN NOT NULL,
    attempts INTEGER NOT NULL,
    completions INTEGER NOT NULL,
    passing_yards INTEGER NOT NULL,
    interceptions INTEGER NOT NULL,
    sacks_suffered INTEGER NOT NULL,
    carries INTEGER NOT NULL,
    rushing_yards INTEGER NOT NULL,
    fumbles_lost INTEGER NOT NULL,
    penalties INTEGER NOT NULL,
    penalty_yards INTEGER NOT NULL,
    passing_epa DOUBLE,
    rushing_epa DOUBLE,
    source TEXT NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    PRIMARY KEY (season, week, team)
);

-- A book's change of line or price; steam when enough books went the same way at once.
CREATE TABLE line_moves (
    game_id TEXT NOT NULL REFERENCES games (id),
    market TEXT NOT NULL,
    book TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    side TEXT NOT NULL,
    from_half INTEGER,
    to_half INTEGER,
    probability DOUBLE,
    steam BOOLEAN NOT NULL,
    PRIMARY KEY (game_id, market, book, at)
);
