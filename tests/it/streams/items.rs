//! The items of a stream, and what they mean for the answer.

use super::json::Json;
use super::text::{lossy, Units};

/// A part of a stream.
#[derive(Clone, Debug)]
pub enum Item {
    Event(Event),
    /// `[DONE]`.
    Done,
    /// An event that ends the answer with an error. Its data need not be JSON.
    Failure {
        name: Option<&'static str>,
        data: String,
    },
}

/// An event, and what it means for the answer.
#[derive(Clone, Debug)]
pub struct Event {
    pub json: Json,
    /// The choices that it is about, with the text that it adds to each.
    pub texts: Vec<(u32, Units)>,
    /// The choices that it finishes.
    pub finishes: Vec<u32>,
    /// Whether it ends the answer without a finish reason.
    pub ends_answer: bool,
}

impl Event {
    /// An event about one choice.
    pub fn new(json: Json, choice: u32, text: Units, is_finish: bool) -> Event {
        Event {
            json,
            texts: vec![(choice, text)],
            finishes: if is_finish { vec![choice] } else { Vec::new() },
            ends_answer: false,
        }
    }
}

impl Item {
    /// An event about no choice.
    pub fn without_choice(json: Json) -> Item {
        Item::Event(Event {
            json,
            texts: Vec::new(),
            finishes: Vec::new(),
            ends_answer: false,
        })
    }
}

/// Whether every choice of these items is finished.
pub fn is_finished(items: &[Item]) -> bool {
    let (mut choices, mut finished, mut has_ended) = (Vec::new(), Vec::new(), false);
    for item in items {
        match item {
            Item::Event(event) => {
                choices.extend(event.texts.iter().map(|(choice, _)| *choice));
                finished.extend(&event.finishes);
                has_ended |= event.ends_answer;
            }
            Item::Done => has_ended = true,
            Item::Failure { .. } => {}
        }
    }
    let mut choices = choices.iter();
    has_ended || (!finished.is_empty() && choices.all(|choice| finished.contains(choice)))
}

/// The text that these items add to a choice, as far as it can be decoded: a leading surrogate is
/// held back until its trailing one arrives.
pub fn text_of(items: &[Item], choice: u32) -> String {
    let (mut text, mut is_finished) = (Units::new(), false);
    for item in items {
        if let Item::Event(event) = item {
            for (_, piece) in event.texts.iter().filter(|(of, _)| *of == choice) {
                text.extend(piece);
            }
            is_finished |= event.finishes.contains(&choice);
        }
    }
    let is_leading = |unit: &u16| (0xD800..0xDC00).contains(unit);
    if !is_finished && text.last().is_some_and(is_leading) {
        text.pop();
    }
    lossy(&text)
}
