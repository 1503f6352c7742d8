//! Facts, rounds, the journal, the bus, calls, research and slots: the tables every part of the house stands on.

diesel::table! {
    games (id) {
        id -> Text,
        season -> Integer,
        week -> Integer,
        phase -> Text,
        kickoff -> Timestamp,
        kickoff_exact -> Bool,
        opens_at -> Timestamp,
        home -> Text,
        away -> Text,
        neutral -> Bool,
        home_rest -> Integer,
        away_rest -> Integer,
        division -> Bool,
        roof -> Nullable<Text>,
        stadium -> Text,
        home_score -> Nullable<Integer>,
        away_score -> Nullable<Integer>,
        temperature_f -> Nullable<Integer>,
        wind_mph -> Nullable<Integer>,
        home_qb -> Nullable<Text>,
        away_qb -> Nullable<Text>,
        score_source -> Nullable<Text>,
    }
}

diesel::table! {
    quotes (id) {
        id -> Integer,
        game_id -> Text,
        book -> Text,
        market -> Text,
        moment -> Text,
        as_of -> Timestamp,
        line_half -> Nullable<Integer>,
        first_price -> Nullable<Integer>,
        second_price -> Nullable<Integer>,
        source -> Nullable<Text>,
    }
}

diesel::table! {
    imports (id) {
        id -> Integer,
        file -> Text,
        sha256 -> Text,
        kind -> Text,
        n_rows -> BigInt,
        n_new -> BigInt,
        n_changed -> BigInt,
        n_unchanged -> BigInt,
        n_quarantined -> BigInt,
        corrections -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    quarantine (id) {
        id -> Integer,
        import_id -> Integer,
        file -> Text,
        line -> BigInt,
        game_id -> Nullable<Text>,
        field -> Text,
        reason -> Text,
        raw -> Text,
    }
}

diesel::table! {
    rounds (id) {
        id -> Text,
        season -> Integer,
        week -> Integer,
        basis -> Text,
        as_of -> Timestamp,
        seed -> BigInt,
        settings_hash -> Text,
        data_hash -> Text,
        code_version -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    opinions (round_id, game_id, market, seat, phase) {
        round_id -> Text,
        game_id -> Text,
        market -> Text,
        seat -> Text,
        phase -> Integer,
        line_half -> Nullable<Integer>,
        p_first -> Nullable<Double>,
        sd -> Nullable<Double>,
        mean -> Nullable<Double>,
        abstained -> Nullable<Text>,
        incarnation -> Integer,
        evidence -> Text,
    }
}

diesel::table! {
    votes (round_id, game_id, market, seat) {
        round_id -> Text,
        game_id -> Text,
        market -> Text,
        seat -> Text,
        side -> Nullable<Text>,
        weight -> Double,
        equal_weight -> Double,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    picks (id) {
        id -> Text,
        round_id -> Text,
        game_id -> Text,
        market -> Text,
        status -> Text,
        side -> Nullable<Text>,
        line_half -> Nullable<Integer>,
        price -> Nullable<Integer>,
        book -> Nullable<Text>,
        body -> Text,
        stake_cents -> BigInt,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    grades (pick_id) {
        pick_id -> Text,
        result -> Text,
        profit_cents -> BigInt,
        clv_points -> Nullable<Double>,
        clv_probability -> Nullable<Double>,
        close_line_half -> Nullable<Integer>,
        close_price -> Nullable<Integer>,
        graded_at -> Timestamp,
        revision -> Integer,
    }
}

diesel::table! {
    journal (seq) {
        seq -> BigInt,
        id -> Text,
        thread -> Text,
        parent -> Nullable<Text>,
        sender -> Text,
        recipient -> Text,
        kind -> Text,
        priority -> Text,
        at -> Timestamp,
        body -> Text,
        prev_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    trials (id) {
        id -> Text,
        at -> Timestamp,
        purpose -> Text,
        seasons -> Text,
        settings_hash -> Text,
        data_hash -> Text,
        code_version -> Text,
        seed -> BigInt,
        journal_head -> Text,
    }
}

diesel::table! {
    cursors (recipient) {
        recipient -> Text,
        seq -> BigInt,
        trying -> BigInt,
        attempts -> Integer,
        hears -> Text,
        generation -> BigInt,
        incarnation -> BigInt,
    }
}

diesel::table! {
    set_aside (n) {
        n -> BigInt,
        state -> Text,
        recipient -> Text,
        seq -> Nullable<BigInt>,
        id -> Text,
        sender -> Text,
        kind -> Text,
        letter -> Nullable<Text>,
        reason -> Text,
        attempts -> Integer,
        at -> Timestamp,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    fences (seat) {
        seat -> Text,
        generation -> BigInt,
        incarnation -> BigInt,
    }
}

diesel::table! {
    generations (name) {
        name -> Text,
        n -> BigInt,
    }
}

diesel::table! {
    letter_counts (sender, kind) {
        sender -> Text,
        kind -> Text,
        n -> BigInt,
        last_seq -> BigInt,
    }
}

diesel::table! {
    api_ledger (attempt) {
        attempt -> BigInt,
        at -> Timestamp,
        day -> Text,
        provider -> Text,
        endpoint -> Text,
        request_key -> Text,
        agent -> Text,
        priority -> Text,
        state -> Text,
        reserved_credits -> BigInt,
        credits -> BigInt,
        reserved_usd_micros -> BigInt,
        usd_micros -> BigInt,
        outcome -> Text,
        status -> Nullable<Integer>,
        latency_ms -> Nullable<BigInt>,
        used_by_header -> Nullable<BigInt>,
    }
}

diesel::table! {
    api_cache (request_key) {
        request_key -> Text,
        provider -> Text,
        endpoint -> Text,
        fetched_at -> Timestamp,
        source_updated_at -> Nullable<Timestamp>,
        etag -> Nullable<Text>,
        last_modified -> Nullable<Text>,
        credits -> BigInt,
        n_bytes -> BigInt,
        body -> Binary,
    }
}

diesel::table! {
    api_state (name) {
        name -> Text,
        body -> Text,
        at -> Timestamp,
    }
}

diesel::table! {
    forecasts (game_id, source, as_of) {
        game_id -> Text,
        source -> Text,
        as_of -> Timestamp,
        hour -> Timestamp,
        temperature_f -> Nullable<Double>,
        wind_mph -> Nullable<Double>,
        gust_mph -> Nullable<Double>,
        wind_from_deg -> Nullable<Double>,
        precipitation_in -> Nullable<Double>,
        precipitation_chance -> Nullable<Double>,
    }
}

diesel::table! {
    injuries (team, player, source, as_of) {
        team -> Text,
        player -> Text,
        source -> Text,
        as_of -> Timestamp,
        position -> Nullable<Text>,
        availability -> Text,
        status -> Text,
        part -> Nullable<Text>,
        comment -> Nullable<Text>,
    }
}

diesel::table! {
    headlines (source, id) {
        source -> Text,
        id -> Text,
        as_of -> Timestamp,
        title -> Text,
        summary -> Nullable<Text>,
        link -> Nullable<Text>,
        teams -> Text,
    }
}

diesel::table! {
    team_weeks (season, week, team) {
        season -> Integer,
        week -> Integer,
        team -> Text,
        opponent -> Text,
        regular -> Bool,
        attempts -> Integer,
        completions -> Integer,
        passing_yards -> Integer,
        interceptions -> Integer,
        sacks_suffered -> Integer,
        carries -> Integer,
        rushing_yards -> Integer,
        fumbles_lost -> Integer,
        penalties -> Integer,
        penalty_yards -> Integer,
        passing_epa -> Nullable<Double>,
        rushing_epa -> Nullable<Double>,
        source -> Text,
        seen_at -> Timestamp,
    }
}

diesel::table! {
    line_moves (game_id, market, book, at) {
        game_id -> Text,
        market -> Text,
        book -> Text,
        at -> Timestamp,
        side -> Text,
        from_half -> Nullable<Integer>,
        to_half -> Nullable<Integer>,
        probability -> Nullable<Double>,
        steam -> Bool,
    }
}

diesel::table! {
    strategies (id) {
        id -> Text,
        text -> Text,
        origin -> Text,
        parents -> Text,
        status -> Text,
        first_seen -> Timestamp,
    }
}

diesel::table! {
    strategy_events (seq) {
        seq -> Integer,
        cause -> Text,
        strategy_id -> Text,
        at -> Timestamp,
        status -> Text,
        actor -> Text,
        reason -> Text,
        evidence -> Text,
    }
}

diesel::table! {
    runs (id) {
        id -> Text,
        kind -> Text,
        at -> Timestamp,
        manifest -> Text,
        result -> Text,
    }
}

diesel::table! {
    cycles (id) {
        id -> Text,
        spec -> Text,
        step -> BigInt,
        state -> Text,
        done -> Bool,
        started_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    research_decisions (cycle_id, seq) {
        cycle_id -> Text,
        seq -> BigInt,
        at -> Timestamp,
        kind -> Text,
        chosen -> Text,
        reason -> Text,
        evidence -> Text,
    }
}

diesel::table! {
    tested (cause) {
        cause -> Text,
        data_hash -> Text,
        purpose -> Text,
        n -> BigInt,
        at -> Timestamp,
    }
}

diesel::table! {
    slots (id) {
        id -> Text,
        season -> Integer,
        week -> Integer,
        task -> Text,
        due_at -> Timestamp,
        state -> Text,
        settled_at -> Timestamp,
        note -> Text,
    }
}

diesel::table! {
    halts (seq) {
        seq -> Integer,
        at -> Timestamp,
        halted -> Bool,
        reason -> Text,
    }
}

diesel::joinable!(quotes -> games (game_id));
diesel::joinable!(picks -> rounds (round_id));
diesel::joinable!(grades -> picks (pick_id));
diesel::joinable!(strategy_events -> strategies (strategy_id));
diesel::joinable!(research_decisions -> cycles (cycle_id));
diesel::allow_tables_to_appear_in_same_query!(
    games,
    quotes,
    imports,
    quarantine,
    rounds,
    opinions,
    votes,
    picks,
    grades,
    journal,
    trials,
    cursors,
    set_aside,
    fences,
    generations,
    letter_counts,
    api_ledger,
    api_cache,
    api_state,
    forecasts,
    injuries,
    headlines,
    team_weeks,
    line_moves,
    strategies,
    strategy_events,
    runs,
    cycles,
    research_decisions,
    tested,
    slots,
    halts,
);
