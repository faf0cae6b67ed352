//! The JSON reader and writer, held against `serde_json`: documents made at random, the same documents broken, everything short
//! that can be made of the bytes that matter, and what an attacker would send.
//!
//! The two differ by intent in three things, which [`mended`] undoes and every check counts: a half of a surrogate pair in an
//! escape, bytes in a string that are no UTF-8, and a number that no float holds are read here. In one more thing `serde_json` is
//! wrong, see [`is_late`].
//!
//! `SEED` says where to begin, `ROUNDS` how many; a failure tells the seed.

use std::fmt::Write as _;

use crate::common::{seeds, Random};
use oci_genai_edge::json::{parse, write, Flaw, Json, Map, Value};
use serde_json::Value as Oracle;

/// How deep values may stand in each other, here and there.
const MOST_DEPTH: usize = 127;

// ---------------------------------------------------------------- the oracle

/// A text without what only we read, and whether there was any of that.
struct Mended {
    text: Vec<u8>,
    is_mended: bool,
    /// The numbers, in their order, as they are written.
    numbers: Vec<String>,
}

impl Mended {
    fn parsed(&self) -> Result<Oracle, serde_json::Error> {
        serde_json::from_slice(&self.text)
    }
}

/// Replaces what `serde_json` refuses by what we make of it: U+FFFD for what is broken in a string, and 0.0 for a number that it
/// finds too large. What is no JSON stays so, and stays so at the same place.
fn mended(text: &[u8]) -> Mended {
    let mut whole = Mended {
        text: Vec::with_capacity(text.len()),
        is_mended: false,
        numbers: Vec::new(),
    };
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                whole.text.push(b'"');
                at = mend_string(text, at + 1, &mut whole);
            }
            b'-' | b'0'..=b'9' => {
                let end = number_end(text, at);
                let number = std::str::from_utf8(&text[at..end]).unwrap();
                let is_plain = number.len() < 300 && !number.contains(['e', 'E']);
                match is_plain || number == "-" || serde_json::from_str::<Oracle>(number).is_ok() {
                    true => whole.text.extend_from_slice(number.as_bytes()),
                    false => {
                        assert!(
                            number.parse::<f64>().unwrap().abs() > 1e308,
                            "{number} is not too large"
                        );
                        whole.is_mended = true;
                        whole.text.extend_from_slice(b"0.0e0");
                    }
                }
                whole.numbers.push(number.to_owned());
                at = end;
            }
            other => {
                whole.text.push(*other);
                at += 1;
            }
        }
    }
    whole
}

/// Where the longest number that begins here ends; behind the sign, where only that stands here.
fn number_end(text: &[u8], start: usize) -> usize {
    let digits = |from: usize| {
        from + text[from.min(text.len())..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count()
    };
    let whole = start + usize::from(text[start] == b'-');
    let mut end = if text.get(whole) == Some(&b'0') {
        whole + 1
    } else {
        digits(whole)
    };
    if end > whole && text.get(end) == Some(&b'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if let (true, Some(b'e' | b'E')) = (end > whole, text.get(end)) {
        let power = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        if digits(power) > power {
            end = digits(power);
        }
    }
    end
}

/// Mends the string whose content begins at a position, and returns what follows it.
fn mend_string(text: &[u8], start: usize, whole: &mut Mended) -> usize {
    let mut at = start;
    // A first half, which waits for the second.
    let mut high: Option<u16> = None;
    loop {
        let rest = &text[at..];
        let (unit, len) = match rest {
            [b'\\', b'u', digits @ ..]
                if digits.len() >= 4 && digits[..4].iter().all(u8::is_ascii_hexdigit) =>
            {
                (
                    u16::from_str_radix(std::str::from_utf8(&digits[..4]).unwrap(), 16).unwrap(),
                    6,
                )
            }
            // The half of a pair as bytes, which is no UTF-8, is taken for what it is.
            [0xED, second @ 0xA0..=0xBF, third @ 0x80..=0xBF, ..] => {
                whole.is_mended = true;
                (
                    0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F),
                    3,
                )
            }
            _ => (0, 0),
        };
        if let (Some(first), 0xDC00..=0xDFFF) = (high, unit) {
            write!(whole, "\\u{first:04x}\\u{unit:04x}").unwrap();
            (high, at) = (None, at + len);
            continue;
        }
        if high.take().is_some() {
            // What stands at the very end may be the first half of a pair still.
            whole.is_mended = true;
            whole.write_str("\\ufffd").unwrap();
        }
        match unit {
            0xD800..=0xDBFF => high = Some(unit),
            0xDC00..=0xDFFF => {
                whole.is_mended = true;
                whole.write_str("\\ufffd").unwrap();
            }
            _ => {}
        }
        if len > 0 {
            if !(0xD800..=0xDFFF).contains(&unit) {
                whole.text.extend_from_slice(&rest[..len]);
            }
            at += len;
            continue;
        }
        match rest {
            [b'"', ..] => {
                whole.text.push(b'"');
                return at + 1;
            }
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => {
                whole.text.extend_from_slice(&rest[..2]);
                at += 2;
            }
            // What follows is not read any more.
            [] | [b'\\' | 0..=0x1F, ..] => {
                whole.text.extend_from_slice(rest);
                return text.len();
            }
            _ => {
                let is_plain = |at: &usize| {
                    !matches!(rest[*at], b'"' | b'\\' | 0..=0x1F)
                        && !matches!(rest[*at..], [0xED, 0xA0..=0xBF, 0x80..=0xBF, ..])
                };
                let len = (0..rest.len()).take_while(is_plain).count();
                let plain = String::from_utf8_lossy(&rest[..len]);
                whole.is_mended |= plain.as_bytes() != &rest[..len];
                whole.text.extend_from_slice(plain.as_bytes());
                at += len;
            }
        }
    }
}

impl std::fmt::Write for Mended {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.text.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Whether a text ends in `\u` with fewer than four bytes behind it, one of which is no hexadecimal digit. No digit that follows
/// makes an escape of it; `serde_json` waits for four bytes before it looks at them.
fn is_late(text: &[u8]) -> bool {
    let late = |at: usize| {
        // A backslash behind another one is the escape's second half.
        let before = text[..at]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count();
        text[at..].starts_with(b"\\u")
            && before % 2 == 0
            && text[at + 2..].iter().any(|byte| !byte.is_ascii_hexdigit())
    };
    (text.len().saturating_sub(5)..text.len()).any(late)
}

/// What the oracle says of a text that is no JSON.
fn oracles_flaw(text: &[u8], mended: &Mended) -> Option<&'static str> {
    let error = mended.parsed().err()?;
    Some(if error.is_eof() && !is_late(text) {
        "incomplete"
    } else {
        "malformed"
    })
}

// ---------------------------------------------------------------- comparing

/// How many representable numbers lie between two.
fn apart(a: f64, b: f64) -> u64 {
    let order = |number: f64| {
        let bits = number.abs().to_bits() as i64;
        if number.is_sign_negative() {
            -bits
        } else {
            bits
        }
    };
    order(a).abs_diff(order(b))
}

/// Holds a value and the text that it stands in against the oracle's value; gathers the numbers as they are written.
fn check_same(json: Json<'_>, value: &Value, theirs: &Oracle) {
    assert_eq!(json.is_object(), theirs.is_object());
    assert_eq!(json.is_array(), theirs.is_array());
    assert_eq!(json.is_string(), theirs.is_string());
    assert_eq!(json.is_null(), theirs.is_null());
    assert_eq!(json.to_text().as_deref(), theirs.as_str());
    assert_eq!(json.as_u64(), theirs.as_u64());
    assert_eq!(value.as_str(), theirs.as_str());
    assert_eq!(value.as_bool(), theirs.as_bool());
    assert_eq!(value.as_u64(), theirs.as_u64());
    assert_eq!(value.is_null(), theirs.is_null());
    assert_eq!(value.is_number(), theirs.is_number());
    assert_eq!(value.is_object(), theirs.is_object());
    assert_eq!(json.items().count(), theirs.as_array().map_or(0, Vec::len));
    match (value, theirs) {
        (Value::Number(number), _) => match serde_json::from_str::<Oracle>(number.as_str()) {
            Ok(same) => {
                assert_eq!(&same, theirs, "{}", number.as_str());
                assert_eq!(
                    value.is_integer(),
                    !number.as_str().contains(['.', 'e', 'E'])
                );
            }
            Err(_) => assert_eq!(theirs, &serde_json::json!(0.0), "{}", number.as_str()),
        },
        (Value::Array(items), Oracle::Array(theirs)) => {
            assert_eq!(items.len(), theirs.len());
            for ((json, item), theirs) in json.items().zip(items).zip(theirs) {
                check_same(json, item, theirs);
            }
        }
        (Value::Object(members), Oracle::Object(theirs)) => {
            // Of a name that is given twice the last counts, in the place of the first.
            let mut names: Vec<&str> = Vec::new();
            names.extend(members.iter().map(|(name, _)| name));
            let mut seen: Vec<&str> = Vec::new();
            names.retain(|name| {
                !seen.contains(name) && {
                    seen.push(name);
                    true
                }
            });
            assert_eq!(names, theirs.keys().collect::<Vec<_>>());
            for (name, theirs) in theirs {
                let member = value.get(name).expect("a member");
                match json.get(name) {
                    Some(json) => check_same(json, member, theirs),
                    // A broken name is found by nobody.
                    None => assert!(name.contains('\u{FFFD}'), "{name:?} is not found"),
                }
            }
            let (first, last) = (
                names.first().copied().unwrap_or("-"),
                names.last().copied().unwrap_or(""),
            );
            assert_eq!(
                json.pick([last, "no such name", first, last]),
                [last, "no such name", first, last].map(|name| json.get(name))
            );
            assert_eq!(json.get("no such name"), None);
        }
        _ => assert_eq!(json.get("a"), None),
    }
}

fn numbers(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Number(number) => found.push(number.as_str().to_owned()),
        Value::Array(items) => items.iter().for_each(|item| numbers(item, found)),
        Value::Object(members) => members
            .iter()
            .for_each(|(_, member)| numbers(member, found)),
        _ => {}
    }
}

/// A suffix that makes a document of an incomplete text; the oracle says whether it does.
fn completed(text: &[u8]) -> Option<Vec<u8>> {
    let (mut open, mut is_string, mut is_escape) = (Vec::new(), false, false);
    for byte in text {
        match byte {
            _ if is_escape => is_escape = false,
            b'\\' if is_string => is_escape = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => drop(open.pop()),
            _ => {}
        }
    }
    open.reverse();
    let ends: &[&str] = if is_string {
        &["", "n", "0000", "000", "00", "0"]
    } else {
        &[""]
    };
    let rests: &[&str] = match is_string {
        true => &["\"", "\":0"],
        false => &[
            "", "0", ":0", "\"\":0", "rue", "ue", "e", "alse", "lse", "se", "ull", "ll", "l",
        ],
    };
    let tries = ends
        .iter()
        .flat_map(|end| rests.iter().map(move |rest| format!("{end}{rest}")));
    tries
        .map(|end| [text, end.as_bytes(), &open].concat())
        .find(|whole| mended(whole).parsed().is_ok())
}

#[derive(Default)]
struct Seen {
    documents: usize,
    mended: usize,
    incomplete: usize,
    malformed: usize,
}

/// Everything that is to be said of one text.
fn check(text: &[u8], seen: &mut Seen) {
    let read = Json::read(text);
    let parsed = parse(text);
    let mended = mended(text);
    let shown = || String::from_utf8_lossy(text).into_owned();
    assert_eq!(
        read.map(|_| ()),
        parsed.as_ref().map(|_| ()).map_err(|flaw| *flaw),
        "read and parse: {}",
        shown()
    );
    // What we forgive is all that we forgive.
    let strict = serde_json::from_slice::<Oracle>(text);
    match &strict {
        Ok(_) => assert!(!mended.is_mended, "nothing to mend: {}", shown()),
        Err(_) => assert!(mended.is_mended || read.is_err(), "{}", shown()),
    }
    match (read, parsed, mended.parsed()) {
        (Ok(json), Ok(value), Ok(theirs)) => {
            check_same(json, &value, &theirs);
            assert_eq!(json.to_value(), value);
            let mut found = Vec::new();
            numbers(&value, &mut found);
            assert_eq!(
                found,
                mended.numbers,
                "numbers as they are written: {}",
                shown()
            );
            check_written(&value, &theirs);
            seen.documents += 1;
            seen.mended += usize::from(mended.is_mended);
        }
        (Err(Flaw::Incomplete), ..) => {
            assert_eq!(
                oracles_flaw(text, &mended),
                Some("incomplete"),
                "{}",
                shown()
            );
            seen.incomplete += 1;
            let whole = completed(text);
            let whole = whole.unwrap_or_else(|| panic!("nothing completes {}", shown()));
            assert!(Json::read(&whole).is_ok(), "{}", shown());
        }
        (Err(Flaw::Malformed(at)), ..) => {
            assert_eq!(
                oracles_flaw(text, &mended),
                Some("malformed"),
                "at {at}: {}",
                shown()
            );
            seen.malformed += 1;
            // The first byte that can't stand where it stands: so says the oracle too.
            assert!(at < text.len(), "at {at}: {}", shown());
            let (before, with) = (&text[..at], &text[..=at]);
            assert!(
                matches!(Json::read(before), Ok(_) | Err(Flaw::Incomplete)),
                "at {at}: {}",
                shown()
            );
            assert_eq!(Json::read(with), Err(Flaw::Malformed(at)), "{}", shown());
            assert_ne!(
                oracles_flaw(before, &self::mended(before)),
                Some("malformed"),
                "before {at}: {}",
                shown()
            );
            assert_eq!(
                oracles_flaw(with, &self::mended(with)),
                Some("malformed"),
                "with {at}: {}",
                shown()
            );
        }
        (Ok(_), _, Err(error)) => panic!("the oracle says {error}: {}", shown()),
        (Ok(_), Err(_), _) => panic!("read and parse differ: {}", shown()),
    }
}

/// What we write is read again, by us and by the oracle.
fn check_written(value: &Value, theirs: &Oracle) {
    let written = write(value);
    assert_eq!(
        mended(&written).parsed().as_ref().ok(),
        Some(theirs),
        "{value}"
    );
    let again = parse(&written).unwrap();
    assert_eq!(&again, value);
    assert_eq!(write(&again), written);
    assert_eq!(value.to_string().as_bytes(), written);
}

// ---------------------------------------------------------------- documents

const PIECES: &[&[u8]] = &[
    b"a",
    b"text",
    b"eight by",
    b" ",
    b"/",
    b"\x7F",
    "é".as_bytes(),
    "日本".as_bytes(),
    "😀".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{FFFF}".as_bytes(),
    "\u{D7FF}\u{E000}".as_bytes(),
    b"{\\\"a\\\":[1]}",
    b"\\\"",
    b"\\\\",
    b"\\/",
    b"\\b\\f\\n\\r\\t",
    b"\\u0000",
    b"\\u001f",
    b"\\u0041",
    b"\\u00e9",
    b"\\uFFFD",
    b"\\uD83D\\uDE00",
    b"\\ud83d\\ude00",
    b"\\uDBFF\\uDFFF",
];

/// What only we read.
const BROKEN: &[&[u8]] = &[
    b"\\ud83d",
    b"\\uDE00",
    b"\\uD800\\uD800",
    b"\\ud83d\\u0041",
    b"\\ud83d\\n",
    b"\xFF",
    b"\xC3",
    b"\xE2\x82",
    b"\xF0\x9F\x98",
    b"\x98\x80",
    b"\xC0\x80",
    b"\xED\xA0\xBD",
    b"\xED\xB8\x80",
    b"\xF4\x90\x80\x80",
];

const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "42",
    "0.0",
    "-0.0",
    "1.50",
    "0.1",
    "1e0",
    "1E2",
    "1e+2",
    "12.5E-3",
    "-1.0e-07",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "123456789012345678901234567890123456789012",
    "0.1234567890123456789012345678901234567890",
    "1e22",
    "1e308",
    "5e-324",
    "1e-999",
    "0e999",
    "0e99999999999",
    "1e-99999999999",
];

const TOO_LARGE: &[&str] = &["1e999", "-1e400", "2.5E+309", "1e99999999999"];

/// Makes documents. `broken`: one string in so many has what only we read, and one number in so many is too large.
struct Maker<'r> {
    random: &'r mut Random,
    broken: usize,
    out: Vec<u8>,
}

impl Maker<'_> {
    fn space(&mut self) {
        if self.random.chance(6) {
            for _ in 0..self.random.below(4) {
                let space = *self.random.pick(b" \t\n\r");
                self.out.push(space);
            }
        }
    }

    fn string(&mut self) {
        self.out.push(b'"');
        for _ in 0..self.random.below(6) {
            let pieces = if self.random.chance(self.broken) {
                BROKEN
            } else {
                PIECES
            };
            let piece = *self.random.pick(pieces);
            self.out.extend_from_slice(piece);
        }
        self.out.push(b'"');
    }

    fn number(&mut self) {
        if !self.random.chance(3) {
            let numbers = if self.random.chance(self.broken) {
                TOO_LARGE
            } else {
                NUMBERS
            };
            let number = *self.random.pick(numbers);
            return self.out.extend_from_slice(number.as_bytes());
        }
        let number = any_number(self.random, 20, 300);
        self.out.extend_from_slice(number.as_bytes());
    }

    fn value(&mut self, depth: usize) {
        match self.random.below(if depth == 0 { 6 } else { 10 }) {
            0 => self.out.extend_from_slice(b"null"),
            1 => self.out.extend_from_slice(b"true"),
            2 => self.out.extend_from_slice(b"false"),
            3 => self.number(),
            4 | 5 => self.string(),
            6 | 7 => self.container(b'[', b']', depth),
            _ => self.container(b'{', b'}', depth),
        }
    }

    fn container(&mut self, open: u8, close: u8, depth: usize) {
        self.out.push(open);
        self.space();
        for item in 0..self.random.below(5) {
            if item > 0 {
                self.out.push(b',');
                self.space();
            }
            if open == b'{' {
                match self.random.chance(3) {
                    true => self.string(),
                    // Few names, so that one is given twice now and then.
                    false => {
                        let name = *self.random.pick(&[
                            "\"a\"",
                            "\"b\"",
                            "\"text\"",
                            "\"\"",
                            "\"\\u0061\"",
                            "\"longer than eight\"",
                        ]);
                        self.out.extend_from_slice(name.as_bytes());
                    }
                }
                self.space();
                self.out.push(b':');
                self.space();
            }
            self.value(depth - 1);
            self.space();
        }
        self.out.push(close);
    }
}

fn any_number(random: &mut Random, most_digits: usize, most_power: usize) -> String {
    let digits = |random: &mut Random, most: usize| -> String {
        (0..=random.below(most))
            .map(|_| char::from(b'0' + random.below(10) as u8))
            .collect()
    };
    let mut number = String::from(if random.chance(3) { "-" } else { "" });
    match random.chance(4) {
        true => number.push('0'),
        false => {
            number.push(char::from(b'1' + random.below(9) as u8));
            number += &digits(random, most_digits);
        }
    }
    if random.chance(2) {
        number.push('.');
        number += &digits(random, most_digits);
    }
    if random.chance(2) {
        let power = random.below(most_power + 1);
        number += *random.pick(&["e", "E", "e+", "E-", "e-"]);
        number += &power.to_string();
    }
    number
}

fn document(random: &mut Random, broken: usize) -> Vec<u8> {
    let depth = random.below(5);
    let mut maker = Maker {
        random,
        broken,
        out: Vec::new(),
    };
    maker.space();
    maker.value(depth);
    maker.space();
    maker.out
}

const STRUCTURE: &[u8] = b"{}[]\",:\\ 019-+.eEtrufalsn\n\t\x00\x1F\x7F\x80\xC3\xED\xFF/bd";

fn mutated(random: &mut Random, document: &[u8]) -> Vec<u8> {
    let mut text = document.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(text.len() + 1);
        let byte = *random.pick(STRUCTURE);
        match random.below(7) {
            0 if at < text.len() => text[at] ^= 1 << random.below(8),
            1 if at < text.len() => text[at] = byte,
            2 if at < text.len() => drop(text.remove(at)),
            3 => text.truncate(at),
            4 => {
                let end = at + random.below(text.len() - at + 1);
                text.drain(at..end);
            }
            5 => {
                // A piece of it, elsewhere.
                let from = random.below(text.len() + 1);
                let piece = text[from..(from + random.below(12)).min(text.len())].to_vec();
                text.splice(at..at, piece);
            }
            _ => text.insert(at, byte),
        }
    }
    text
}

// ---------------------------------------------------------------- the tests

#[test]
fn documents_and_what_is_left_of_them() {
    let seen = std::cell::RefCell::new(Seen::default());
    seeds(20_000, |random| {
        let mut seen = seen.borrow_mut();
        let broken = *random.pick(&[6, 1_000_000, 1_000_000]);
        let document = document(random, broken);
        assert!(
            Json::read(&document).is_ok(),
            "a document: {}",
            String::from_utf8_lossy(&document)
        );
        check(&document, &mut seen);
        for _ in 0..8 {
            check(&mutated(random, &document), &mut seen);
        }
    });
    let Seen {
        documents,
        mended,
        incomplete,
        malformed,
    } = seen.into_inner();
    println!("{documents} documents, {mended} of them mended; {incomplete} incomplete, {malformed} malformed");
}

#[test]
fn every_beginning_of_a_document_is_incomplete_or_a_document() {
    seeds(1_500, |random| {
        let broken = *random.pick(&[6, 1_000_000]);
        let document = document(random, broken);
        for end in 0..document.len().min(400) {
            let prefix = &document[..end];
            check(prefix, &mut Seen::default());
            let read = Json::read(prefix);
            assert!(
                !matches!(read, Err(Flaw::Malformed(_))),
                "{read:?}: {}",
                String::from_utf8_lossy(prefix)
            );
        }
    });
}

#[test]
fn everything_short() {
    // All bytes that mean something, three of them; and longer, of those that mean something together.
    let mut seen = Seen::default();
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
    for (alphabet, most) in alphabets {
        for len in 0..=most {
            let mut word = vec![0; len];
            for number in 0..alphabet.len().pow(len as u32) {
                let mut rest = number;
                for place in &mut word {
                    *place = alphabet[rest % alphabet.len()];
                    rest /= alphabet.len();
                }
                check(&word, &mut seen);
            }
        }
    }
    let Seen {
        documents,
        mended,
        incomplete,
        malformed,
    } = seen;
    println!("{documents} documents, {mended} of them mended; {incomplete} incomplete, {malformed} malformed");
}

#[test]
fn depth() {
    let nested = |kinds: &dyn Fn(usize) -> bool, depth: usize, inner: &str| {
        let (mut text, mut end) = (String::new(), String::new());
        for level in 0..depth {
            let is_object = kinds(level);
            text += if is_object { "{\"a\": " } else { "[" };
            end.insert(0, if is_object { '}' } else { ']' });
        }
        (text.clone() + inner + &end, text)
    };
    seeds(12, |random| {
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
                check(whole.as_bytes(), &mut Seen::default());
                if inner == "0" {
                    assert_eq!(
                        Json::read(whole.as_bytes()).is_ok(),
                        depth <= MOST_DEPTH,
                        "{depth}"
                    );
                    // Where it becomes too deep, it says so.
                    let (_, most) = nested(&kinds, MOST_DEPTH, "");
                    let wanted = if depth > MOST_DEPTH {
                        Flaw::Malformed(most.len())
                    } else {
                        Flaw::Incomplete
                    };
                    assert_eq!(Json::read(open.as_bytes()), Err(wanted), "{depth}");
                    check(&mutated(random, whole.as_bytes()), &mut Seen::default());
                }
            }
        }
    });
    // What closes makes room again.
    let wide = format!("[{}]", vec!["[[]]"; 1000].join(","));
    check(wide.as_bytes(), &mut Seen::default());
    // Nothing runs out of stack.
    for open in ["[", "{\"a\":", "[{\"a\":", "[[],"] {
        let text = open.repeat(1_000_000);
        let read = Json::read(text.as_bytes());
        assert!(matches!(read, Err(Flaw::Malformed(_))), "{open}");
        assert_eq!(parse(text.as_bytes()).err(), read.err(), "{open}");
    }
}

#[test]
fn hostile_fragments() {
    let mut seen = Seen::default();
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
            check(format!("{space}{text}").as_bytes(), &mut seen);
            check(format!("{text}{space}").as_bytes(), &mut seen);
            check(format!("[{space}{text}").as_bytes(), &mut seen);
            check(format!("{{\"a\":{text}{space}}}").as_bytes(), &mut seen);
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
        check(text, &mut seen);
    }
    // Strings of all lengths, with what ends them or may not stand in them at each place: eight bytes are looked at at once.
    for len in 0..40 {
        for byte in [
            b'"', b'\\', b'\n', 0, 0x1F, 0x20, b'!', b'#', b'[', b']', 0x7F, 0x80, 0xA2, 0xDC,
            0x9F, 0xFF,
        ] {
            for at in 0..=len {
                let mut text = vec![b'"'; len + 3];
                text[1..=len].fill(b'x');
                text.insert(at + 1, byte);
                check(&text, &mut seen);
                // and two of them, one above the other
                text.insert(at + 2, byte.wrapping_add(1));
                check(&text, &mut seen);
            }
        }
    }
}

/// What the halves and the broken bytes become, one by one.
#[test]
fn what_is_broken_in_a_string_becomes_a_mark() {
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
        // A half as bytes is a half.
        (b"\xED\xA0\xBD", "\u{FFFD}"),
        (b"\xED\xA0\xBD\xED\xB8\x80", "😀"),
        (b"\\ud83d\xED\xB8\x80", "😀"),
    ];
    for (content, wanted) in cases {
        let text = [b"\"", content, b"\""].concat();
        assert!(
            serde_json::from_slice::<Oracle>(&text).is_err(),
            "the oracle reads {content:?}"
        );
        assert_eq!(
            Json::read(&text).unwrap().to_text().as_deref(),
            Some(wanted),
            "{content:?}"
        );
        assert_eq!(parse(&text).unwrap(), *wanted, "{content:?}");
        // The same in a name: a value has it mended, and nobody finds it where it stands.
        let object = [b"{", &text[..], b":1}"].concat();
        assert_eq!(
            parse(&object).unwrap().get(wanted).and_then(Value::as_u64),
            Some(1),
            "{content:?}"
        );
        let found = Json::read(&object).unwrap().get(wanted);
        assert_eq!(
            found.is_some(),
            !wanted.contains('\u{FFFD}') && content.starts_with(b"\\u") && !content.contains(&0xED)
        );
    }
    let whole = Json::read(b"{\"\\ufffd\":1,\"\xEF\xBF\xBD\":2}").unwrap();
    assert_eq!(whole.get("\u{FFFD}").and_then(Json::as_u64), Some(2));
}

#[test]
fn numbers_as_floats() {
    let furthest = std::cell::Cell::new((0, String::new()));
    seeds(60_000, |random| {
        let (most_digits, most_power) =
            *random.pick(&[(3, 5), (7, 11), (14, 22), (20, 40), (40, 330), (300, 700)]);
        let text = any_number(random, most_digits, most_power);
        let number = parse(text.as_bytes()).unwrap();
        let (ours, exact) = (number.as_f64().unwrap(), text.parse::<f64>().unwrap());
        let (digits, power) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let power = power.parse::<i64>().unwrap() - fraction.len() as i64;
        if whole.len() + fraction.len() - usize::from(whole.starts_with('-')) <= 15
            && power.abs() <= 22
        {
            assert_eq!(
                ours.to_bits(),
                exact.to_bits(),
                "{text}: {ours:e} instead of {exact:e}"
            );
            let oracle: f64 = serde_json::from_str(&text).unwrap();
            assert_eq!(ours.to_bits(), oracle.to_bits(), "{text}");
        }
        let apart = apart(ours, exact);
        let before = furthest.take();
        furthest.set(if apart > before.0 {
            (apart, text.clone())
        } else {
            before
        });
        assert!(apart <= 8, "{text}: {ours:e} instead of {exact:e}");
        assert_eq!(ours.is_sign_negative(), exact.is_sign_negative(), "{text}");
    });
    let (most, text) = furthest.take();
    println!("at most {most} apart: {text}");
    for text in [NUMBERS, TOO_LARGE].concat() {
        let (ours, exact) = (
            parse(text.as_bytes()).unwrap().as_f64().unwrap(),
            text.parse::<f64>().unwrap(),
        );
        assert!(
            apart(ours, exact) <= 4,
            "{text}: {ours:e} instead of {exact:e}"
        );
    }
    // Long ways to write a short number.
    for (text, exact) in [
        (format!("0.{}1e501", "0".repeat(500)), 1.0),
        (format!("1{}e-500", "0".repeat(500)), 1.0),
        ("9".repeat(400), f64::INFINITY),
        (format!("0.{}", "0".repeat(400)), 0.0),
        ("0.5".into(), 0.5),
        (format!("1e-{}", "9".repeat(400)), 0.0),
        (format!("-1e{}", "9".repeat(400)), f64::NEG_INFINITY),
    ] {
        let ours = parse(text.as_bytes()).unwrap().as_f64().unwrap();
        assert!(
            apart(ours, exact) <= 8,
            "{text}: {ours:e} instead of {exact:e}"
        );
    }
}

#[test]
fn strings_are_written_as_they_are() {
    seeds(4_000, |random| {
        let any = |random: &mut Random| match random.below(4) {
            0 => char::from(random.below(0x80) as u8),
            1 => *random.pick(&[
                '"', '\\', '\n', '\u{7F}', '\u{2028}', '\u{FFFD}', '\u{FEFF}', '/', '<',
            ]),
            2 => char::from_u32(random.below(0x1_0000) as u32).unwrap_or('x'),
            _ => char::from_u32(random.below(0x11_0000) as u32).unwrap_or('y'),
        };
        let text: String = (0..random.below(40)).map(|_| any(random)).collect();
        let written = write(&Value::from(text.as_str()));
        assert_eq!(serde_json::from_slice::<String>(&written).unwrap(), text);
        assert_eq!(
            Json::read(&written).unwrap().to_text().as_ref(),
            Some(&text)
        );
        let theirs = serde_json::to_vec(&text).unwrap();
        assert_eq!(parse(&theirs).unwrap(), *text);
        assert_eq!(written, theirs, "only what must be escaped is: {text:?}");
        let mut members = Map::new();
        members.insert(&text, text.as_str().into());
        let object = write(&members.into());
        assert_eq!(
            serde_json::from_slice::<Oracle>(&object).unwrap(),
            serde_json::json!({ text.as_str(): text })
        );
        assert_eq!(
            Json::read(&object)
                .unwrap()
                .get(&text)
                .and_then(Json::to_text),
            Some(text)
        );
    });
}

/// Values are equal if the oracle's are: whatever the order of their members, and whichever of them was given twice.
#[test]
fn equality() {
    fn small(random: &mut Random, depth: usize, out: &mut String) {
        match random.below(if depth == 0 { 3 } else { 6 }) {
            0 => out.push('1'),
            1 => out.push('2'),
            2 => out.push_str("\"a\""),
            3 => {
                let items = random.below(3);
                out.push('[');
                for item in 0..items {
                    out.push_str(if item > 0 { "," } else { "" });
                    small(random, depth - 1, out);
                }
                out.push(']');
            }
            _ => {
                let members = random.below(4);
                out.push('{');
                for member in 0..members {
                    out.push_str(if member > 0 { "," } else { "" });
                    let name = *random.pick(&["\"a\":", "\"b\":", "\"\\u0061\":"]);
                    out.push_str(name);
                    small(random, depth - 1, out);
                }
                out.push('}');
            }
        }
    }
    let equal = std::cell::Cell::new(0);
    seeds(60_000, |random| {
        let depth = random.below(4);
        let texts = [(); 2].map(|()| {
            let mut text = String::from("{\"a\":");
            small(random, depth, &mut text);
            if random.chance(2) {
                text.push_str(",\"b\":");
                small(random, depth, &mut text);
            }
            text + "}"
        });
        let [a, b] = texts.each_ref().map(|text| parse(text.as_bytes()).unwrap());
        let [x, y] = texts
            .each_ref()
            .map(|text| serde_json::from_str::<Oracle>(text).unwrap());
        assert_eq!(a == b, x == y, "{texts:?}");
        assert_eq!(b == a, x == y, "{texts:?}");
        equal.set(equal.get() + usize::from(x == y));
    });
    println!("{} equal", equal.get());
}

/// A comparison looks at each member once: one that begins anew at every depth takes two to the power of the depth.
#[test]
fn a_comparison_does_not_take_long() {
    for (open, close) in [
        ("{\"a\":", "}"),
        ("{\"b\":0,\"a\":", "}"),
        ("{\"a\":0,\"a\":", "}"),
        ("[{\"a\":", "}]"),
    ] {
        let depth = if open.starts_with('[') { 63 } else { 126 };
        let nested = |inner: &str| {
            parse((open.repeat(depth) + inner + &close.repeat(depth)).as_bytes()).unwrap()
        };
        assert!(nested("1") != nested("2"));
        assert!(nested("{\"x\":1,\"y\":2}") == nested("{\"y\":2,\"x\":1}"));
    }
    // Many members in another order.
    let many = |numbers: &mut dyn Iterator<Item = usize>| {
        let members: Vec<String> = numbers.map(|number| format!("\"{number}\":0")).collect();
        parse(format!("{{{}}}", members.join(",")).as_bytes()).unwrap()
    };
    assert!(many(&mut (0..200)) == many(&mut (0..200).rev()));
    assert!(many(&mut (0..200_000)) == many(&mut (0..200_000)));
    assert!(many(&mut (0..200_000)) != many(&mut (0..200_000).rev()));
}
