//! Any bytes as timestamp.json: facts, rejections or a typed error, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = huddle_fuzz::feeds::nflverse::timestamp(data);
});
