//! Reading an answer to its end, chunk by chunk, up to a size no honest one exceeds; decompression cannot exceed it either.

use super::faults;
use crate::api::{Call, Endpoint, Headers, Reply, WireError};
use reqwest::Response;

/// The beginning of an error page says what there is to say; the rest of a larger one is not read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The largest body an endpoint gives, several times over.
pub(super) fn max_bytes(endpoint: Endpoint) -> usize {
    const MIB: usize = 1024 * 1024;
    match endpoint {
        Endpoint::Timestamp => MIB / 16,
        Endpoint::Sports | Endpoint::Events | Endpoint::Scores | Endpoint::Points => 2 * MIB,
        Endpoint::Teams | Endpoint::News | Endpoint::Hourly | Endpoint::Models | Endpoint::Completion => 4 * MIB,
        Endpoint::Odds | Endpoint::Historical | Endpoint::Injuries | Endpoint::Forecast => 8 * MIB,
        // A scoreboard of a whole season, and files that grow by a season every year.
        Endpoint::Scoreboard | Endpoint::Games | Endpoint::TeamStats => 32 * MIB,
    }
}

/// Reads head and body.
///
/// # Errors
/// [`WireError::TooLarge`], or why the rest of the body did not come.
pub(super) async fn read(call: &Call, mut response: Response) -> Result<Reply, WireError> {
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let headers = Headers(headers.collect());
    if (300..400).contains(&status) && status != 304 {
        let text = format!("status {status}, and no address that can be gone to");
        return Err(WireError::Redirect(text));
    }
    let is_error = status >= 400;
    let limit = if is_error {
        MAX_ERROR_BYTES
    } else {
        max_bytes(call.endpoint)
    };
    let too_large = || WireError::TooLarge(limit as u64);
    if !is_error && response.content_length().is_some_and(|n| n > limit as u64) {
        return Err(too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(faults::of_reqwest)? {
        let room = limit - body.len();
        if chunk.len() > room && !is_error {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == limit && is_error {
            break;
        }
    }
    Ok(Reply {
        status,
        headers,
        body: body.into(),
    })
}
