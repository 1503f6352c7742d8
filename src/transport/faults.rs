//! What went wrong on the wire, in words that hold neither an address nor a key.

use super::client::Astray;
use super::secrets::Redactor;
use crate::api::WireError;
use crate::api::classify::line;
use std::error::Error;
use std::io;

/// The error of a client. The address is taken out first: it may hold a key.
pub(super) fn of_reqwest(error: reqwest::Error) -> WireError {
    let error = error.without_url();
    let text = chain(&error);
    if let Some(astray) = find::<Astray>(&error) {
        return WireError::Redirect(astray.to_string());
    }
    if error.is_connect() {
        return WireError::Connect(text);
    }
    if error.is_redirect() {
        return WireError::Redirect(text);
    }
    if is_decode(&error) {
        return WireError::Decode(text);
    }
    WireError::Broken(text)
}

/// Whether the bytes came and made no sense, rather than not coming.
fn is_decode(error: &reqwest::Error) -> bool {
    error.is_decode()
        && find::<io::Error>(error).is_some_and(|e| {
            matches!(
                e.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
            )
        })
}

/// The first error of a type among the causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// An error with its causes, each said once, as one line.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    line(&text)
}

/// The same error without any key in its text.
pub(super) fn redacted(error: WireError, redactor: &Redactor) -> WireError {
    let clean = |text: String| redactor.text(&text);
    match error {
        WireError::Connect(text) => WireError::Connect(clean(text)),
        WireError::Broken(text) => WireError::Broken(clean(text)),
        WireError::Redirect(text) => WireError::Redirect(clean(text)),
        WireError::Decode(text) => WireError::Decode(clean(text)),
        WireError::NoKey(text) => WireError::NoKey(clean(text)),
        WireError::Timeout(_) | WireError::TooLarge(_) | WireError::Aborted => error,
    }
}
