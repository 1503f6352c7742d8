//! Any bytes as the cell of a place, whose path must stay below the host: facts, rejections or a typed error, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    use huddle_fuzz::feeds::nws;
    if let Ok(cell) = nws::points(data, "http://127.0.0.1:9/nws") {
        assert!(nws::hourly_call(&cell).path.starts_with("/gridpoints/"));
        assert!(!cell.hourly_path.contains(".."));
    }
});
