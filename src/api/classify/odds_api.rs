//! The Odds API: its `error_code` decides, because an empty account, a refused key and a missing plan all come as 401.

use super::{Case, Class, Verdict};

/// Judges an answer that is no success.
pub(super) fn judge(case: &Case) -> Verdict {
    match case.said.code.as_str() {
        // There is no word on when the month ends: the credits used fall when it does.
        "OUT_OF_USAGE_CREDITS" => case.verdict(Class::QuotaExhausted { until: None }),
        "EXCEEDED_FREQ_LIMIT" => case.verdict(Class::Throttled),
        "HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN" => case.meaning(Class::Misconfigured, "needs a paid plan"),
        "INVALID_KEY" | "MISSING_KEY" | "DEACTIVATED_KEY" => {
            case.meaning(Class::Misconfigured, "the key was refused")
        }
        "UNKNOWN_SPORT" | "EVENT_NOT_FOUND" => case.verdict(Class::NotFound),
        code if code.starts_with("INVALID_") || code.starts_with("MISSING_") => case.verdict(Class::BadRequest),
        // Words of older answers, which came without a code.
        _ if case.says(&["usage quota", "out of usage credits"]) => {
            case.verdict(Class::QuotaExhausted { until: None })
        }
        _ => case.by_status(),
    }
}
