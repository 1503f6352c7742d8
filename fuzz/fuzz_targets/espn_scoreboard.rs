//! Any bytes as a scoreboard with its odds: facts, rejections or a typed error, never a panic.

#![no_main]

use huddle_fuzz::{adds_up, later};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(board) = huddle_fuzz::feeds::espn::scoreboard(data, later()) {
        adds_up(&board.events);
        adds_up(&board.offers);
    }
});
