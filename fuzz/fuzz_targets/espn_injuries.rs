//! Any bytes as injury reports: facts, rejections or a typed error, never a panic.

#![no_main]

use huddle_fuzz::{adds_up, later};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(parsed) = huddle_fuzz::feeds::espn::injuries(data, later()) {
        adds_up(&parsed);
    }
});
