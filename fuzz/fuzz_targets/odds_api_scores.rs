//! Any bytes as scores, events and sports: facts, rejections or a typed error, never a panic.

#![no_main]

use huddle_fuzz::{adds_up, later};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    use huddle_fuzz::feeds::odds_api::{events, scores, sports};
    for parsed in [scores(data, later()), events(data, later())].into_iter().flatten() {
        adds_up(&parsed);
    }
    if let Ok(parsed) = sports(data) {
        adds_up(&parsed);
    }
});
