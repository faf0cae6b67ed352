//! OCI's times, in OpenAI's seconds since 1970.

/// An [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339) time in UTC, in seconds since 1970.
pub(crate) fn unix_seconds(time: &str) -> Option<u64> {
    let number = |from: usize, to: usize| time.get(from..to)?.parse::<i64>().ok();
    if !time.ends_with('Z') && !time.ends_with("+00:00") {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    // Days since 1970 in the proleptic Gregorian calendar, in years that begin in March.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468;
    u64::try_from(days * 86_400 + hour * 3600 + minute * 60 + second).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_utc() {
        assert_eq!(unix_seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(
            unix_seconds("2026-09-18T19:46:59.025Z"),
            Some(1_789_760_819)
        );
        assert_eq!(
            unix_seconds("2024-02-29T12:00:00+00:00"),
            Some(1_709_208_000)
        );
        for time in ["", "yesterday", "2026-09-18T19:46:59+02:00", "2026-09-18"] {
            assert_eq!(unix_seconds(time), None, "{time}");
        }
    }
}
