//! Cases of JSON's grammar, in the manner of JSONTestSuite: `y` must be accepted, `n` must not,
//! and of `i` RFC 8259 leaves it to the reader. Each is compared with `serde_json` as well.

use oci_genai_edge::json::RawJson;

use super::check::{check, Counts};

const ACCEPTED: &[(&str, &[u8])] = &[
    ("array with spaces", b"[ [ ] , [ ] ]"),
    ("empty array", b"[]"),
    ("array that ends with a newline", b"[1]\n"),
    (
        "array of every kind",
        b"[null, true, false, 1, \"1\", {}, []]",
    ),
    ("array with a leading space", b" [1]"),
    ("array with nulls", b"[1,null,null,null,2]"),
    ("number 0e+1", b"[0e+1]"),
    ("number 0e1", b"[0e1]"),
    ("number behind a space", b"[ 4]"),
    (
        "number near zero",
        b"[-0.000000000000000000000000000000000000000000000000000000000001]",
    ),
    ("number with a digit", b"[20e1]"),
    ("negative zero", b"[-0]"),
    ("negative integer", b"[-123]"),
    ("exponent in upper case with signs", b"[1E+2,1E-2,1E2]"),
    ("fraction with an exponent", b"[123.456e78]"),
    ("one digit behind the point", b"[0.5]"),
    ("literals alone", b"true"),
    ("null alone", b"null"),
    ("number alone", b"42"),
    ("negative number alone", b"-0.1"),
    ("string alone", b"\"asd\""),
    ("empty string alone", b"\"\""),
    ("white space around", b" \t\r\n1 \t\r\n"),
    ("empty object", b"{}"),
    ("empty name", b"{\"\":0}"),
    ("equal names", b"{\"a\":\"b\",\"a\":\"c\"}"),
    ("equal names and values", b"{\"a\":\"b\",\"a\":\"b\"}"),
    ("escaped NUL in a name", b"{\"foo\\u0000bar\": 42}"),
    ("name with an escape", b"{\"\\u0061\":1}"),
    ("members over lines", b"{\n\"a\": \"b\"\n}"),
    (
        "extreme numbers",
        b"{ \"min\": -1.0e+28, \"max\": 1.0e+28 }",
    ),
    ("every short escape", b"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
    (
        "escapes of one and two byte characters",
        b"[\"\\u0060\\u012a\\u12AB\"]",
    ),
    ("surrogate pair", b"[\"\\uD801\\udc37\"]"),
    ("two surrogate pairs", b"[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
    (
        "escaped backslash and a letter",
        b"[\"\\\\a\\\\n\\\\u000Z\"]",
    ),
    ("escaped control character", b"[\"\\u0012\"]"),
    (
        "escaped noncharacters",
        b"[\"\\uFFFF\\uFDD0\\uDBFF\\uDFFE\"]",
    ),
    ("comment in a string", b"[\"a/*b*/c/*d//e\"]"),
    ("delete is no control character of JSON", b"[\"a\x7Fa\"]"),
    ("line separators", "[\"\u{2028}\u{2029}\"]".as_bytes()),
    (
        "characters of four bytes",
        "[\"\u{1F600}\u{10FFFF}\"]".as_bytes(),
    ),
    (
        "characters of three bytes",
        "[\"\u{20AC}\u{FFFD}\"]".as_bytes(),
    ),
    (
        "zero width no-break space in a string",
        "[\"\u{FEFF}\"]".as_bytes(),
    ),
    ("last escape before the quote", b"[\"new\\u000Aline\"]"),
    (
        "many members",
        b"{\"a\":[{\"b\":{\"c\":[1,2,{\"d\":null}]}}],\"e\":\"f\"}",
    ),
];

const REJECTED: &[(&str, &[u8])] = &[
    ("nothing", b""),
    ("white space alone", b" \n"),
    ("one surplus comma", b"[1,]"),
    ("two surplus commas", b"[1,,]"),
    ("comma alone", b"[,]"),
    ("comma first", b"[,1]"),
    ("two commas", b"[1,,2]"),
    ("comma behind the array", b"[\"\"],"),
    ("colon for a comma", b"[\"\": 1]"),
    ("no comma", b"[1 true]"),
    ("no comma between containers", b"[3[4]]"),
    ("minus alone", b"[-]"),
    ("star", b"[*]"),
    ("open array", b"[\"\""),
    ("open array behind a comma", b"[1,\n1\n,1"),
    ("open object in an array", b"[{}"),
    ("closed twice", b"[1]]"),
    ("closed by the other bracket", b"[1}"),
    ("object closed by the other bracket", b"{\"a\":1]"),
    ("unquoted word", b"[inner]"),
    ("truncated true", b"[tru]"),
    ("truncated null", b"nul"),
    ("upper case literal", b"[True]"),
    ("longer literal", b"[nulls]"),
    ("NaN", b"[NaN]"),
    ("Infinity", b"[-Infinity]"),
    ("plus sign", b"[+1]"),
    ("two signs", b"[--2.]"),
    ("leading zero", b"[012]"),
    ("negative leading zero", b"[-012]"),
    ("minus zero one", b"[-01]"),
    ("point first", b"[.123]"),
    ("point last", b"[1.]"),
    ("negative point", b"[-.5]"),
    ("point and exponent", b"[2.e3]"),
    ("exponent without digits", b"[1e]"),
    ("signed exponent without digits", b"[1e+]"),
    ("two exponents", b"[0.3e1e2]"),
    ("zero and exponent without digits", b"[0E]"),
    ("two points", b"[0.1.2]"),
    ("hexadecimal", b"[0x1F]"),
    ("letter in a number", b"[1a]"),
    ("number with a space", b"[1 000.0]"),
    ("minus and a letter", b"[-foo]"),
    ("minus and a space", b"[- 1]"),
    ("fullwidth digit", "[\u{FF11}]".as_bytes()),
    ("bad bytes in a number", b"[123\xE5]"),
    ("bad byte", b"[\xFF]"),
    ("name without quotes", b"{a: \"b\"}"),
    ("name in single quotes", b"{'a':0}"),
    ("string in single quotes", b"['a']"),
    ("number as a name", b"{1:1}"),
    ("no colon", b"{\"a\" \"b\"}"),
    ("two colons", b"{\"x\"::\"b\"}"),
    ("no value", b"{\"a\":}"),
    ("open object", b"{\"a\":\"a\""),
    ("object that ends behind the colon", b"{\"a\":"),
    ("object that ends in the name", b"{\"a"),
    ("surplus comma in an object", b"{\"id\":0,}"),
    ("many surplus commas", b"{\"id\":0,,,,,}"),
    ("comma in front of a member", b"{,\"a\":1}"),
    ("comment", b"{\"a\":\"b\"}/**/"),
    ("comment inside", b"[1/* */]"),
    ("line comment", b"{\"a\":\"b\"}//"),
    ("hash behind", b"{\"a\":\"b\"}#"),
    ("object behind the value", b"{\"a\": true} \"x\""),
    ("letter behind the value", b"2@"),
    ("colon alone", b":"),
    ("bracket alone", b"["),
    ("closing bracket alone", b"]"),
    ("one surrogate escape without digits", b"[\"\\uD800\\u\"]"),
    ("surrogate escape with a digit", b"[\"\\uD800\\u1\"]"),
    ("escape of x", b"[\"\\x00\"]"),
    ("escape of a", b"[\"\\a\"]"),
    ("escape in upper case", b"[\"\\UA66D\"]"),
    ("escaped tab character", b"[\"\\\t\"]"),
    ("escaped emoji", b"[\"\\\xF0\x9F\x8C\x80\"]"),
    ("escape with too few digits", b"[\"\\u00A\"]"),
    ("escape with a letter", b"[\"\\u123G\"]"),
    ("escaped quote at the end", b"[\"\\\"]"),
    ("backslash at the end", b"[\"\\"),
    ("one quote", b"\""),
    ("NUL in a string", b"[\"a\x00a\"]"),
    ("newline in a string", b"[\"new\nline\"]"),
    ("tab in a string", b"[\"\t\"]"),
    ("unit separator in a string", b"[\"\x1F\"]"),
    ("form feed as white space", b"[\x0C]"),
    ("vertical tab as white space", b"\x0B1"),
    ("no-break space as white space", "[\u{A0}1]".as_bytes()),
    ("word joiner", "[\u{2060}]".as_bytes()),
    ("string with a tail", b"\"a\"b"),
    ("escape outside of a string", b"[\\n]"),
    ("angle bracket", b"<null>"),
];

/// What a reader may do as it likes, and whether this one accepts it. `serde_json` does the same,
/// but for what the oracle repairs: strings that are not Unicode, and numbers beyond `f64`.
const EITHER: &[(&str, &[u8], bool)] = &[
    ("byte order mark", b"\xEF\xBB\xBF{}", false),
    (
        "UTF-16 in little endian",
        b"\xFF\xFE[\x00\"\x00\xE9\x00\"\x00]\x00",
        false,
    ),
    (
        "UTF-16 in big endian",
        b"\x00[\x00\"\x00\xE9\x00\"\x00]",
        false,
    ),
    (
        "huge exponent",
        b"[0.4e00669999999999999999999999999999999999999999999999999999999]",
        true,
    ),
    ("tiny exponent", b"[123e-10000000]", true),
    ("negative huge exponent", b"[-1e+9999]", true),
    (
        "integer beyond 64 bits",
        b"[-237462374673276894279832749832423479823246327846]",
        true,
    ),
    ("lone high surrogate", b"[\"\\uDADA\"]", true),
    ("lone low surrogate", b"[\"\\uDFAA\"]", true),
    ("high surrogate and a letter", b"[\"\\uD888\\u1234\"]", true),
    (
        "surrogates in the wrong order",
        b"[\"\\uDd1e\\uD834\"]",
        true,
    ),
    ("two high surrogates", b"[\"\\uD800\\uD800\\n\"]", true),
    ("lone surrogate in a name", b"{\"\\uDFAA\":0}", true),
    ("invalid UTF-8", b"[\"\xFF\"]", true),
    ("lone continuation byte", b"[\"\x81\"]", true),
    ("overlong slash", b"[\"\xC0\xAF\"]", true),
    (
        "overlong NUL of six bytes",
        b"[\"\xFC\x80\x80\x80\x80\x80\"]",
        true,
    ),
    ("truncated character", b"[\"\xE0\xFF\"]", true),
    ("beyond Unicode", b"[\"\xF4\xBF\xBF\xBF\"]", true),
    ("surrogate as three bytes", b"[\"\xED\xA0\x80\"]", true),
];

#[test]
fn cases_of_the_grammar() {
    let mut counts = Counts::default();
    let accepted = ACCEPTED.iter().map(|(name, text)| (*name, *text, true));
    let rejected = REJECTED.iter().map(|(name, text)| (*name, *text, false));
    let mut number = 0;
    for (name, text, is_json) in accepted.chain(rejected).chain(EITHER.iter().copied()) {
        assert_eq!(RawJson::parse(text).is_ok(), is_json, "{name}");
        check(text, &mut counts);
        // The same inside of an event.
        let event = [b"{\"message\":", text, b",\"pad\":\"a\"}"].concat();
        assert_eq!(
            RawJson::parse(&event).is_ok(),
            is_json,
            "{name}, in an event"
        );
        number += 1;
    }
    for (name, text) in ACCEPTED {
        assert!(
            serde_json::from_slice::<serde_json::Value>(text).is_ok(),
            "{name}"
        );
    }
    for (name, text) in REJECTED {
        assert!(
            serde_json::from_slice::<serde_json::Value>(text).is_err(),
            "{name}"
        );
    }
    println!("{number} cases of the grammar");
}

#[test]
fn nesting_as_deep_as_the_limit_and_deeper() {
    for (open, close, value) in [
        ("[", "]", ""),
        ("{\"a\":", "}", "1"),
        ("[{\"a\":", "}]", "1"),
    ] {
        for depth in [1, 50, 63, 64, 127, 128, 500, 100_000] {
            let text = open.repeat(depth) + value + &close.repeat(depth);
            let oracle = serde_json::from_str::<serde_json::Value>(&text);
            let ours = RawJson::parse(text.as_bytes());
            assert_eq!(ours.is_ok(), oracle.is_ok(), "{open} {depth} times");
            // Without its end, and with the other one.
            for broken in [open.repeat(depth), open.repeat(depth) + &"}]".repeat(depth)] {
                let oracle = serde_json::from_str::<serde_json::Value>(&broken);
                let ours = RawJson::parse(broken.as_bytes());
                assert_eq!(ours.is_ok(), oracle.is_ok(), "{open} {depth} times, broken");
            }
        }
    }
}
