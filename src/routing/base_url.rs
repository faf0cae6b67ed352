//! The address that requests are sent to: the inference host of a region, or the `endpoint` option
//! (a private endpoint, a dual-stack host, a proxy, a simulator).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::error::{Code, Error, Result};
use crate::text::contains;

/// Origin and path prefix of every URL of a target: `https`, or `http` on a loopback host, without
/// credentials, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: String,
}

/// The longest address that is accepted, in bytes.
const MAX_LEN: usize = 1024;

impl BaseUrl {
    /// Parses the `endpoint` option. Its path is kept as a prefix, for a proxy that serves OCI
    /// below one.
    pub fn parse(text: &str) -> Result<BaseUrl> {
        if text.len() > MAX_LEN {
            return Err(invalid("endpoint is too long"));
        }
        let (scheme, rest) =
            split_scheme(text).ok_or_else(|| invalid("endpoint is not an absolute URL"))?;
        let (authority, path) = split_path(rest);
        let (host, port) = split_port(authority)
            .map(|(host, port)| (host.to_ascii_lowercase(), port))
            .filter(|(host, _)| is_host(host))
            .ok_or_else(|| invalid("endpoint has no valid host"))?;
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(invalid("endpoint must be https: http is for loopback only")),
            _ => return Err(invalid("endpoint must be https")),
        }
        if !path.bytes().all(is_path_byte) || contains(path, "/..") || contains(path, "/./") {
            return Err(invalid(
                "endpoint may have a plain path, but neither query nor fragment",
            ));
        }
        // The WHATWG URL parser drops a default port. Without it a finished URL and its parsed form
        // are the same text.
        let host = match (scheme.as_str(), port) {
            ("https", Some(443)) | ("http", Some(80)) | (_, None) => host,
            (_, Some(port)) => format!("{host}:{port}"),
        };
        let path = path.trim_end_matches('/');
        Ok(BaseUrl {
            text: format!("{scheme}://{host}{path}"),
            host,
        })
    }

    /// The `https` origin of a host that is known to be valid.
    pub(crate) fn from_host(host: String) -> BaseUrl {
        BaseUrl {
            text: format!("https://{host}"),
            host,
        }
    }

    /// Scheme, host, port and path prefix, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, and the port unless it is the scheme's default.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// The host (with port) of a finished URL, parsed from its text and independently of how the URL
/// was built. `None` for a URL that other parsers may read differently.
pub(crate) fn host_of(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let (authority, path) = rest.split_at_checked(rest.find('/')?)?;
    let (host, _) = split_port(authority)?;
    (is_host(host) && path.bytes().all(is_path_byte)).then_some(authority)
}

fn invalid(message: &'static str) -> Error {
    Error::new(Code::InvalidOptions, message).with_hint(
        "endpoint is an address such as https://host.example, or http:// on localhost, 127.0.0.1 \
         or [::1]",
    )
}

/// What precedes `://`, and what follows it.
fn split_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once(':')?;
    Some((scheme, rest.strip_prefix("//")?))
}

/// The authority, and the path from its first slash on.
fn split_path(rest: &str) -> (&str, &str) {
    rest.find('/')
        .and_then(|slash| rest.split_at_checked(slash))
        .unwrap_or((rest, ""))
}

/// The host, and the port if there is one. The colons of an IPv6 address stand in brackets.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let colon = match authority.rfind(']') {
        Some(bracket) => authority.get(bracket..)?.find(':').map(|at| bracket + at),
        None => authority.find(':'),
    };
    let Some(colon) = colon else {
        return Some((authority, None));
    };
    let (host, port) = (authority.get(..colon)?, authority.get(colon + 1..)?);
    // `u16::from_str` alone would accept a sign.
    let is_number = port.bytes().all(|b| b.is_ascii_digit());
    Some((host, Some(port.parse().ok().filter(|_| is_number)?)))
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return is_ipv6(address);
    }
    if host.len() > 253 || !host.split('.').all(is_label) {
        return false;
    }
    // The WHATWG URL parser reads a host whose last label begins with a digit as an IPv4 address in
    // any of its forms (0x7f.1, 2130706433). Only the dotted decimal form is accepted.
    let last = host.rsplit('.').next().unwrap_or_default();
    !last.starts_with(|c: char| c.is_ascii_digit()) || host.parse::<Ipv4Addr>().is_ok()
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && label.strip_prefix("xn--").is_none_or(is_punycode)
}

/// Whether this is the [Punycode](https://www.rfc-editor.org/rfc/rfc3492#section-6.2) of characters
/// that a host may hold. The WHATWG URL parser decodes the labels that say so and, unlike this,
/// knows for every character whether it may; no ASCII character or control is encoded.
fn is_punycode(text: &str) -> bool {
    const BASE: u32 = 36;
    let (basic, encoded) = text.rsplit_once('-').unwrap_or(("", text));
    let (mut length, mut code_point, mut bias) = (basic.len() as u32, 128_u32, 72);
    let (mut at, mut digits) = (0_u32, encoded.bytes().peekable());
    while digits.peek().is_some() {
        let (start, mut weight) = (at, 1_u32);
        for k in (BASE..).step_by(BASE as usize) {
            let digit = match digits.next() {
                Some(letter @ b'a'..=b'z') => u32::from(letter - b'a'),
                Some(number @ b'0'..=b'9') => u32::from(number - b'0') + 26,
                _ => return false,
            };
            let Some(next) = digit.checked_mul(weight).and_then(|it| at.checked_add(it)) else {
                return false;
            };
            at = next;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            let Some(next) = weight.checked_mul(BASE - threshold) else {
                return false;
            };
            weight = next;
        }
        length += 1;
        let mut delta = (at - start) / if start == 0 { 700 } else { 2 };
        delta += delta / length;
        bias = 0;
        while delta > 455 {
            delta /= 35;
            bias += BASE;
        }
        bias += BASE * delta / (delta + 38);
        code_point = code_point.saturating_add(at / length);
        at %= length;
        at += 1;
        if code_point < 0xA0 || char::from_u32(code_point).is_none() {
            return false;
        }
    }
    !encoded.is_empty()
}

/// Hexadecimal groups only: the WHATWG URL parser rewrites an IPv4 tail (`::ffff:1.2.3.4`), so the
/// finished URL would not be the text that it is compared with.
fn is_ipv6(address: &str) -> bool {
    !address.contains('.') && address.parse::<Ipv6Addr>().is_ok()
}

fn is_loopback(host: &str) -> bool {
    let ipv4 = host.parse::<Ipv4Addr>();
    host == "localhost" || host == "[::1]" || ipv4.is_ok_and(|address| address.is_loopback())
}

fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_https_and_loopback_http() {
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
            (
                "https://xn--bcher-kva.XN--WGV71A119E",
                "https://xn--bcher-kva.xn--wgv71a119e",
                "xn--bcher-kva.xn--wgv71a119e",
            ),
            (
                "https://[2001:DB8::1]",
                "https://[2001:db8::1]",
                "[2001:db8::1]",
            ),
        ] {
            let base_url = BaseUrl::parse(text).unwrap();
            assert_eq!((base_url.as_str(), base_url.host()), (base, host), "{text}");
            assert_eq!(host_of(&format!("{base}/x")), Some(host));
        }
    }

    #[test]
    fn rejects_other_addresses() {
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
            "https://host.0x7f",
            "https://1.2.3",
            "https://xn--.example",
            "https://xn--a.example",
            "https://host.xn--0",
            "https://xn--9999999",
            "https://xn--99999999999999",
            "https://[::1",
            "https://[::ffff:127.0.0.1]",
            "https://[fe80::1%eth0]",
            "https://[1:2:3:4:5:6:7::8]",
            "https://[::12345]",
            "https://host:+80",
            "https://127.0.0.01",
            "http://[0:0::1]",
            "https://host/%2e%2e/",
        ] {
            let error = BaseUrl::parse(text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidOptions, "{text}");
        }
    }

    #[test]
    fn reads_the_host_of_a_finished_url() {
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
