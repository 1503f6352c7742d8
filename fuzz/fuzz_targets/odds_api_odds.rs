//! Any bytes as an odds answer, as American and as decimal prices: facts, rejections or a typed error, never a panic.

#![no_main]

use huddle_fuzz::{adds_up, later};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    use huddle_fuzz::feeds::odds_api::{OddsFormat, odds};
    for format in [OddsFormat::American, OddsFormat::Decimal] {
        if let Ok(snapshot) = odds(data, format, later()) {
            adds_up(&snapshot.offers);
        }
    }
});
