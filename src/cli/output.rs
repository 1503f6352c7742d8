//! Printing: one JSON object or text, and a reader that has seen enough is no failure.

use serde::Serialize;
use std::io::{self, Write};

/// The version of every JSON object's form.
pub const SCHEMA_VERSION: u32 = 1;

/// An answer with the version of its form, as one JSON object.
#[derive(Serialize)]
struct Versioned<'a, T> {
    schema_version: u32,
    #[serde(flatten)]
    answer: &'a T,
}

/// Prints an answer as one JSON object on one line, or by `text`.
///
/// # Errors
/// Whatever the sink reports, but a closed pipe.
pub fn emit<T: Serialize>(
    json: bool,
    out: &mut dyn Write,
    answer: &T,
    text: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let written = if json {
        let versioned = Versioned {
            schema_version: SCHEMA_VERSION,
            answer,
        };
        serde_json::to_writer(&mut *out, &versioned)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        text(out)
    };
    seen_enough(written.and_then(|()| out.flush()))
}

/// Prints a text.
///
/// # Errors
/// Whatever the sink reports, but a closed pipe.
pub fn write_out(out: &mut dyn Write, text: &str) -> io::Result<()> {
    seen_enough(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A reader that has seen enough, such as `head`, is no failure.
pub fn seen_enough(written: io::Result<()>) -> io::Result<()> {
    written.or_else(|e| {
        if e.kind() == io::ErrorKind::BrokenPipe {
            Ok(())
        } else {
            Err(e)
        }
    })
}
