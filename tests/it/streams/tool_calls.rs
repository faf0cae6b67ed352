//! Random tool calls, in the events of a stream.

use super::expected::{Arguments, ToolCall};
use super::json::{literal, raw, text, Json, Members, NULL};
use super::text::{split_units, units, Units};
use crate::support::Random;

/// A part of a call, in one event.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    /// Only OpenAI's protocol sends it.
    pub index: usize,
    pub id: Option<String>,
    pub name: Option<&'static str>,
    pub arguments: Option<Units>,
    /// Whether the name is left out rather than null or empty.
    pub nameless: bool,
}

/// How backends send their calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallStyle {
    /// Llama: id and name, then fragments without either.
    Fragmented,
    /// xAI: complete calls, one for each event.
    Whole,
    /// Gemini: a name opens a call, complete or in fragments.
    WithoutIds,
    /// All in one event.
    Bundled,
    /// As `Bundled`, without ids.
    BundledWithoutIds,
    /// Fragments of several calls, distinguished by their ids.
    Interleaved,
    /// A new id with each fragment.
    ChangingIds,
    /// The id first, the name in the next event.
    LateName,
}

use CallStyle::{
    Bundled, BundledWithoutIds, ChangingIds, Fragmented, Interleaved, LateName, Whole, WithoutIds,
};

pub const GENERIC_STYLES: [CallStyle; 8] = [
    Fragmented,
    Whole,
    WithoutIds,
    Bundled,
    BundledWithoutIds,
    Interleaved,
    ChangingIds,
    LateName,
];
pub const COHERE_V2_STYLES: [CallStyle; 4] = [Fragmented, Whole, Bundled, Interleaved];
pub const OPENAI_STYLES: [CallStyle; 4] = [Fragmented, Whole, Bundled, Interleaved];

const NAMES: [&str; 4] = ["f", "get_weather", "f", "Zürich-1"];

const ARGUMENTS: [&str; 9] = [
    "{}",
    "{\"x\":1}",
    "{ \"x\" : [1, 2] }",
    "{\"city\":\"São Paulo 😀\"}",
    "{\"a\":{\"a\":1}}",
    "{\"s\":\"\\\"quoted\\\" \\n <tool_call>\"}",
    "{\"e\":\"\\ud83d\\ude00\"}",
    "{\"k\":null,\"l\":\"\"}",
    "{\"long\":\"xxxxxxxxxxxxxxxxxxxxxxxx\"}",
];

/// Random calls, and the events in which they are sent, each with the fragments of its calls.
/// Services that restate send a call once more in a later event.
pub fn random_tool_calls(
    random: &mut Random,
    styles: &[CallStyle],
    restates: bool,
) -> (Vec<ToolCall>, Vec<Vec<Fragment>>) {
    let style = *random.pick(styles);
    let (mut calls, mut events, mut queues) = (Vec::new(), Vec::<Vec<Fragment>>::new(), Vec::new());
    for index in 0..=random.below(3) {
        let call = CallToSend::random(random, style, index);
        calls.push(call.expected());
        match style {
            Whole | Bundled | BundledWithoutIds => {
                let whole = call.whole(random);
                match events.last_mut() {
                    Some(_) if style != Whole => events[0].push(whole),
                    _ => events.push(vec![whole]),
                }
            }
            WithoutIds if random.chance(2) => events.push(vec![call.whole(random)]),
            LateName => {
                events.push(vec![Fragment {
                    name: None,
                    nameless: true,
                    ..call.opener()
                }]);
                let mut rest = call.fragments(random, style);
                match rest.first_mut() {
                    Some(first) => first[0].name = Some(call.name),
                    None => rest.push(vec![Fragment {
                        index,
                        name: Some(call.name),
                        ..Fragment::default()
                    }]),
                }
                events.append(&mut rest);
            }
            Fragmented | WithoutIds | ChangingIds | Interleaved => {
                events.push(vec![Fragment {
                    arguments: no_arguments(random),
                    ..call.opener()
                }]);
                let mut rest = call.fragments(random, style);
                if style == Interleaved {
                    rest.reverse();
                    queues.push(rest);
                } else {
                    events.append(&mut rest);
                }
            }
        }
    }
    while !queues.is_empty() {
        let at = random.below(queues.len());
        match queues[at].pop() {
            Some(event) => events.push(event),
            None => drop(queues.swap_remove(at)),
        }
    }
    if restates && random.chance(4) {
        events.extend(restatements(random, &calls));
    }
    (calls, events)
}

/// Events that repeat calls with an id, with or without their arguments.
fn restatements(random: &mut Random, calls: &[ToolCall]) -> Vec<Vec<Fragment>> {
    let mut events = Vec::new();
    let calls = calls.iter().enumerate();
    for (index, call) in calls.filter(|(_, call)| call.id.is_some()) {
        let Arguments::Exact(whole) = call.arguments else {
            continue;
        };
        let has_arguments = whole != "{}" && random.chance(2);
        events.push(vec![Fragment {
            index,
            id: call.id.clone(),
            name: Some(call.name),
            arguments: has_arguments.then(|| units(whole)),
            nameless: false,
        }]);
    }
    events
}

/// An absent or an empty string.
fn no_arguments(random: &mut Random) -> Option<Units> {
    random.chance(2).then(Units::new)
}

/// A call before it is divided into fragments.
struct CallToSend {
    index: usize,
    id: Option<String>,
    name: &'static str,
    /// `None`: the service sends no arguments, which stands for `{}`.
    arguments: Option<&'static str>,
}

impl CallToSend {
    fn random(random: &mut Random, style: CallStyle, index: usize) -> CallToSend {
        let name = *random.pick(&NAMES);
        let has_id = !matches!(style, WithoutIds | BundledWithoutIds);
        CallToSend {
            index,
            id: has_id.then(|| format!("call_{}{index}", random.below(1000))),
            name,
            arguments: (!random.chance(6)).then(|| *random.pick(&ARGUMENTS)),
        }
    }

    fn expected(&self) -> ToolCall {
        ToolCall {
            id: self.id.clone(),
            name: self.name,
            arguments: Arguments::Exact(self.arguments.unwrap_or("{}")),
        }
    }

    fn opener(&self) -> Fragment {
        Fragment {
            index: self.index,
            id: self.id.clone(),
            name: Some(self.name),
            ..Fragment::default()
        }
    }

    fn whole(&self, random: &mut Random) -> Fragment {
        let arguments = self.arguments.map(units);
        Fragment {
            arguments: arguments.or_else(|| no_arguments(random)),
            ..self.opener()
        }
    }

    /// The arguments in pieces, an event each.
    fn fragments(&self, random: &mut Random, style: CallStyle) -> Vec<Vec<Fragment>> {
        let arguments = self.arguments.map(units);
        let pieces = arguments.map(|arguments| split_units(random, &arguments, 4));
        let mut events = Vec::new();
        for piece in pieces.unwrap_or_default() {
            let is_empty = piece.is_empty();
            let mut fragment = Fragment {
                index: self.index,
                arguments: Some(piece),
                ..Fragment::default()
            };
            if style == Interleaved {
                fragment.id.clone_from(&self.id);
                fragment.name = random.chance(4).then_some(self.name);
            }
            if style == ChangingIds && !is_empty {
                fragment.id = Some(format!("fresh_{}", random.next()));
            }
            events.push(vec![fragment]);
        }
        events
    }
}

impl Fragment {
    /// A string, or one of the forms of none: absent, null or empty.
    fn string(random: &mut Random, value: Option<&str>) -> Option<Json> {
        match value {
            Some(value) => Some(text(value)),
            None => match random.below(6) {
                0 => Some(text("")),
                1 => Some(raw(NULL)),
                _ => None,
            },
        }
    }

    fn id_json(&self, random: &mut Random) -> Option<Json> {
        Fragment::string(random, self.id.as_deref())
    }

    fn name_json(&self, random: &mut Random) -> Option<Json> {
        if self.nameless {
            return None;
        }
        Fragment::string(random, self.name)
    }

    fn arguments_json(&self, random: &mut Random) -> Option<Json> {
        match &self.arguments {
            Some(arguments) => Some(Json::Text(arguments.clone())),
            None => Fragment::string(random, None),
        }
    }

    /// `FunctionCall` of GENERIC.
    pub fn generic(&self, random: &mut Random) -> Json {
        let kind = (!random.chance(8)).then(|| literal("FUNCTION"));
        let (id, name, arguments) = (
            self.id_json(random),
            self.name_json(random),
            self.arguments_json(random),
        );
        let members = Members::default()
            .maybe("type", kind)
            .maybe("id", id)
            .maybe("name", name);
        members.maybe("arguments", arguments).nulls(random, &[])
    }

    /// `CohereToolCallV2` of COHEREV2.
    pub fn cohere_v2(&self, random: &mut Random) -> Json {
        let (id, name, arguments) = (
            self.id_json(random),
            self.name_json(random),
            self.arguments_json(random),
        );
        let function = Members::default()
            .maybe("name", name)
            .maybe("arguments", arguments)
            .nulls(random, &[]);
        let kind = (self.id.is_some() || random.chance(2)).then(|| literal("FUNCTION"));
        Members::default()
            .maybe("id", id)
            .maybe("type", kind)
            .with("function", function)
            .nulls(random, &[])
    }

    /// OpenAI's form, without variations, because it is passed through.
    pub fn openai(&self) -> Json {
        let arguments = Json::Text(self.arguments.clone().unwrap_or_default());
        let function = Members::default()
            .maybe("name", self.name.map(text))
            .with("arguments", arguments);
        let members = Members::default()
            .with("index", raw(self.index))
            .maybe("id", self.id.as_deref().map(text));
        members
            .maybe("type", self.name.map(|_| literal("function")))
            .with("function", function.closed())
            .closed()
    }
}
