//! Any bytes as stats_team_week.csv: facts, rejections or a typed error, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(parsed) = huddle_fuzz::feeds::team_stats::parse(data) {
        assert!((parsed.rows.len() + parsed.rejected.len()) as u64 <= parsed.n_rows);
    }
});
