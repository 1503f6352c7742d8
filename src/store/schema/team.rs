//! Tables of the team: scores, standings, overrides and experiments.

diesel::table! {
    member_scores (subject, game_id, market) {
        subject -> Text,
        game_id -> Text,
        market -> Text,
        season -> Integer,
        week -> Integer,
        hit -> Double,
        others -> Double,
        n_others -> Integer,
    }
}

diesel::table! {
    standing_events (seq) {
        seq -> Integer,
        subject -> Text,
        at -> Timestamp,
        standing -> Text,
        reason -> Text,
        n_scores -> Integer,
    }
}

diesel::table! {
    learned_weeks (season, week) {
        season -> Integer,
        week -> Integer,
        at -> Timestamp,
        note -> Text,
    }
}

diesel::table! {
    overrides (id) {
        id -> Text,
        at -> Timestamp,
        by_whom -> Text,
        subject -> Text,
        action -> Text,
        cap_cents -> Nullable<BigInt>,
        why -> Text,
        ends_at -> Timestamp,
    }
}

diesel::table! {
    experiments (n) {
        n -> Integer,
        setting -> Text,
        from_value -> Double,
        to_value -> Double,
        state -> Text,
        begun_at -> Timestamp,
        changed_at -> Timestamp,
        reason -> Text,
    }
}

diesel::table! {
    shadow_forecasts (experiment, stage, game_id, market) {
        experiment -> Integer,
        stage -> Text,
        game_id -> Text,
        market -> Text,
        line_half -> Nullable<Integer>,
        p_live -> Double,
        p_shadow -> Double,
    }
}
