//! Key figures and memories of the specialists.

diesel::table! {
    kpis (agent, name, day) {
        agent -> Text,
        name -> Text,
        day -> Text,
        at -> Timestamp,
        value -> Nullable<Double>,
        n -> BigInt,
        low -> Nullable<Double>,
        high -> Nullable<Double>,
        unit -> Text,
        why_none -> Nullable<Text>,
    }
}

diesel::table! {
    memories (id) {
        id -> Text,
        agent -> Text,
        kind -> Text,
        season -> Integer,
        week -> Integer,
        said_at -> Timestamp,
        claim -> Text,
        text -> Text,
        resolved_at -> Nullable<Timestamp>,
        held -> Nullable<Text>,
        clv_points -> Nullable<Double>,
        n -> Nullable<BigInt>,
        resolution -> Nullable<Text>,
    }
}
