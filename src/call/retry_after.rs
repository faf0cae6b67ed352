//! The wait that a response asks for: `retry-after-ms`, which OpenAI's clients know, else
//! [`retry-after`](https://www.rfc-editor.org/rfc/rfc9110#name-retry-after).

use super::step::ResponseHead;
use crate::wire::unix_seconds;

/// A longer wait counts as this one: 31 years. HTTP does not limit the digits of a number.
const MAX_MS: f64 = 1e12;

/// The wait in whole milliseconds. `now`: milliseconds since 1970.
pub(super) fn retry_after_ms(response: &ResponseHead, now: f64) -> Option<u64> {
    let ms = response.retry_after_ms.as_deref().and_then(decimal);
    let ms = ms.or_else(|| {
        let text = response.retry_after.as_deref()?;
        decimal(text).map(|seconds| seconds * 1000.0).or_else(|| {
            // The service's own clock, where it tells it: the host's may be wrong.
            let sent = response.date.as_deref().and_then(http_date_ms);
            Some(http_date_ms(text)? - sent.unwrap_or(now))
        })
    })?;
    Some(ms.clamp(0.0, MAX_MS).ceil() as u64)
}

/// A number without a sign, whole or with a fraction.
///
/// SIZE: `str::parse::<f64>` would be the only one in the wasm, and costs 12 KiB with its tables.
fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (mut digits, mut divisor, mut is_fraction) = (0.0, 1.0, false);
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => {
                digits = digits * 10.0 + f64::from(byte - b'0');
                divisor *= if is_fraction { 10.0 } else { 1.0 };
            }
            b'.' if !is_fraction => is_fraction = true,
            _ => return None,
        }
    }
    Some(digits / divisor)
}

/// An [HTTP date](https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats) in any of its
/// three forms, in milliseconds since 1970.
fn http_date_ms(text: &str) -> Option<f64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.split([' ', '-']).filter(|word| !word.is_empty());
    let mut parts = [""; 6];
    for part in &mut parts {
        *part = words.next().unwrap_or_default();
    }
    let (day, month, year, time) = match parts {
        _ if words.next().is_some() => return None,
        // Sun, 06 Nov 1994 08:49:37 GMT, and the older Sunday, 06-Nov-94 08:49:37 GMT
        [_, day, month, year, time, "GMT"] => (day, month, year, time),
        // Sun Nov  6 08:49:37 1994
        [_, month, day, time, year, ""] => (day, month, year, time),
        _ => return None,
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let century = if year.len() == 2 { "20" } else { "" };
    let seconds = unix_seconds(&format!("{century}{year}-{month:02}-{day:0>2}T{time}Z"))?;
    Some(seconds as f64 * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-10-21T07:28:00Z
    const NOW: f64 = 1_792_567_680_000.0;

    fn wait(retry_after: &str) -> Option<u64> {
        let response = ResponseHead {
            retry_after: Some(retry_after.into()),
            ..ResponseHead::default()
        };
        retry_after_ms(&response, NOW)
    }

    #[test]
    fn seconds_and_fractions() {
        for (text, ms) in [
            ("2", 2000),
            (" 3 ", 3000),
            ("0", 0),
            ("0.25", 250),
            ("0.0001", 1),
            ("1.", 1000),
            ("99999999999", MAX_MS as u64),
        ] {
            assert_eq!(wait(text), Some(ms), "{text}");
        }
        assert_eq!(wait(&"9".repeat(400)), Some(MAX_MS as u64));
        for text in [
            "", ".", "-7", "+7", "1e3", "soon", "NaN", "inf", "1.2.3", "٣",
        ] {
            assert_eq!(wait(text), None, "{text}");
        }
    }

    #[test]
    fn dates_in_three_forms() {
        for text in [
            "Wed, 21 Oct 2026 07:28:30 GMT",
            "Wednesday, 21-Oct-26 07:28:30 GMT",
            "Wed Oct 21 07:28:30 2026",
        ] {
            assert_eq!(wait(text), Some(30_000), "{text}");
        }
        assert_eq!(wait("Thu, 22 Oct 2026 07:28:00 GMT"), Some(86_400_000));
        assert_eq!(wait("Tue, 20 Oct 2026 07:28:00 GMT"), Some(0), "past");
        for text in [
            "Wed, 21 Oct 2026 07:28:30 +0200",
            "Wed, 21 Okt 2026 07:28:30 GMT",
            "Wed, 21 Oct 2026 7:28 GMT",
            "Wed, 21 Oct 2026 07:28:30 GMT GMT",
            "2026-10-21T07:28:30Z",
        ] {
            assert_eq!(wait(text), None, "{text}");
        }
    }

    #[test]
    fn a_date_counts_from_that_of_the_response() {
        // The host's clock is an hour behind.
        let response = ResponseHead {
            retry_after: Some("Wed, 21 Oct 2026 08:28:05 GMT".into()),
            date: Some("Wed, 21 Oct 2026 08:28:00 GMT".into()),
            ..ResponseHead::default()
        };
        assert_eq!(retry_after_ms(&response, NOW), Some(5000));
    }

    #[test]
    fn milliseconds_take_precedence() {
        let response = |ms: &str| ResponseHead {
            retry_after: Some("2".into()),
            retry_after_ms: Some(ms.into()),
            ..ResponseHead::default()
        };
        assert_eq!(retry_after_ms(&response("1500"), NOW), Some(1500));
        assert_eq!(retry_after_ms(&response("soon"), NOW), Some(2000));
        assert_eq!(retry_after_ms(&ResponseHead::default(), NOW), None);
    }
}
