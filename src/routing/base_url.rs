//! The address that replaces the derived host: a private endpoint, a dual-stack host, a proxy, a simulator.

use crate::error::{Code, Error, Result};
use crate::gather::holds;

/// A base address that requests may be sent to: `https`, or `http` on loopback, with neither user, query nor fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    base: String,
    host: String,
}

/// The longest address that is read, in bytes.
const MAX_LEN: usize = 1024;

impl Endpoint {
    /// Reads the `endpoint` option. A path is kept as a prefix, so that a proxy may live below one.
    pub fn parse(text: &str) -> Result<Endpoint> {
        let refuse = |why: &'static str| {
            Error::new(Code::InvalidOptions, why)
                .with_hint("endpoint is an address such as https://host.example, or http:// on localhost, 127.0.0.1 or [::1]")
        };
        if text.len() > MAX_LEN {
            return Err(refuse("endpoint is too long"));
        }
        let (scheme, rest) =
            scheme_of(text).ok_or_else(|| refuse("endpoint is not an absolute URL"))?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
            None => (rest, ""),
        };
        let (host, port) =
            split_port(authority).ok_or_else(|| refuse("endpoint has no valid host"))?;
        let host = host.to_ascii_lowercase();
        if !is_host(&host) {
            return Err(refuse("endpoint has no valid host"));
        }
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(refuse("endpoint must be https: http is for loopback only")),
            _ => return Err(refuse("endpoint must be https")),
        }
        if !path.bytes().all(is_path_byte) || holds(path, "/..") || holds(path, "/./") {
            return Err(refuse(
                "endpoint may have a plain path, but neither query nor fragment",
            ));
        }
        // What WHATWG URLs leave out, so that the finished URL and its parsed form stay the same text.
        let port = match (scheme.as_str(), port) {
            ("https", Some(443)) | ("http", Some(80)) | (_, None) => String::new(),
            (_, Some(port)) => format!(":{port}"),
        };
        let host = format!("{host}{port}");
        let path = path.trim_end_matches('/');
        Ok(Endpoint {
            base: format!("{scheme}://{host}{path}"),
            host,
        })
    }

    /// The inference service of a region.
    pub(crate) fn of_host(host: String) -> Endpoint {
        Endpoint {
            base: format!("https://{host}"),
            host,
        }
    }

    /// Scheme, host, port and path prefix, without a slash at the end.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Host and, where it isn't the scheme's own, port.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// The host (with port) of a finished URL, read again from its text and independently of how it was put together.
/// Nothing that could make another reader see another host is let through.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let (authority, path) = rest.split_at_checked(rest.find('/')?)?;
    let (host, _) = split_port(authority)?;
    (is_host(host) && path.bytes().all(is_path_byte)).then_some(authority)
}

/// What stands before `://`, and after it.
fn scheme_of(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let colon = match authority.rfind(']') {
        Some(bracket) => authority.get(bracket..)?.find(':').map(|at| bracket + at),
        None => authority.find(':'),
    };
    match colon {
        None => Some((authority, None)),
        Some(at) => {
            let (host, port) = (authority.get(..at)?, authority.get(at + 1..)?);
            let digits = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
            digits.then_some(())?;
            Some((host, Some(port.parse().ok()?)))
        }
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return is_ipv6(address);
    }
    let label = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return false;
    }
    // A host whose last label is a number is an IPv4 address to a browser, whatever its form: only the plain form is one.
    let numeric = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().next().is_some_and(|b| b.is_ascii_digit()));
    !numeric || ipv4(host).is_some()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host == "[::1]" || ipv4(host).is_some_and(|[first, ..]| first == 127)
}

/// Four numbers up to 255, without leading zeros. The standard library's parser, which does more, is ten times the code.
fn ipv4(host: &str) -> Option<[u8; 4]> {
    let mut address = [0; 4];
    let mut parts = host.split('.');
    for place in &mut address {
        let part = parts.next()?;
        let plain = matches!(part.len(), 1..=3)
            && part.bytes().all(|b| b.is_ascii_digit())
            && (part.len() == 1 || !part.starts_with('0'));
        *place = if plain {
            u8::try_from(crate::json::digits(part.as_bytes())?).ok()?
        } else {
            return None;
        };
    }
    parts.next().is_none().then_some(address)
}

/// Eight groups of up to four hexadecimal digits, or fewer around one `::`.
fn is_ipv6(address: &str) -> bool {
    let group =
        |part: &str| matches!(part.len(), 1..=4) && part.bytes().all(|b| b.is_ascii_hexdigit());
    let groups = |part: &str| {
        let mut count = 0;
        (part.is_empty()
            || part.split(':').all(|part| {
                count += 1;
                group(part)
            }))
        .then_some(count)
    };
    let gap = address.as_bytes().windows(2).position(|pair| pair == b"::");
    match gap.map(|at| (address.get(..at), address.get(at + 2..))) {
        None => !address.is_empty() && groups(address) == Some(8),
        Some((Some(before), Some(after))) => {
            matches!((groups(before), groups(after)), (Some(a), Some(b)) if a + b < 8)
        }
        Some(_) => false,
    }
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_accepted() {
        for (text, base, host) in [
            (
                "https://proxy.example",
                "https://proxy.example",
                "proxy.example",
            ),
            (
                "https://Proxy.Example/",
                "https://proxy.example",
                "proxy.example",
            ),
            (
                "https://proxy.example:443/oci/",
                "https://proxy.example/oci",
                "proxy.example",
            ),
            (
                "https://proxy.example:8443",
                "https://proxy.example:8443",
                "proxy.example:8443",
            ),
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080",
                "127.0.0.1:8080",
            ),
            ("http://localhost", "http://localhost", "localhost"),
            ("http://[::1]:9", "http://[::1]:9", "[::1]:9"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!((endpoint.base(), endpoint.host()), (base, host), "{text}");
            assert_eq!(host_of(&format!("{base}/x")), Some(host));
        }
    }

    #[test]
    fn what_is_refused() {
        for text in [
            "",
            "proxy.example",
            "ftp://proxy.example",
            "http://proxy.example",
            "http://localhost.example",
            "http://127.0.0.1.example",
            "https://",
            "https:///x",
            "https://user@host",
            "https://host:0x50",
            "https://host:99999",
            "https://host:",
            "https://host?x",
            "https://host/#x",
            "https://ho st",
            "https://host\\@evil",
            "https://a..b",
            "https://host/../x",
            "https://2130706433",
            "https://0x7f.1",
            "https://[::1",
            "https://host/%2e%2e/",
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidOptions, "{text}");
        }
    }

    #[test]
    fn a_finished_url_is_read_again() {
        assert_eq!(
            host_of("https://good.example/20231130"),
            Some("good.example")
        );
        for url in [
            "https://good.example@evil/x",
            "https://good.example\\evil/x",
            "https://good.example#/x",
            "//good/x",
            "https://a",
        ] {
            assert_eq!(host_of(url), None, "{url}");
        }
    }
}
