//! The event that a model's stream repeats, learnt: nearly all events of a stream differ in one string, the next piece of the
//! text, and in the padding that OCI adds. Once such an event has been read as JSON, another one that has the same bytes
//! everywhere else is known to say the same thing with another string, and is not read again.
//!
//! Why this is safe: what stands around the strings is compared byte by byte, and the strings themselves are scanned to their
//! closing quotes by the rules of JSON. An event that matches therefore has the tokens of the learnt one, string contents
//! aside, and the wire would have told of it what it told of the learnt one. Whatever does not match is read in full.

use std::borrow::Cow;

use crate::json::{is_at, quote, unescaped, Json};
use crate::openai::Text;

/// What an event said, if it said one string and nothing else.
pub(crate) type Learnt<'a> = Option<Said<'a>>;

/// One string that an event said.
#[derive(Clone, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) choice: u32,
    pub(crate) what: Plain,
    /// Where it stood.
    hole: Json<'a>,
}

/// What the string is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Plain {
    /// The next piece of the text.
    Text,
    /// The next piece of the reasoning.
    Reasoning,
    /// The next piece of a call's arguments, with the id and the name that stand beside it.
    Arguments {
        id: Option<Text<'static>>,
        name: Option<Text<'static>>,
    },
}

impl Plain {
    pub(crate) fn arguments(id: &Option<Text<'_>>, name: &Option<Text<'_>>) -> Plain {
        let kept =
            |text: &Option<Text<'_>>| text.as_ref().map(|text| Text(Cow::Owned(text.0.to_vec())));
        Plain::Arguments {
            id: kept(id),
            name: kept(name),
        }
    }
}

/// Follows a wire while it tells an event.
#[derive(Debug)]
pub(crate) struct Learning<'a> {
    choice: u32,
    said: Option<(Plain, Json<'a>)>,
    more: bool,
}

impl<'a> Learning<'a> {
    pub(crate) fn new(choice: u32) -> Self {
        Learning {
            choice,
            said: None,
            more: false,
        }
    }

    /// The event says this string.
    pub(crate) fn one(&mut self, what: Plain, hole: Option<Json<'a>>) {
        self.more |= self.said.is_some();
        self.said = hole
            .filter(|hole| hole.is_string())
            .map(|hole| (what, hole));
    }

    /// The event says something that is no string of that kind.
    pub(crate) fn no_more(&mut self) {
        self.more = true;
    }

    pub(crate) fn end(self) -> Learnt<'a> {
        let (what, hole) = self.said.filter(|_| !self.more)?;
        Some(Said {
            choice: self.choice,
            what,
            hole,
        })
    }
}

/// An event, without the strings that change from one to the next.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) choice: u32,
    pub(crate) what: Plain,
    /// What stands before the first string that changes, after each, and at the end; with the quotes.
    literals: [Vec<u8>; 3],
    /// How many strings change.
    holes: usize,
    /// Which of them is the one that counts.
    said: usize,
}

/// A string of an event that matched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    content: &'a [u8],
    escapes: bool,
    /// How long the event is.
    pub(crate) end: usize,
}

impl Template {
    /// Learns an event that has been read.
    pub(crate) fn learn(event: &[u8], said: &Said<'_>) -> Option<Template> {
        // What came in several data lines is an event only where it comes so again, and not as bytes that follow each other.
        if event.contains(&b'\n') {
            return None;
        }
        let span = |json: Json<'_>| {
            let start = json.offset_in(event) + 1;
            (start, start + json.as_bytes().len().checked_sub(2)?).into()
        };
        let told: (usize, usize) = span(said.hole)?;
        let pad = Json::read(event)
            .ok()?
            .get("pad")
            .filter(|pad| pad.is_string())
            .and_then(span);
        let (first, second) = match pad {
            Some(pad) if pad.0 < told.0 => (pad, Some(told)),
            pad => (told, pad),
        };
        let literal = |from: usize, to: usize| event.get(from..to).map(<[u8]>::to_vec);
        let literals = match second {
            Some(second) => [
                literal(0, first.0)?,
                literal(first.1, second.0)?,
                literal(second.1, event.len())?,
            ],
            None => [
                literal(0, first.0)?,
                literal(first.1, event.len())?,
                Vec::new(),
            ],
        };
        let holes = 1 + usize::from(second.is_some());
        Some(Template {
            choice: said.choice,
            what: said.what.clone(),
            literals,
            holes,
            said: usize::from(first != told),
        })
    }

    /// The string that counts, if bytes begin with an event like this one.
    #[inline(always)]
    pub(crate) fn find<'a>(&self, bytes: &'a [u8]) -> Option<Found<'a>> {
        let [before, between, after] = &self.literals;
        let first = before.len();
        if !is_at(bytes, 0, before) {
            return None;
        }
        let (mut end, mut escapes) = quote(bytes, first)?;
        let (mut start, mut quoted) = (first, end);
        if !is_at(bytes, end, between) {
            return None;
        }
        end += between.len();
        if self.holes > 1 {
            let second = end;
            let (second_end, second_escapes) = quote(bytes, second)?;
            if !is_at(bytes, second_end, after) {
                return None;
            }
            end = second_end + after.len();
            if self.said > 0 {
                (start, quoted, escapes) = (second, second_end, second_escapes);
            }
        }
        Some(Found {
            content: bytes.get(start..quoted)?,
            escapes,
            end,
        })
    }
}

impl<'a> Found<'a> {
    #[inline(always)]
    pub(crate) fn text(self) -> Text<'a> {
        Text(if self.escapes {
            unescaped(self.content)
        } else {
            Cow::Borrowed(self.content)
        })
    }
}

/// The templates of one stream: a text, a reasoning and a call or two may take turns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Templates {
    known: Vec<Template>,
    /// How many were learnt since one was last of use.
    idle: u32,
}

const MOST_KNOWN: usize = 4;
/// A stream whose every event differs is not learnt from for ever: only each so manieth event then.
const MOST_IDLE: u32 = 16;

impl Templates {
    /// The template that bytes begin with an event of.
    #[inline(always)]
    pub(crate) fn find<'a>(&mut self, bytes: &'a [u8]) -> Option<(&Template, Found<'a>)> {
        let (template, found) = self
            .known
            .iter()
            .find_map(|known| Some((known, known.find(bytes)?)))?;
        self.idle = 0;
        Some((template, found))
    }

    /// Forgets what was learnt.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// Learns an event that has been read in full.
    pub(crate) fn learn(&mut self, event: &[u8], said: &Said<'_>) {
        self.idle += 1;
        if self.idle > MOST_IDLE && !self.idle.is_multiple_of(MOST_IDLE) {
            return;
        }
        if let Some(template) = Template::learn(event, said) {
            self.known.truncate(MOST_KNOWN - 1);
            self.known.insert(0, template);
        }
    }
}
