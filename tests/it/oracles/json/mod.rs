//! The JSON reader against `serde_json`: random documents, the same documents with bytes changed,
//! every short text of the bytes that matter, and what an attacker would send.
//!
//! `RawJson` accepts three things that `serde_json` does not: a lone surrogate escape, bytes in a
//! string that are not UTF-8, and a number beyond `f64`. [`oracle::repair`] replaces them, and
//! every check counts the texts where it does. In one case `serde_json` is wrong: see
//! [`oracle::is_late`].
//!
//! `SEED` sets the first seed, `ROUNDS` their number; a failure names its seed.

mod check;
mod documents;
mod oracle;
mod suite;

use crate::support::{for_each_seed, Random};
use oci_genai_edge::json::{parse_lenient, RawJson, SyntaxError};
use oci_genai_edge::openai::{EventWriter, Metadata, Sink};
use serde_json::Value as Oracle;

use check::{check, Counts};
use documents::{document, mutated};

/// How deep values may be nested, in both.
const MAX_DEPTH: usize = 127;

#[test]
fn random_and_mutated_documents() {
    let counts = std::cell::RefCell::new(Counts::default());
    for_each_seed(20_000, |random| {
        let mut counts = counts.borrow_mut();
        let invalid_one_in = *random.pick(&[6, 1_000_000, 1_000_000]);
        let document = document(random, invalid_one_in);
        assert!(
            RawJson::parse(&document).is_ok(),
            "a document: {}",
            String::from_utf8_lossy(&document)
        );
        check(&document, &mut counts);
        for _ in 0..8 {
            check(&mutated(random, &document), &mut counts);
        }
    });
    counts.into_inner().print();
}

#[test]
fn every_prefix_of_a_document_is_incomplete_or_a_document() {
    for_each_seed(1_500, |random| {
        let invalid_one_in = *random.pick(&[6, 1_000_000]);
        let document = document(random, invalid_one_in);
        for end in 0..document.len().min(400) {
            let prefix = &document[..end];
            check(prefix, &mut Counts::default());
            let read = RawJson::parse(prefix);
            assert!(
                !matches!(read, Err(SyntaxError::At(_))),
                "{read:?}: {}",
                String::from_utf8_lossy(prefix)
            );
        }
    });
}

#[test]
fn every_short_text() {
    // Three of all bytes with a meaning in JSON, and more of those that mean something together.
    let mut counts = Counts::default();
    let alphabets: [(&[u8], usize); 6] = [
        (
            b"{}[]\",:\\ \n\x0C01-+.eEtunfax/\x00\x1F\x7F\xC3\xA9\xED\xFF",
            3,
        ),
        (b"{}[]\",:1", 6),
        (b"01-+.eE,[", 5),
        (b"\"\\ud8c0x", 5),
        (b"truefalsn", 4),
        (b"\"\xED\xA0\xB0\x80\xF0\x9F\\", 5),
    ];
    for (alphabet, max_len) in alphabets {
        for len in 0..=max_len {
            let mut word = vec![0; len];
            for number in 0..alphabet.len().pow(len as u32) {
                let mut rest = number;
                for byte in &mut word {
                    *byte = alphabet[rest % alphabet.len()];
                    rest /= alphabet.len();
                }
                check(&word, &mut counts);
            }
        }
    }
    counts.print();
}

#[test]
fn depth_is_limited() {
    let nested = |kinds: &dyn Fn(usize) -> bool, depth: usize, inner: &str| {
        let (mut text, mut end) = (String::new(), String::new());
        for level in 0..depth {
            let is_object = kinds(level);
            text += if is_object { "{\"a\": " } else { "[" };
            end.insert(0, if is_object { '}' } else { ']' });
        }
        (text.clone() + inner + &end, text)
    };
    for_each_seed(12, |random| {
        let seed = random.next();
        let kinds = |level: usize| (seed >> (level % 64)) & 1 == 1;
        for depth in 120..=132 {
            for inner in [
                "0",
                "",
                "{}",
                "[]",
                "[[]]",
                "\"}\"",
                "{\"a\":[]}",
                ",",
                "[1,{\"b\":[]},2]",
            ] {
                let (whole, open) = nested(&kinds, depth, inner);
                check(whole.as_bytes(), &mut Counts::default());
                if inner == "0" {
                    assert_eq!(
                        RawJson::parse(whole.as_bytes()).is_ok(),
                        depth <= MAX_DEPTH,
                        "{depth}"
                    );
                    // The error is at the bracket that opens one level too many.
                    let (_, deepest) = nested(&kinds, MAX_DEPTH, "");
                    let expected = if depth > MAX_DEPTH {
                        SyntaxError::At(deepest.len())
                    } else {
                        SyntaxError::UnexpectedEnd
                    };
                    assert_eq!(RawJson::parse(open.as_bytes()), Err(expected), "{depth}");
                    check(&mutated(random, whole.as_bytes()), &mut Counts::default());
                }
            }
        }
    });
    // A closed container does not count.
    let wide = format!("[{}]", vec!["[[]]"; 1000].join(","));
    check(wide.as_bytes(), &mut Counts::default());
    // No document exhausts the stack.
    for open in ["[", "{\"a\":", "[{\"a\":", "[[],"] {
        let text = open.repeat(1_000_000);
        let read = RawJson::parse(text.as_bytes());
        assert!(matches!(read, Err(SyntaxError::At(_))), "{open}");
        assert!(parse_lenient(text.as_bytes()).is_err(), "{open}");
    }
}

#[test]
fn hostile_fragments() {
    let mut counts = Counts::default();
    for text in [
        "",
        " ",
        "\u{FEFF}{}",
        "\u{A0}1",
        "\u{B}1",
        "nul",
        "nulll",
        "NULL",
        "True",
        "NaN",
        "-Infinity",
        "Infinity",
        "'a'",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{null:1}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\" \"b\"}",
        "{\"a\":1,}",
        "{,}",
        "{,\"a\":1}",
        "{\"a\":1,,\"b\":2}",
        "{\"a\"::1}",
        "{\"a\":1}}",
        "{\"a\":1]",
        "[1,]",
        "[,]",
        "[,1]",
        "[1 2]",
        "[1}",
        "[1,2",
        "1 2",
        "[] []",
        "// no\n1",
        "1 // no",
        "/* no */1",
        "01",
        "-01",
        "00",
        "+1",
        ".1",
        "1.",
        "1.e1",
        "-.1",
        "-",
        "--1",
        "1e",
        "1e+",
        "1e1.5",
        "0x10",
        "1_000",
        "1e5e5",
        "1.2.3",
        "\"\\x41\"",
        "\"\\u12",
        "\"\\u12G",
        "\"\\u12G4\"",
        "\"\\uD83D\\",
        "\"\\uD83D\\u",
        "\"\\uD83D\\uZ",
        "\"\\uD83D\\x\"",
        "\"\\U0041\"",
        "\"a\nb\"",
        "\"a\tb\"",
        "\"a\u{0}b\"",
        "\"abcdefgh\u{1F}\"",
        "\"abcdefg\u{20}\u{1F}\"",
        "\"unfinished",
        "\"\\",
        "\"\\\"",
        "\"a\"b",
        "]",
        "}",
        ",",
        ":",
        "\u{0}",
        "1\u{0}",
        "1e999",
        "-1e999",
        "1e999.5",
        "1e999e9",
        "01e999",
        "[1e999,",
        "[1e999 1]",
        "{\"a\":1,\"a\":2,\"\\u0061\":3}",
        "{\"\":0,\"\":{\"\":[]}}",
    ] {
        for space in ["", " ", "\t\r\n "] {
            check(format!("{space}{text}").as_bytes(), &mut counts);
            check(format!("{text}{space}").as_bytes(), &mut counts);
            check(format!("[{space}{text}").as_bytes(), &mut counts);
            check(format!("{{\"a\":{text}{space}}}").as_bytes(), &mut counts);
        }
    }
    for text in [
        &b"\xFF"[..],
        b"[\xFF]",
        b"\"\xFF\"",
        b"{\"\xFF\":\"\xC0\x80\"}",
        b"\xEF\xBB\xBF1",
        b"tru\xC3\xA9",
        b"\"\xED\xA0\xBD",
    ] {
        check(text, &mut counts);
    }
    // Strings of many lengths, with a byte at each position that ends them or is not allowed in
    // them: the scanner reads eight bytes at once.
    for len in 0..40 {
        for byte in [
            b'"', b'\\', b'\n', 0, 0x1F, 0x20, b'!', b'#', b'[', b']', 0x7F, 0x80, 0xA2, 0xDC,
            0x9F, 0xFF,
        ] {
            for at in 0..=len {
                let mut text = vec![b'"'; len + 3];
                text[1..=len].fill(b'x');
                text.insert(at + 1, byte);
                check(&text, &mut counts);
                // Two such bytes, in the same word.
                text.insert(at + 2, byte.wrapping_add(1));
                check(&text, &mut counts);
            }
        }
    }
}

#[test]
fn invalid_text_in_a_string_is_replaced() {
    let cases: [(&[u8], &str); 14] = [
        (b"\\ud83d", "\u{FFFD}"),
        (b"\\ude00", "\u{FFFD}"),
        (b"\\ude00\\ud83d", "\u{FFFD}\u{FFFD}"),
        (b"\\ud83d\\ud83d\\ude00", "\u{FFFD}😀"),
        (b"\\ud83dx\\ude00", "\u{FFFD}x\u{FFFD}"),
        (b"\\ud83d\\\\ude00", "\u{FFFD}\\ude00"),
        (b"a\xFFb", "a\u{FFFD}b"),
        (b"\xE2\x82", "\u{FFFD}"),
        (b"\xE2\x82\\u00e9", "\u{FFFD}é"),
        (b"\xC0\x80", "\u{FFFD}\u{FFFD}"),
        (b"\xF4\x90\x80\x80", "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        // A surrogate encoded as bytes counts as one.
        (b"\xED\xA0\xBD", "\u{FFFD}"),
        (b"\xED\xA0\xBD\xED\xB8\x80", "😀"),
        (b"\\ud83d\xED\xB8\x80", "😀"),
    ];
    for (content, expected) in cases {
        let text = [b"\"", content, b"\""].concat();
        assert!(
            serde_json::from_slice::<Oracle>(&text).is_err(),
            "the oracle accepts {content:?}"
        );
        assert_eq!(
            RawJson::parse(&text).unwrap().to_text().as_deref(),
            Some(expected),
            "{content:?}"
        );
        assert_eq!(parse_lenient(&text).unwrap(), *expected, "{content:?}");
        assert_eq!(RawJson::parse(&text).unwrap().to_value(), *expected);
        // The same in a name: the value has the replacement, but the in-place reader finds a
        // member by its name only where the name is Unicode.
        let object = [b"{", &text[..], b":1}"].concat();
        let value = parse_lenient(&object).unwrap();
        assert_eq!(value, serde_json::json!({ expected: 1 }), "{content:?}");
        let found = RawJson::parse(&object).unwrap().get(expected);
        assert_eq!(
            found.is_some(),
            !expected.contains('\u{FFFD}')
                && content.starts_with(b"\\u")
                && !content.contains(&0xED)
        );
    }
    let whole = RawJson::parse(b"{\"\\ufffd\":1,\"\xEF\xBF\xBD\":2}").unwrap();
    assert_eq!(whole.get("\u{FFFD}").and_then(RawJson::as_u64), Some(2));
}

/// Through the writer of OpenAI's events, which escapes the text of a stream.
#[test]
fn text_is_escaped_as_serde_json_escapes_it() {
    for_each_seed(4_000, |random| {
        let any_char = |random: &mut Random| match random.below(4) {
            0 => char::from(random.below(0x80) as u8),
            1 => *random.pick(&[
                '"', '\\', '\n', '\u{7F}', '\u{2028}', '\u{FFFD}', '\u{FEFF}', '/', '<',
            ]),
            2 => char::from_u32(random.below(0x1_0000) as u32).unwrap_or('x'),
            _ => char::from_u32(random.below(0x11_0000) as u32).unwrap_or('y'),
        };
        let text: String = (0..random.below(40)).map(|_| any_char(random)).collect();
        let quoted = serde_json::to_vec(&text).unwrap();

        let mut writer = EventWriter::new(false);
        writer.text(&Metadata::default(), &text);
        let event = writer.take();
        let json = event.strip_prefix(b"data: ").unwrap();
        let chunk = RawJson::parse(json).unwrap();
        let choice = chunk.get("choices").unwrap().items().next().unwrap();
        let written = choice.get("delta").unwrap().get("content").unwrap();
        assert_eq!(written.as_bytes(), quoted, "only what must be escaped is");
        assert_eq!(written.to_text().as_ref(), Some(&text));
        assert_eq!(
            serde_json::from_slice::<String>(written.as_bytes()).unwrap(),
            text
        );

        assert_eq!(parse_lenient(&quoted).unwrap(), *text);
        let object = serde_json::to_vec(&serde_json::json!({ text.as_str(): text })).unwrap();
        let member = RawJson::parse(&object).unwrap().get(&text);
        assert_eq!(member.and_then(RawJson::to_text), Some(text));
    });
}
