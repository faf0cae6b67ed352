//! One line of an event stream -> the field that it holds.

/// A line, interpreted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    /// A blank line: it ends the event.
    End,
    Data(&'a [u8]),
    Event(&'a [u8]),
    Id(&'a [u8]),
    Retry(&'a [u8]),
    /// A comment, or a field that the standard ignores.
    Ignored,
}

/// Interprets one line, given without its line end.
#[inline(always)]
pub(crate) fn parse_field(line: &[u8]) -> Field<'_> {
    // SPEED: nearly all lines of a model's stream begin so.
    if let Some(value) = line.strip_prefix(b"data: ") {
        return Field::Data(value);
    }
    if line.is_empty() {
        return Field::End;
    }
    let (name, value) = match line.iter().position(|&byte| byte == b':') {
        Some(colon) => {
            let (name, rest) = line.split_at(colon);
            let value = rest.get(1..).unwrap_or_default();
            (name, value.strip_prefix(b" ").unwrap_or(value))
        }
        None => (line, &b""[..]),
    };
    match name {
        b"data" => Field::Data(value),
        b"event" => Field::Event(value),
        b"id" => Field::Id(value),
        b"retry" => Field::Retry(value),
        _ => Field::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_space_after_the_colon_is_not_part_of_the_value() {
        for (line, value) in [
            ("data: a", "a"),
            ("data:a", "a"),
            ("data:  a", " a"),
            ("data:\ta", "\ta"),
            ("data: a: b", "a: b"),
            ("data:", ""),
            ("data: ", ""),
            ("data", ""),
        ] {
            assert_eq!(
                parse_field(line.as_bytes()),
                Field::Data(value.as_bytes()),
                "{line:?}"
            );
        }
    }

    #[test]
    fn names_are_case_sensitive_and_compared_whole() {
        assert_eq!(parse_field(b""), Field::End);
        assert_eq!(parse_field(b"event: add"), Field::Event(b"add"));
        assert_eq!(parse_field(b"id:1"), Field::Id(b"1"));
        assert_eq!(parse_field(b"retry: 10"), Field::Retry(b"10"));
        for line in [
            ": comment",
            ":",
            "Data: a",
            " data: a",
            "data : a",
            "datas: a",
        ] {
            assert_eq!(parse_field(line.as_bytes()), Field::Ignored, "{line:?}");
        }
    }
}
