//! Random documents, and the same documents with bytes changed.

use crate::support::Random;

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

/// Content that only `RawJson` accepts.
const INVALID: &[&[u8]] = &[
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

const HUGE: &[&str] = &["1e999", "-1e400", "2.5E+309", "1e99999999999"];

/// Generates documents. One string in `invalid_one_in` has content that only `RawJson` accepts, and
/// one number in as many is too large for `f64`.
struct Generator<'r> {
    random: &'r mut Random,
    invalid_one_in: usize,
    out: Vec<u8>,
}

impl Generator<'_> {
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
            let pieces = if self.random.chance(self.invalid_one_in) {
                INVALID
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
            let numbers = if self.random.chance(self.invalid_one_in) {
                HUGE
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
                    // Few names, so that equal ones occur.
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

fn any_number(random: &mut Random, max_digits: usize, max_power: usize) -> String {
    let digits = |random: &mut Random, max: usize| -> String {
        (0..=random.below(max))
            .map(|_| char::from(b'0' + random.below(10) as u8))
            .collect()
    };
    let mut number = String::from(if random.chance(3) { "-" } else { "" });
    match random.chance(4) {
        true => number.push('0'),
        false => {
            number.push(char::from(b'1' + random.below(9) as u8));
            number += &digits(random, max_digits);
        }
    }
    if random.chance(2) {
        number.push('.');
        number += &digits(random, max_digits);
    }
    if random.chance(2) {
        let power = random.below(max_power + 1);
        number += *random.pick(&["e", "E", "e+", "E-", "e-"]);
        number += &power.to_string();
    }
    number
}

pub fn document(random: &mut Random, invalid_one_in: usize) -> Vec<u8> {
    let depth = random.below(5);
    let mut generator = Generator {
        random,
        invalid_one_in,
        out: Vec::new(),
    };
    generator.space();
    generator.value(depth);
    generator.space();
    generator.out
}

const STRUCTURE: &[u8] = b"{}[]\",:\\ 019-+.eEtrufalsn\n\t\x00\x1F\x7F\x80\xC3\xED\xFF/bd";

pub fn mutated(random: &mut Random, document: &[u8]) -> Vec<u8> {
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
                // A copy of a piece of the text.
                let from = random.below(text.len() + 1);
                let piece = text[from..(from + random.below(12)).min(text.len())].to_vec();
                text.splice(at..at, piece);
            }
            _ => text.insert(at, byte),
        }
    }
    text
}
