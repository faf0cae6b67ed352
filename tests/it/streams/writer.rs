//! Writes items as an event stream, in any form that a service may choose.

use super::items::Item;
use super::json::Json;
use super::text::units;
use crate::support::Random;

/// The form in which one service writes its events.
#[derive(Clone, Debug)]
pub struct StreamWriter {
    /// White space between tokens.
    spaces: bool,
    /// White space may be a newline, which makes an event of several data lines.
    data_lines: bool,
    /// Members in any order.
    shuffles: bool,
    /// Members that no wire format has.
    unknown_members: bool,
    /// One in so many characters that need no escape has one; 0: none.
    escapes: usize,
    end_of_line: &'static str,
    /// A blank line ends an event. Otherwise its newline does.
    blank_lines: bool,
    colon: &'static str,
    byte_order_mark: bool,
    /// Before one in so many items there are comments, pings and other lines that are no events;
    /// 0: none.
    noise: usize,
    final_newline: bool,
}

/// Members that no wire format has, with content that could mislead a reader. All but
/// `modelVersion`, OCI's bookkeeping, and null are kept under `oci`.
pub const UNKNOWN: [(&str, &str); 8] = [
    ("x", "1"),
    ("modelVersion", "\"1.0\""),
    ("isFinal", "true"),
    (
        "meta",
        concat!(
            r#"{"text":"no","message":{"content":[{"text":"no"}]},"#,
            r#""finishReason":"stop","error":"no"}"#
        ),
    ),
    ("list", "[1,[],{},\"\\ud83d\"]"),
    ("size", "-1.5e-3"),
    ("data: ", "\"[DONE]\""),
    ("nothing", "null"),
];

impl StreamWriter {
    pub fn new(random: &mut Random) -> StreamWriter {
        let blank_lines = !random.chance(4);
        StreamWriter {
            spaces: random.chance(4),
            data_lines: blank_lines && random.chance(12),
            shuffles: random.chance(2),
            unknown_members: random.chance(3),
            escapes: *random.pick(&[0, 0, 0, 20, 3]),
            end_of_line: *random.pick(&["\n", "\n", "\r\n", "\r"]),
            blank_lines,
            colon: *random.pick(&[": ", ": ", ":"]),
            byte_order_mark: random.chance(12),
            noise: *random.pick(&[0, 0, 8, 2]),
            final_newline: !random.chance(4),
        }
    }

    pub fn json(&self, json: &Json, random: &mut Random) -> String {
        let mut out = String::with_capacity(128);
        self.value(json, random, &mut out);
        out
    }

    fn value(&self, json: &Json, random: &mut Random, out: &mut String) {
        match json {
            Json::Raw(raw) => out.push_str(raw),
            Json::Text(units) => self.string(units, self.escapes, random, out),
            Json::List(items) => {
                out.push('[');
                self.space(random, out);
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.comma(random, out);
                    }
                    self.value(item, random, out);
                }
                self.space(random, out);
                out.push(']');
            }
            Json::Open(members) | Json::Closed(members) => {
                let more = if self.unknown_members && matches!(json, Json::Open(_)) {
                    random.below(3)
                } else {
                    0
                };
                let mut order: Vec<usize> = (0..members.len() + more).collect();
                if self.shuffles {
                    for at in (1..order.len()).rev() {
                        order.swap(at, random.below(at + 1));
                    }
                }
                let first = random.below(UNKNOWN.len());
                out.push('{');
                self.space(random, out);
                for (at, member) in order.into_iter().enumerate() {
                    if at > 0 {
                        self.comma(random, out);
                    }
                    match members.get(member) {
                        Some((name, value)) => {
                            self.key(name, random, out);
                            self.value(value, random, out);
                        }
                        None => {
                            let (name, value) =
                                UNKNOWN[(first + member - members.len()) % UNKNOWN.len()];
                            self.key(name, random, out);
                            out.push_str(value);
                        }
                    }
                }
                self.space(random, out);
                out.push('}');
            }
        }
    }

    fn key(&self, name: &str, random: &mut Random, out: &mut String) {
        if name.contains(['"', '\\', '\n', '\r', '\t', '\0']) {
            self.string(&units(name), 0, random, out);
        } else {
            out.push('"');
            out.push_str(name);
            out.push('"');
        }
        self.space(random, out);
        out.push(':');
        self.space(random, out);
    }

    fn comma(&self, random: &mut Random, out: &mut String) {
        self.space(random, out);
        out.push(',');
        self.space(random, out);
    }

    fn space(&self, random: &mut Random, out: &mut String) {
        if self.data_lines && random.chance(4) {
            out.push('\n');
        } else if self.spaces {
            out.push_str(*random.pick(&["", " ", "  ", "\t"]));
        }
    }

    fn string(&self, units: &[u16], escapes: usize, random: &mut Random, out: &mut String) {
        out.push('"');
        for decoded in char::decode_utf16(units.iter().copied()) {
            let plain = escapes == 0 || !random.chance(escapes);
            match decoded {
                Err(half) => escape(half.unpaired_surrogate(), random, out),
                Ok('\n') if plain => out.push_str("\\n"),
                Ok('\r') if plain => out.push_str("\\r"),
                Ok('\t') if plain => out.push_str("\\t"),
                Ok(quoted @ ('"' | '\\')) if plain => {
                    out.push('\\');
                    out.push(quoted);
                }
                Ok('/') if !plain => out.push_str("\\/"),
                Ok(char) if plain && char >= ' ' => out.push(char),
                Ok(char) => {
                    for unit in char.encode_utf16(&mut [0; 2]) {
                        escape(*unit, random, out);
                    }
                }
            }
        }
        out.push('"');
    }

    /// The lines of a stream, and for each item the end of its content.
    pub fn stream(&self, items: &[Item], random: &mut Random) -> (Vec<u8>, Vec<usize>) {
        let mut out = String::with_capacity(1024);
        let mut ends = Vec::with_capacity(items.len());
        if self.byte_order_mark {
            out.push('\u{FEFF}');
        }
        for item in items {
            if self.noise > 0 && random.chance(self.noise) {
                self.noise(random, &mut out);
            }
            match item {
                Item::Event(event) => {
                    let json = self.json(&event.json, random);
                    let space = if self.spaces { " " } else { "" };
                    ends.push(self.data(&json, space, &mut out));
                }
                Item::Done => ends.push(self.data("[DONE]", "", &mut out)),
                Item::Failure { name, data } => {
                    if let Some(name) = name {
                        self.line(&format!("event{}{name}", self.colon), &mut out);
                    }
                    ends.push(self.data(data, "", &mut out));
                    // Without a blank line, data that is not JSON has no end.
                    out.push_str(self.end_of_line);
                }
            }
        }
        if self.noise > 0 && random.chance(self.noise) {
            self.noise(random, &mut out);
        }
        if !self.final_newline {
            out.truncate(out.trim_end_matches(['\r', '\n']).len());
        }
        (out.into_bytes(), ends)
    }

    fn line(&self, line: &str, out: &mut String) {
        out.push_str(line);
        out.push_str(self.end_of_line);
    }

    fn data(&self, data: &str, after: &str, out: &mut String) -> usize {
        let mut end = 0;
        let mut lines = data.split('\n').peekable();
        while let Some(line) = lines.next() {
            out.push_str("data");
            out.push_str(self.colon);
            out.push_str(line);
            end = out.len();
            if lines.peek().is_none() {
                out.push_str(after);
            }
            out.push_str(self.end_of_line);
        }
        if self.blank_lines {
            out.push_str(self.end_of_line);
        }
        end
    }

    fn noise(&self, random: &mut Random, out: &mut String) {
        match random.below(8) {
            0 => self.line(": ping", out),
            1 => self.line(":", out),
            2 => self.line("", out),
            3 => self.line("data:", out),
            4 => self.line("id: 7", out),
            5 => self.line("retry: 10", out),
            6 => self.line("event: message", out),
            _ => {
                let data = *random.pick(&["{}", "pong", "", "{\"type\":\"ping\"}"]);
                self.line("event: ping", out);
                self.line(&format!("data: {data}"), out);
                self.line("", out);
            }
        }
    }
}

fn escape(unit: u16, random: &mut Random, out: &mut String) {
    out.push_str(&if random.chance(2) {
        format!("\\u{unit:04x}")
    } else {
        format!("\\u{unit:04X}")
    });
}
