//! Any bytes as forecasts of one place or many: facts, rejections or a typed error, never a panic.

#![no_main]

use huddle_fuzz::{adds_up, later};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(places) = huddle_fuzz::feeds::open_meteo::forecasts(data, later()) {
        for place in &places {
            adds_up(&place.hours);
            let _ = place.at(later());
        }
    }
});
