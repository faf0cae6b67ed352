//! Valid streams of each wire format, by sections 3 and 4 of `../shared/protocol/oci-chat.md`, and
//! events that end an answer with an error.

mod cohere;
mod cohere_v2;
mod failures;
mod generic;
mod openai;

pub use failures::failure;

use serde_json::{json, Value};

use super::expected::{Choice, GeneratedStream};
use super::extras::{random_annotation, random_logprobs};
use super::items::{Event, Item};
use super::json::{literal, text, Json, Members};
use super::text::{lossy, random_text, split_units, Units};
use super::tool_call_text::text_with_tool_calls;
use super::tool_calls::{
    random_tool_calls, Fragment, COHERE_V2_STYLES, GENERIC_STYLES, OPENAI_STYLES,
};
use crate::support::{Random, Wire};

/// A stream of a wire format. With `tool_text`, the model writes its tool calls into the text.
pub fn valid_stream(random: &mut Random, wire: Wire, tool_text: bool) -> GeneratedStream {
    match wire {
        Wire::Generic => generic::stream(random, tool_text),
        Wire::Cohere => cohere::stream(random, tool_text),
        Wire::CohereV2 => cohere_v2::stream(random, tool_text),
        Wire::OpenAi => openai::stream(random),
    }
}

/// What one event adds to one choice.
#[derive(Clone, Debug, Default)]
struct Delta {
    reasoning: Option<Units>,
    parts: Vec<Units>,
    refusal: Option<Units>,
    plan: Option<Units>,
    annotation: Option<Value>,
    logprobs: Option<Value>,
    calls: Vec<Fragment>,
}

impl Delta {
    fn of_text(text: Units) -> Delta {
        Delta {
            parts: vec![text],
            ..Delta::default()
        }
    }

    fn text(&self) -> Units {
        self.parts.concat()
    }

    /// The tool calls, if there are any, in the form of a wire format.
    fn calls_json(
        &self,
        random: &mut Random,
        to_json: impl Fn(&Fragment, &mut Random) -> Json,
    ) -> Option<Json> {
        let calls: Vec<Json> = self
            .calls
            .iter()
            .map(|call| to_json(call, random))
            .collect();
        (!calls.is_empty()).then_some(Json::List(calls))
    }
}

fn parts_of(parts: &[Units], random: &mut Random) -> Vec<Json> {
    let part = |part: &Units| {
        Members::default()
            .with("type", literal("TEXT"))
            .with("text", Json::Text(part.clone()))
    };
    parts
        .iter()
        .map(|units| part(units).nulls(random, &[]))
        .collect()
}

/// A choice, and the deltas in which it is sent.
fn random_choice(
    random: &mut Random,
    index: u32,
    wire: Wire,
    tool_text: bool,
) -> (Choice, Vec<Delta>) {
    let mut choice = Choice {
        index,
        ..Choice::default()
    };
    let mut deltas = Vec::new();
    if random.chance(5) {
        let reasoning = random_text(random, 4);
        choice.reasoning = lossy(&reasoning);
        deltas.extend(
            split_units(random, &reasoning, 4)
                .into_iter()
                .map(|piece| Delta {
                    reasoning: Some(piece),
                    ..Delta::default()
                }),
        );
    }
    let (written, visible, text_calls) = if tool_text {
        text_with_tool_calls(random)
    } else {
        let written = random_text(random, 6);
        let visible = lossy(&written);
        (written, visible, Vec::new())
    };
    choice.text = visible;
    choice.calls = text_calls;
    for piece in split_units(random, &written, 5) {
        match deltas.last_mut() {
            // Several parts in one event, and text in the last event of the reasoning.
            Some(last) if wire != Wire::OpenAi && random.chance(8) => last.parts.push(piece),
            Some(last) if last.parts.is_empty() && random.chance(8) => last.parts.push(piece),
            _ => deltas.push(Delta::of_text(piece)),
        }
    }
    if wire != Wire::CohereV2 {
        if random.chance(8) {
            let refusal = random_text(random, 4);
            choice.refusal = lossy(&refusal);
            deltas.extend(
                split_units(random, &refusal, 3)
                    .into_iter()
                    .map(|piece| Delta {
                        refusal: Some(piece),
                        ..Delta::default()
                    }),
            );
        }
        if random.chance(8) {
            for _ in 0..=random.below(2) {
                let (oci, openai) = random_annotation(random);
                let sent = if wire == Wire::OpenAi {
                    openai.clone()
                } else {
                    oci
                };
                choice.annotations.push(openai);
                delta_for_annotation(random, &mut deltas).annotation = Some(sent);
            }
        }
        if random.chance(8) {
            // The logprobs of a choice are in the order of its events.
            for delta in deltas.iter_mut().filter(|delta| !delta.parts.is_empty()) {
                let (oci, mut openai) = random_logprobs(random);
                delta.logprobs = Some(if wire == Wire::OpenAi {
                    json!({"content": openai, "refusal": null})
                } else {
                    oci
                });
                choice.logprobs.append(&mut openai);
            }
        }
    }
    if !tool_text && random.chance(3) {
        let styles = match wire {
            Wire::OpenAi => &OPENAI_STYLES[..],
            Wire::CohereV2 => &COHERE_V2_STYLES,
            _ => &GENERIC_STYLES,
        };
        let (calls, events) = random_tool_calls(random, styles, wire != Wire::OpenAi);
        choice.calls = calls;
        deltas.extend(events.into_iter().map(|calls| Delta {
            calls,
            ..Delta::default()
        }));
    }
    (choice, deltas)
}

/// The last delta, or a new one after it, so that annotations keep their order.
fn delta_for_annotation<'a>(random: &mut Random, deltas: &'a mut Vec<Delta>) -> &'a mut Delta {
    let has_room = deltas.last().is_some_and(|last| last.annotation.is_none());
    if !has_room || random.chance(2) {
        deltas.push(Delta::default());
    }
    deltas.last_mut().unwrap()
}

/// Finishes a choice for a random reason. `reasons` has the service's names and OpenAI's.
fn random_finish(
    random: &mut Random,
    reasons: &[(&'static str, &'static str)],
    choice: &mut Choice,
) -> Json {
    let (reason, openai) = *random.pick(reasons);
    // With tool calls, OpenAI's reason is that, whatever the service's is.
    choice.finish = if choice.calls.is_empty() {
        openai
    } else {
        "tool_calls"
    };
    choice.oci_finish = Some(reason);
    text(reason)
}

/// Interleaves the events of several choices. Each choice keeps its order.
fn interleave(random: &mut Random, mut choices: Vec<Vec<Event>>) -> Vec<Item> {
    choices.iter_mut().for_each(|events| events.reverse());
    let mut items = Vec::new();
    while !choices.is_empty() {
        let at = random.below(choices.len());
        match choices[at].pop() {
            Some(event) => items.push(Item::Event(event)),
            None => drop(choices.swap_remove(at)),
        }
    }
    items
}

fn number_of_choices(random: &mut Random) -> u32 {
    if random.chance(8) {
        2 + random.below(2) as u32
    } else {
        1
    }
}

/// The finish reason of a choice for which the service sends none.
fn default_finish(choice: &Choice) -> &'static str {
    if choice.calls.is_empty() {
        "stop"
    } else {
        "tool_calls"
    }
}
