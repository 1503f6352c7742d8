//! What language models were asked and what came of it.

diesel::table! {
    model_calls (seq) {
        seq -> Integer,
        round_id -> Text,
        place -> Integer,
        content_key -> Text,
        asked_by -> Text,
        slot -> Text,
        provider -> Text,
        dialect -> Text,
        model -> Text,
        anonymous -> Bool,
        request -> Text,
        reply -> Nullable<Binary>,
        outcome -> Text,
        leads_to -> Nullable<Text>,
        trouble -> Nullable<Text>,
        input_tokens -> Nullable<BigInt>,
        output_tokens -> Nullable<BigInt>,
        usd_micros -> BigInt,
        asked_at -> Timestamp,
        took_ms -> BigInt,
        n_bytes -> BigInt,
    }
}
