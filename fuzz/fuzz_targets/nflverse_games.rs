//! Any bytes as games.csv: facts, rejections or a typed error, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(facts) = huddle_fuzz::feeds::nflverse_games::read(data) {
        assert!(facts.games.len() as u64 <= facts.n_rows);
        assert!(facts.rejected.iter().all(|r| r.line > 0 && !r.kind().is_empty()));
    }
});
