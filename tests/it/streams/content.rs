//! What a model might say, and what a client should hear of it.

use super::writer::{raw, text, units, word, Event, Item, Json, Members, Units, NULL};
use crate::support::Random;
use serde_json::{json, Map, Value};

/// A stream, and what is to be heard of it.
#[derive(Clone, Debug)]
pub struct Made {
    pub items: Vec<Item>,
    pub expected: Expected,
}

#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// By their index.
    pub choices: Vec<Choice>,
    pub usage: Option<Value>,
    pub service_tier: Option<&'static str>,
    /// `oci` of the completion, but for the reason.
    pub extras: Map<String, Value>,
    /// The id that the service itself gave the answer.
    pub id: Option<String>,
}

#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub index: u32,
    pub text: String,
    pub reasoning: String,
    pub refusal: String,
    pub calls: Vec<Call>,
    pub annotations: Vec<Value>,
    pub logprobs: Vec<Value>,
    /// OpenAI's word.
    pub finish: &'static str,
    /// The service's own, if it gave one.
    pub word: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Call {
    /// Where the service gave none, any will do.
    pub id: Option<String>,
    pub name: &'static str,
    pub arguments: Arguments,
}

#[derive(Clone, Debug)]
pub enum Arguments {
    /// To the letter.
    Text(&'static str),
    /// In any spelling.
    Value(&'static str),
}

// ---------------------------------------------------------------- text

const WORDS: [&str; 26] = [
    "a",
    " the",
    "Hello",
    ", ",
    "\n\n",
    "\t",
    "é",
    "ß",
    "日本",
    "😀",
    "👩‍💻",
    "𝕏",
    "\u{2028}",
    "\u{85}",
    "\u{0}",
    "\u{FEFF}",
    "\"",
    "\\",
    "/",
    "<",
    "</tool_call>",
    "data: {}",
    "[DONE]",
    "\r\n",
    "{\"finishReason\":\"stop\"}",
    "\u{7f}",
];

/// A few words; nothing, now and then.
pub fn words(random: &mut Random, most: usize) -> String {
    (0..random.below(most + 1))
        .map(|_| *random.pick(&WORDS))
        .collect()
}

/// Text that a service might write, seldom with half a character.
pub fn text_of(random: &mut Random, most: usize) -> Units {
    let mut text = units(&words(random, most));
    if random.chance(40) {
        text.insert(
            random.below(text.len() + 1),
            *random.pick(&[0xD83D, 0xDE00]),
        );
    }
    text
}

/// What a reader of UTF-8 sees of it.
pub fn seen(units: &[u16]) -> String {
    String::from_utf16_lossy(units)
}

pub fn cut(random: &mut Random, whole: &[u16], most: usize) -> Vec<Units> {
    let mut ends: Vec<usize> = (0..random.below(most))
        .map(|_| random.below(whole.len() + 1))
        .collect();
    ends.push(whole.len());
    ends.sort_unstable();
    let mut from = 0;
    let mut piece = |end| whole[std::mem::replace(&mut from, end)..end].to_vec();
    ends.into_iter().map(&mut piece).collect()
}

// ---------------------------------------------------------------- text with calls in it

const TEXT_CALLS: [(&str, &[(&str, &str)]); 12] = [
    ("<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":1}}</tool_call>", &[("f", "{\"x\":1}")]),
    ("<tool_call>\n{\"name\": \"g\", \"arguments\": {\"city\": \"São 😀\"}}\n</tool_call>", &[("g", "{\"city\":\"São 😀\"}")]),
    ("<tool_calling>{\"name\":\"f\",\"arguments\":\"{}\"}</tool_calling>", &[("f", "{}")]),
    ("<tool_calling> {\"arguments\":{\"b\":[1,{}]},\"name\":\"h\"} </tool_calling>", &[("h", "{\"b\":[1,{}]}")]),
    ("<tool_call>{\"name\":\"f\"}</tool_call>", &[("f", "{}")]),
    ("<tool_call>{\"name\":\"f\",\"arguments\":null}</tool_call>", &[("f", "{}")]),
    ("<tool_call>{\"name\":\"g\",\"parameters\":{\"x\":\"y\"}}</tool_call>", &[("g", "{\"x\":\"y\"}")]),
    (
        "<tool_call>{\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":{\"x\":2}}}</tool_call>",
        &[("f", "{\"x\":2}")],
    ),
    ("<tool_call>[{\"name\":\"f\"},{\"name\":\"g\",\"arguments\":{\"x\":3}}]</tool_call>", &[("f", "{}"), ("g", "{\"x\":3}")]),
    ("<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":\"</tool_call>\"}}</tool_call>", &[("f", "{\"x\":\"</tool_call>\"}")]),
    ("<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":\"<tool_call>\"}}</tool_call>", &[("f", "{\"x\":\"<tool_call>\"}")]),
    ("<tool_call>{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}</tool_call>", &[("f", "{\"x\":1}")]),
];

/// These stay text.
const NO_CALLS: [&str; 12] = [
    "<tool_call>not json</tool_call>",
    "<tool_call>{\"name\": }</tool_call>",
    "<tool_call>{\"no\":\"name\"}</tool_call>",
    "<tool_calling>[]</tool_calling>",
    "<tool_call>{\"name\":\"\"}</tool_call>",
    "<tool_box>",
    "<tool",
    "<tool_cal ",
    "the <tool_call> tag",
    "<<b>bold</b>",
    // A brace that the model forgot, and none of the calls after it.
    "<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":1}</tool_call>",
    "<tool_calling>{\"name\":\"f\"</tool_calling>",
];

/// Text with calls between its words: as the model writes it, the text that remains, the calls.
pub fn text_with_calls(random: &mut Random) -> (Units, String, Vec<Call>) {
    let (mut written, mut remains, mut calls) = (String::new(), String::new(), Vec::new());
    // White space after a call is text only where text follows.
    let mut gap = String::new();
    let mut after_call = false;
    for _ in 0..=random.below(4) {
        match random.below(4) {
            0 | 1 => {
                let (tags, made) = *random.pick(&TEXT_CALLS);
                written.push_str(tags);
                gap.clear();
                after_call = true;
                let call = |&(name, arguments)| Call {
                    id: None,
                    name,
                    arguments: Arguments::Value(arguments),
                };
                calls.extend(made.iter().map(call));
                if random.chance(2) {
                    gap.push_str(*random.pick(&["\n", " ", "\n\n \t"]));
                    written.push_str(&gap);
                }
            }
            kind => {
                let text = if kind == 2 {
                    (*random.pick(&NO_CALLS)).to_owned()
                } else {
                    words(random, 4)
                };
                written.push_str(&text);
                let blank = text.len() - text.trim_start().len();
                if after_call && blank == text.len() {
                    gap.push_str(&text);
                } else {
                    remains.push_str(&std::mem::take(&mut gap));
                    remains.push_str(&text);
                    after_call = false;
                }
            }
        }
    }
    match random.below(16) {
        0 => {
            written.push_str("<tool_call>{\"name\":\"f\",\"arguments\":{\"x\":9}}");
            calls.push(Call {
                id: None,
                name: "f",
                arguments: Arguments::Value("{\"x\":9}"),
            });
            gap.clear();
        }
        1 => {
            let open = random.pick(&[
                "<tool_call>{\"name\":\"f\"",
                "<tool_call",
                "<tool_calling>",
                "<",
            ]);
            written.push_str(open);
            remains.push_str(&std::mem::take(&mut gap));
            remains.push_str(open);
        }
        _ => {}
    }
    (units(&written), remains, calls)
}

// ---------------------------------------------------------------- calls

/// What one event says of one call.
#[derive(Clone, Debug, Default)]
pub struct Fragment {
    /// OpenAI's protocol alone has it.
    pub index: usize,
    pub id: Option<String>,
    pub name: Option<&'static str>,
    pub arguments: Option<Units>,
    /// A name that is not there must not look like an empty one.
    pub nameless: bool,
}

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

/// How backends send their calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Llama: id and name, then fragments without either.
    Opened,
    /// xAI: whole, one an event.
    Whole,
    /// Gemini: a name opens a call, whole or in fragments.
    Named,
    /// All in one event.
    Bundled,
    /// As `Bundled`, without ids.
    NamedBundled,
    /// Fragments of several calls, told apart by their ids.
    Interleaved,
    /// Another id with each fragment.
    Changing,
    /// The id first, the name in the next event.
    LateName,
}

use Manner::{Bundled, Changing, Interleaved, LateName, Named, NamedBundled, Opened, Whole};

pub const GENERIC_MANNERS: [Manner; 8] = [
    Opened,
    Whole,
    Named,
    Bundled,
    NamedBundled,
    Interleaved,
    Changing,
    LateName,
];
pub const COHERE_V2_MANNERS: [Manner; 4] = [Opened, Whole, Bundled, Interleaved];
pub const OPENAI_MANNERS: [Manner; 4] = [Opened, Whole, Bundled, Interleaved];

/// Some calls, and the events in which they come. Services that restate say a call once more in a later event.
pub fn calls(
    random: &mut Random,
    manners: &[Manner],
    restates: bool,
) -> (Vec<Call>, Vec<Vec<Fragment>>) {
    let manner = *random.pick(manners);
    let (mut calls, mut events, mut queues) = (Vec::new(), Vec::<Vec<Fragment>>::new(), Vec::new());
    for index in 0..=random.below(3) {
        let name = *random.pick(&NAMES);
        let given = !matches!(manner, Named | NamedBundled);
        let id = given.then(|| format!("call_{}{index}", random.below(1000)));
        let whole = (!random.chance(6)).then(|| *random.pick(&ARGUMENTS));
        calls.push(Call {
            id: id.clone(),
            name,
            arguments: Arguments::Text(whole.unwrap_or("{}")),
        });
        let nothing = |random: &mut Random| random.chance(2).then(Units::new);
        let all = whole.map(units);
        let opener = Fragment {
            index,
            id: id.clone(),
            name: Some(name),
            ..Fragment::default()
        };
        let mut rest: Vec<Vec<Fragment>> = Vec::new();
        let fragments = |random: &mut Random, rest: &mut Vec<Vec<Fragment>>| {
            for piece in all
                .as_ref()
                .map(|all| cut(random, all, 4))
                .unwrap_or_default()
            {
                let mut fragment = Fragment {
                    index,
                    arguments: Some(piece),
                    ..Fragment::default()
                };
                if manner == Interleaved {
                    fragment.id.clone_from(&id);
                    fragment.name = random.chance(4).then_some(name);
                }
                if manner == Changing
                    && fragment
                        .arguments
                        .as_ref()
                        .is_some_and(|piece| !piece.is_empty())
                {
                    fragment.id = Some(format!("fresh_{}", random.next()));
                }
                rest.push(vec![fragment]);
            }
        };
        match manner {
            Whole | Bundled | NamedBundled => {
                let arguments = all.clone().or_else(|| nothing(random));
                let whole = Fragment {
                    arguments,
                    ..opener.clone()
                };
                match events.last_mut() {
                    Some(_) if manner != Whole => events[0].push(whole),
                    _ => events.push(vec![whole]),
                }
            }
            Named if random.chance(2) => {
                events.push(vec![Fragment {
                    arguments: all.clone().or_else(|| nothing(random)),
                    ..opener.clone()
                }]);
            }
            LateName => {
                events.push(vec![Fragment {
                    name: None,
                    nameless: true,
                    ..opener.clone()
                }]);
                fragments(random, &mut rest);
                match rest.first_mut() {
                    Some(first) => first[0].name = Some(name),
                    None => rest.push(vec![Fragment {
                        index,
                        name: Some(name),
                        ..Fragment::default()
                    }]),
                }
                events.append(&mut rest);
            }
            Opened | Named | Changing | Interleaved => {
                events.push(vec![Fragment {
                    arguments: nothing(random),
                    ..opener.clone()
                }]);
                fragments(random, &mut rest);
                if manner == Interleaved {
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
        for (index, call) in calls
            .iter()
            .enumerate()
            .filter(|(_, call)| call.id.is_some())
        {
            let Arguments::Text(whole) = call.arguments else {
                continue;
            };
            let said = whole != "{}" && random.chance(2);
            let arguments = said.then(|| units(whole));
            events.push(vec![Fragment {
                index,
                id: call.id.clone(),
                name: Some(call.name),
                arguments,
                nameless: false,
            }]);
        }
    }
    (calls, events)
}

impl Fragment {
    /// Nothing is said by leaving out, by null and by an empty string.
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
        let kind = (!random.chance(8)).then(|| word("FUNCTION"));
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

    /// `CohereToolCallV2`
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
        let kind = (self.id.is_some() || random.chance(2)).then(|| word("FUNCTION"));
        Members::default()
            .maybe("id", id)
            .maybe("type", kind)
            .with("function", function)
            .nulls(random, &[])
    }

    /// OpenAI's, to the letter: it is passed on as it is.
    pub fn openai(&self) -> Json {
        let arguments = Json::Text(self.arguments.clone().unwrap_or_default());
        let function = Members::default()
            .maybe("name", self.name.map(text))
            .with("arguments", arguments);
        let members = Members::default()
            .with("index", raw(self.index))
            .maybe("id", self.id.as_deref().map(text));
        members
            .maybe("type", self.name.map(|_| word("function")))
            .with("function", function.closed())
            .closed()
    }
}

// ---------------------------------------------------------------- what goes with it

/// OCI's usage and OpenAI's.
pub fn usage(random: &mut Random) -> (Value, Value) {
    let (prompt, completion) = (random.below(100), random.below(100));
    let total = prompt + completion + if random.chance(4) { 586 } else { 0 };
    let mut oci = json!({"promptTokens": prompt, "totalTokens": total});
    let mut openai =
        json!({"prompt_tokens": prompt, "completion_tokens": 0, "total_tokens": total});
    // A model that spent everything on reasoning has none.
    if !random.chance(8) {
        oci["completionTokens"] = json!(completion);
        openai["completion_tokens"] = json!(completion);
    }
    if random.chance(4) {
        oci["completionTokensDetails"] =
            json!({"reasoningTokens": 5, "acceptedPredictionTokens": 0});
        openai["completion_tokens_details"] =
            json!({"reasoning_tokens": 5, "accepted_prediction_tokens": 0});
    }
    if random.chance(4) {
        oci["promptTokensDetails"] = json!({"cachedTokens": 3});
        openai["prompt_tokens_details"] = json!({"cached_tokens": 3});
    }
    (oci, openai)
}

/// OCI's annotation and OpenAI's.
pub fn annotation(random: &mut Random) -> (Value, Value) {
    let (start, title) = (random.below(9), words(random, 2));
    let oci = json!({"type": "url_citation",
        "urlCitation": {"startIndex": start, "endIndex": start + 1, "title": title, "url": "https://example.com/"}});
    let openai = json!({"type": "url_citation",
        "url_citation": {"start_index": start, "end_index": start + 1, "title": title, "url": "https://example.com/"}});
    (oci, openai)
}

/// OCI's logprobs of a few tokens, and OpenAI's.
pub fn logprobs(random: &mut Random) -> (Value, Vec<Value>) {
    let (mut tokens, mut values, mut tops, mut openai) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=random.below(2) {
        let token = *random.pick(&WORDS);
        let value = -(random.below(64) as f64) / 8.0 - 0.0625;
        // The SDK's model has strings for these numbers.
        let top = if random.chance(2) {
            json!({token: value.to_string()})
        } else {
            json!({token: value})
        };
        tokens.push(json!(token));
        values.push(json!(value));
        tops.push(top);
        let bytes = token.as_bytes();
        openai.push(json!({"token": token, "logprob": value, "bytes": bytes,
            "top_logprobs": [{"token": token, "logprob": value, "bytes": bytes}]}));
    }
    (
        json!({"tokens": tokens, "tokenLogprobs": values, "topLogprobs": tops, "textOffset": []}),
        openai,
    )
}

pub fn pad(random: &mut Random) -> Option<Json> {
    let length = random.below(14);
    (length > 0).then(|| raw(format!("\"{}\"", "a".repeat(length - 1))))
}

/// Whether every choice that these items speak of has ended.
pub fn is_finished(items: &[Item]) -> bool {
    let (mut open, mut ended, mut over) = (Vec::new(), Vec::new(), false);
    for item in items {
        match item {
            Item::Event(event) => {
                open.extend(event.says.iter().map(|(choice, _)| *choice));
                ended.extend(&event.ends);
                over |= event.over;
            }
            Item::Done => over = true,
            Item::Broken { .. } => {}
        }
    }
    over || (!ended.is_empty() && open.iter().all(|choice| ended.contains(choice)))
}

/// The text of a choice that these items say, as far as it can be told: half a character waits for its other half.
pub fn text_so_far(items: &[Item], choice: u32) -> String {
    let (mut all, mut ended) = (Units::new(), false);
    for item in items {
        if let Item::Event(event) = item {
            event
                .says
                .iter()
                .filter(|(of, _)| *of == choice)
                .for_each(|(_, piece)| all.extend(piece));
            ended |= event.ends.contains(&choice);
        }
    }
    if !ended
        && all
            .last()
            .is_some_and(|unit| (0xD800..0xDC00).contains(unit))
    {
        all.pop();
    }
    seen(&all)
}

pub fn event(json: Json, choice: u32, says: Units, ends: bool) -> Event {
    Event {
        json,
        says: vec![(choice, says)],
        ends: if ends { vec![choice] } else { Vec::new() },
        over: false,
    }
}
