//! JSON and event-stream lines in all the ways in which a service may write them.

use crate::support::Random;
use serde_json::Value;

/// Text in UTF-16 units, as a JavaScript service has it: it may be cut inside a surrogate pair.
pub type Units = Vec<u16>;

pub fn units(text: &str) -> Units {
    text.encode_utf16().collect()
}

/// JSON that is still to be written.
#[derive(Clone, Debug)]
pub enum Json {
    /// A number, or a word.
    Raw(String),
    Text(Units),
    List(Vec<Json>),
    /// The service may say more in it than anybody knows.
    Open(Vec<(String, Json)>),
    /// What is passed on as it is.
    Closed(Vec<(String, Json)>),
}

pub const NULL: &str = "null";

pub fn raw(value: impl ToString) -> Json {
    Json::Raw(value.to_string())
}

/// A string that needs no escape.
pub fn word(word: &str) -> Json {
    Json::Raw(format!("\"{word}\""))
}

pub fn text(text: &str) -> Json {
    Json::Text(units(text))
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Json {
        match value {
            Value::String(string) => text(string),
            Value::Array(items) => Json::List(items.iter().map(Json::from).collect()),
            Value::Object(members) => Json::Closed(
                members
                    .iter()
                    .map(|(name, value)| (name.clone(), value.into()))
                    .collect(),
            ),
            other => raw(other),
        }
    }
}

/// The members of an object that may have more.
#[derive(Clone, Debug, Default)]
pub struct Members(Vec<(String, Json)>);

impl Members {
    pub fn with(mut self, name: &str, value: Json) -> Members {
        self.0.push((name.into(), value));
        self
    }

    pub fn maybe(self, name: &str, value: Option<Json>) -> Members {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub fn closed(self) -> Json {
        Json::Closed(self.0)
    }

    /// Some of these that are not there are there as null.
    pub fn nulls(mut self, random: &mut Random, names: &[&str]) -> Json {
        if random.chance(3) {
            for name in names {
                if random.chance(3) && !self.0.iter().any(|(known, _)| known == name) {
                    self.0.push(((*name).into(), raw(NULL)));
                }
            }
        }
        Json::Open(self.0)
    }
}

/// How one service writes.
#[derive(Clone, Debug)]
pub struct Hand {
    spaces: bool,
    /// White space may be a line's end: an event of several data lines.
    lines: bool,
    shuffles: bool,
    unknown: bool,
    /// Characters that need no escape get one, so often; 0: never.
    escapes: usize,
    end_of_line: &'static str,
    /// A blank line ends an event; else its line's end does.
    blank: bool,
    colon: &'static str,
    byte_order_mark: bool,
    /// Comments, pings and what else is no event, so often; 0: never.
    noise: usize,
    last_line_ends: bool,
}

/// Keys that no wire knows, with what might mislead a reader that looks too far.
const UNKNOWN: [(&str, &str); 8] = [
    ("x", "1"),
    ("modelVersion", "\"1.0\""),
    ("isFinal", "true"),
    ("meta", "{\"text\":\"no\",\"message\":{\"content\":[{\"text\":\"no\"}]},\"finishReason\":\"stop\",\"error\":\"no\"}"),
    ("list", "[1,[],{},\"\\ud83d\"]"),
    ("size", "-1.5e-3"),
    ("data: ", "\"[DONE]\""),
    ("nothing", "null"),
];

impl Hand {
    pub fn new(random: &mut Random) -> Hand {
        let blank = !random.chance(4);
        Hand {
            spaces: random.chance(4),
            lines: blank && random.chance(12),
            shuffles: random.chance(2),
            unknown: random.chance(3),
            escapes: *random.pick(&[0, 0, 0, 20, 3]),
            end_of_line: *random.pick(&["\n", "\n", "\r\n", "\r"]),
            blank,
            colon: *random.pick(&[": ", ": ", ":"]),
            byte_order_mark: random.chance(12),
            noise: *random.pick(&[0, 0, 8, 2]),
            last_line_ends: !random.chance(4),
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
                let more = if self.unknown && matches!(json, Json::Open(_)) {
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
        if self.lines && random.chance(4) {
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

    /// The lines of a stream, and for each item where its last byte that counts has passed.
    pub fn stream(&self, items: &[Item], random: &mut Random) -> (Vec<u8>, Vec<usize>) {
        let mut out = String::with_capacity(1024);
        let mut ends = Vec::with_capacity(items.len());
        if self.byte_order_mark {
            out.push('\u{FEFF}');
        }
        for item in items {
            if self.noise > 0 && random.chance(self.noise) {
                self.no_event(random, &mut out);
            }
            match item {
                Item::Event(event) => {
                    let json = self.json(&event.json, random);
                    let space = if self.spaces { " " } else { "" };
                    ends.push(self.data(&json, space, &mut out));
                }
                Item::Done => ends.push(self.data("[DONE]", "", &mut out)),
                Item::Broken { name, data } => {
                    if let Some(name) = name {
                        self.line(&format!("event{}{name}", self.colon), &mut out);
                    }
                    ends.push(self.data(data, "", &mut out));
                    // What is not JSON needs its blank line to be known for whole.
                    out.push_str(self.end_of_line);
                }
            }
        }
        if self.noise > 0 && random.chance(self.noise) {
            self.no_event(random, &mut out);
        }
        if !self.last_line_ends {
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
        if self.blank {
            out.push_str(self.end_of_line);
        }
        end
    }

    fn no_event(&self, random: &mut Random, out: &mut String) {
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

/// What a stream is made of.
#[derive(Clone, Debug)]
pub enum Item {
    Event(Event),
    Done,
    /// An event that ends an answer badly: perhaps with a name, perhaps no JSON.
    Broken {
        name: Option<&'static str>,
        data: String,
    },
}

/// An event, and what it means for the end of the answer.
#[derive(Clone, Debug)]
pub struct Event {
    pub json: Json,
    /// The choices that it speaks of, with the text that it adds to each.
    pub says: Vec<(u32, Units)>,
    /// The choices that it ends.
    pub ends: Vec<u32>,
    /// It ends the answer without a word on why.
    pub over: bool,
}
