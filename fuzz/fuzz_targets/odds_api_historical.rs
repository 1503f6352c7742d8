//! Any bytes as a past snapshot in its envelope: facts, rejections or a typed error, never a panic.

#![no_main]

use huddle_fuzz::{adds_up, later};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    use huddle_fuzz::feeds::odds_api::{OddsFormat, odds};
    // The envelope is put around whatever comes, so that the fuzzer need not find it.
    let mut bytes = br#"{"timestamp":"2020-11-07T12:00:00Z","data":["#.to_vec();
    bytes.extend_from_slice(data);
    bytes.extend_from_slice(b"]}");
    for answer in [data, &bytes] {
        if let Ok(snapshot) = odds(answer, OddsFormat::American, later()) {
            adds_up(&snapshot.offers);
        }
    }
});
