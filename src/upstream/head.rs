//! From the bytes of a request to a request, within bounds, for whatever bytes arrive.

use crate::sim::upstream::Request;

/// A request's head is at most this long: Open-Meteo's longest addresses have 3,500 bytes.
pub(super) const MAX_HEAD_BYTES: usize = 32 * 1024;
/// A body is at most this long: a plan of faults, or a prompt.
pub(super) const MAX_BODY_BYTES: usize = 1024 * 1024;
const MAX_FIELDS: usize = 64;

/// A head with what the connection has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The request, its body still empty.
    pub request: Request,
    /// Bytes of the head, its blank line included.
    pub n_bytes: usize,
    /// Bytes of the body that follow it.
    pub n_body: usize,
    /// The client wants to go on using the connection.
    pub keep_alive: bool,
    /// The client takes gzip.
    pub gzip: bool,
}

/// Why no request can be made of what came; the status to answer with, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub status: u16,
    pub why: &'static str,
}

const fn bad(status: u16, why: &'static str) -> Bad {
    Bad { status, why }
}

/// Reads a head; `None` while it is not complete.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Head>, Bad> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut parsed = httparse::Request::new(&mut fields);
    let n_bytes = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(n)) if n <= MAX_HEAD_BYTES => n,
        Ok(httparse::Status::Partial) if bytes.len() < MAX_HEAD_BYTES => return Ok(None),
        Ok(_) | Err(httparse::Error::TooManyHeaders) => return Err(bad(431, "the head is too large")),
        Err(_) => return Err(bad(400, "this is no HTTP/1 request")),
    };
    let mut headers = Vec::with_capacity(parsed.headers.len());
    for field in parsed.headers.iter() {
        let value = String::from_utf8_lossy(field.value).trim().to_owned();
        headers.push((field.name.to_lowercase(), value));
    }
    let (path, query) = target(parsed.path.unwrap_or("/"))?;
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        path,
        query,
        headers,
        body: Vec::new(),
    };
    if request.header("transfer-encoding").is_some() {
        return Err(bad(411, "chunked bodies are not read here: send a Content-Length"));
    }
    let n_body = match request.header("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(n)) if n <= MAX_BODY_BYTES => n,
        Some(Ok(_)) => return Err(bad(413, "the body is too large")),
        Some(Err(_)) => return Err(bad(400, "Content-Length is no number")),
    };
    let connection = request.header("connection").unwrap_or_default().to_lowercase();
    let keep_alive = match parsed.version {
        Some(1) => !connection.contains("close"),
        _ => connection.contains("keep-alive"),
    };
    let gzip = request.header("accept-encoding").is_some_and(takes_gzip);
    Ok(Some(Head {
        request,
        n_bytes,
        n_body,
        keep_alive,
        gzip,
    }))
}

/// `gzip;q=0` is a refusal.
fn takes_gzip(value: &str) -> bool {
    value.split(',').map(str::trim).any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip")
            && !matches!(quality.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

type Target = (String, Vec<(String, String)>);

/// Path and parameters, decoded; an absolute target loses its host.
fn target(target: &str) -> Result<Target, Bad> {
    let below_host = |rest: &str| {
        rest.find('/')
            .map_or_else(|| "/".to_owned(), |at| rest[at..].to_owned())
    };
    let target = match target.strip_prefix("http://") {
        Some(rest) => below_host(rest),
        None if target.starts_with('/') => target.to_owned(),
        None => return Err(bad(400, "the target is no path")),
    };
    let target = target.split('#').next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name, true), decoded(value, true))
    });
    Ok((decoded(path, false), pairs.collect()))
}

/// Percent signs undone, and in parameters plus signs; what is no escape stays as it is.
fn decoded(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).and_then(|p| std::str::from_utf8(p).ok());
        let escaped = pair
            .filter(|p| byte == b'%' && p.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|p| u8::from_str_radix(p, 16).ok());
        match escaped {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(if plus && byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_head_is_taken_apart() {
        let text = b"GET /odds-api/v4/sports?apiKey=a%20b&x=1+2&y HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br, gzip\r\n\r\nrest";
        let head = read(text).unwrap().unwrap();
        assert_eq!(head.request.path, "/odds-api/v4/sports");
        assert_eq!(head.request.param("apiKey"), Some("a b"));
        assert_eq!(head.request.param("x"), Some("1 2"));
        assert_eq!(head.request.param("y"), Some(""));
        assert!(head.keep_alive && head.gzip);
        assert_eq!(&text[head.n_bytes..], b"rest");
        assert_eq!(read(&text[..40]), Ok(None));
    }

    #[test]
    fn what_is_no_request_is_told_so() {
        for (text, status) in [
            ("HELLO\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().status, status, "{text}");
        }
        let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(MAX_HEAD_BYTES));
        assert_eq!(read(long.as_bytes()).unwrap_err().status, 431);
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(MAX_FIELDS + 1));
        assert_eq!(read(many.as_bytes()).unwrap_err().status, 431);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
            let mut head = b"GET /".to_vec();
            head.extend(bytes.iter().filter(|b| b.is_ascii_graphic()));
            head.extend(b" HTTP/1.1\r\n\r\n");
            let _ = read(&head);
        }

        #[test]
        fn decoding_never_fails_and_leaves_plain_text(text in "\\PC{0,40}", plain in "[a-z0-9/._-]{0,20}") {
            let _ = decoded(&text, true);
            prop_assert_eq!(decoded(&plain, false), plain);
        }
    }
}
