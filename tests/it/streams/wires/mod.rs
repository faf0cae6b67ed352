//! Valid streams of each wire, by the document of the protocol (sections 3 and 4), and broken ones.

use super::content::*;
use super::writer::{raw, text, word, Event, Item, Json, Members, Units, NULL};
use crate::support::Random;
use crate::support::Wire;
use serde_json::{json, Value};

/// A stream of a wire. With `tool_text` a model writes its calls into its text.
pub fn valid(random: &mut Random, wire: Wire, tool_text: bool) -> Made {
    match wire {
        Wire::Generic => generic(random, tool_text),
        Wire::Cohere => cohere(random, tool_text),
        Wire::CohereV2 => cohere_v2(random, tool_text),
        Wire::OpenAi => openai(random),
    }
}

/// What one event says of one choice.
#[derive(Clone, Debug, Default)]
struct Saying {
    reasoning: Option<Units>,
    parts: Vec<Units>,
    refusal: Option<Units>,
    plan: Option<Units>,
    annotation: Option<Value>,
    logprobs: Option<Value>,
    calls: Vec<Fragment>,
}

impl Saying {
    fn text(&self) -> Units {
        self.parts.concat()
    }

    fn calls(
        &self,
        random: &mut Random,
        of: impl Fn(&Fragment, &mut Random) -> Json,
    ) -> Option<Json> {
        let calls: Vec<Json> = self.calls.iter().map(|call| of(call, random)).collect();
        (!calls.is_empty()).then_some(Json::List(calls))
    }
}

fn parts_of(parts: &[Units], random: &mut Random) -> Vec<Json> {
    let part = |part: &Units| {
        Members::default()
            .with("type", word("TEXT"))
            .with("text", Json::Text(part.clone()))
    };
    parts
        .iter()
        .map(|units| part(units).nulls(random, &[]))
        .collect()
}

/// A choice, and the order in which it is said.
fn choice(random: &mut Random, index: u32, wire: Wire, tool_text: bool) -> (Choice, Vec<Saying>) {
    let mut choice = Choice {
        index,
        ..Choice::default()
    };
    let mut says = Vec::new();
    if random.chance(5) {
        let reasoning = text_of(random, 4);
        choice.reasoning = seen(&reasoning);
        says.extend(cut(random, &reasoning, 4).into_iter().map(|piece| Saying {
            reasoning: Some(piece),
            ..Saying::default()
        }));
    }
    let (written, remains, text_calls) = if tool_text {
        text_with_calls(random)
    } else {
        let written = text_of(random, 6);
        let remains = seen(&written);
        (written, remains, Vec::new())
    };
    choice.text = remains;
    choice.calls = text_calls;
    for piece in cut(random, &written, 5) {
        match says.last_mut() {
            // Several parts in one event, and text beside the last of the reasoning.
            Some(last) if wire != Wire::OpenAi && random.chance(8) => last.parts.push(piece),
            Some(last) if last.parts.is_empty() && random.chance(8) => last.parts.push(piece),
            _ => says.push(Saying {
                parts: vec![piece],
                ..Saying::default()
            }),
        }
    }
    if wire != Wire::CohereV2 {
        if random.chance(8) {
            let refusal = text_of(random, 4);
            choice.refusal = seen(&refusal);
            says.extend(cut(random, &refusal, 3).into_iter().map(|piece| Saying {
                refusal: Some(piece),
                ..Saying::default()
            }));
        }
        if random.chance(8) {
            for _ in 0..=random.below(2) {
                let (oci, openai) = annotation(random);
                let given = if wire == Wire::OpenAi {
                    openai.clone()
                } else {
                    oci
                };
                choice.annotations.push(openai);
                beside(random, &mut says, |saying| saying.annotation.is_none()).annotation =
                    Some(given);
            }
        }
        if random.chance(8) {
            // In the order of the events, so one pass over them.
            for saying in says.iter_mut().filter(|saying| !saying.parts.is_empty()) {
                let (oci, mut openai) = logprobs(random);
                saying.logprobs = Some(if wire == Wire::OpenAi {
                    json!({"content": openai, "refusal": null})
                } else {
                    oci
                });
                choice.logprobs.append(&mut openai);
            }
        }
    }
    if !tool_text && random.chance(3) {
        let manners = match wire {
            Wire::OpenAi => &OPENAI_MANNERS[..],
            Wire::CohereV2 => &COHERE_V2_MANNERS,
            _ => &GENERIC_MANNERS,
        };
        let (made, events) = calls(random, manners, wire != Wire::OpenAi);
        choice.calls = made;
        says.extend(events.into_iter().map(|calls| Saying {
            calls,
            ..Saying::default()
        }));
    }
    (choice, says)
}

/// An event that has room for it: a later one never, so that an order is kept.
fn beside<'a>(
    random: &mut Random,
    says: &'a mut Vec<Saying>,
    has_room: impl Fn(&Saying) -> bool,
) -> &'a mut Saying {
    let last = says
        .last()
        .is_some_and(|last| has_room(last) && last.annotation.is_none());
    if !last || random.chance(2) {
        says.push(Saying::default());
    }
    says.last_mut().unwrap()
}

/// The service's word for the end of an answer, and OpenAI's.
fn reason(
    random: &mut Random,
    words: &[(&'static str, &'static str)],
    choice: &mut Choice,
) -> Json {
    let (word, openai) = *random.pick(words);
    // Calls win over whatever the service says.
    choice.finish = if choice.calls.is_empty() {
        openai
    } else {
        "tool_calls"
    };
    choice.word = Some(word);
    text(word)
}

/// Several choices at once: each keeps its own order.
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

// ---------------------------------------------------------------- GENERIC

const GENERIC_REASONS: [(&str, &str); 8] = [
    ("stop", "stop"),
    ("STOP", "stop"),
    ("length", "length"),
    ("LENGTH", "length"),
    ("max_tokens", "length"),
    ("content_filter", "content_filter"),
    ("tool_calls", "tool_calls"),
    ("eos", "stop"),
];

fn generic(random: &mut Random, tool_text: bool) -> Made {
    let mut expected = Expected::default();
    let mut queues = Vec::new();
    let count = number_of_choices(random);
    // The service may say `[DONE]` and nothing on why.
    let no_reason = count == 1 && random.chance(16);
    let (oci_usage, openai_usage) = usage(random);
    let has_usage = !random.chance(3);
    let usage_with_finish = has_usage && count == 1 && !no_reason && random.chance(5);
    for index in 0..count {
        let (mut choice, mut says) = choice(random, index, Wire::Generic, tool_text);
        if random.chance(3) {
            says.insert(
                0,
                Saying {
                    parts: vec![Units::new()],
                    ..Saying::default()
                },
            );
        }
        // The last text, or the last calls, may ride on the finish.
        let last = if random.chance(3) { says.pop() } else { None };
        let mut events: Vec<Event> = says
            .iter()
            .map(|saying| generic_event(random, index, saying, None, None))
            .collect();
        if no_reason {
            let last = last.unwrap_or_else(|| Saying {
                parts: vec![Units::new()],
                ..Saying::default()
            });
            events.push(generic_event(random, index, &last, None, None));
            choice.finish = if choice.calls.is_empty() {
                "stop"
            } else {
                "tool_calls"
            };
        } else {
            let why = reason(random, &GENERIC_REASONS, &mut choice);
            let has_calls = last.as_ref().is_some_and(|last| !last.calls.is_empty());
            let mut last = last.unwrap_or_default();
            // Llama's finish: a fragment that says nothing.
            if !has_calls && !choice.calls.is_empty() && !tool_text && random.chance(3) {
                last.calls.push(Fragment {
                    arguments: Some(Units::new()),
                    ..Fragment::default()
                });
            }
            let usage = usage_with_finish.then(|| Json::from(&oci_usage));
            events.push(generic_event(random, index, &last, Some(why), usage));
        }
        expected.choices.push(choice);
        queues.push(events);
    }
    let mut items = interleave(random, queues);
    if has_usage {
        expected.usage = Some(openai_usage);
        if !usage_with_finish {
            let event = Members::default()
                .with("usage", (&oci_usage).into())
                .maybe("pad", pad(random));
            items.push(silent(
                event.nulls(random, &["message", "finishReason", "index"]),
            ));
        }
    } else if random.chance(4) {
        items.push(silent(
            Members::default()
                .with("usage", Json::Closed(Vec::new()))
                .nulls(random, &[]),
        ));
    }
    if random.chance(12) {
        expected.service_tier = Some("default");
        let at = random.below(items.len());
        if let Item::Event(Event {
            json: Json::Open(members),
            ..
        }) = &mut items[at]
        {
            members.retain(|(name, _)| name != "serviceTier");
            members.push(("serviceTier".into(), word("DEFAULT")));
        }
    }
    if random.chance(12) {
        // A grounding after the finish would be too late for the chunk that tells it.
        let grounding = json!({"webSearchQueries": [words(random, 2)], "groundingChunks": []});
        if let Some(Item::Event(Event {
            json: Json::Open(members),
            ..
        })) = items.first_mut()
        {
            members.retain(|(name, _)| name != "groundingMetadata");
            members.push(("groundingMetadata".into(), (&grounding).into()));
            expected
                .extras
                .insert("grounding_metadata".into(), grounding);
        }
    }
    if no_reason || !random.chance(4) {
        items.push(Item::Done);
    }
    Made { items, expected }
}

fn silent(json: Json) -> Item {
    Item::Event(Event {
        json,
        says: Vec::new(),
        ends: Vec::new(),
        over: false,
    })
}

fn generic_event(
    random: &mut Random,
    index: u32,
    saying: &Saying,
    reason: Option<Json>,
    usage: Option<Json>,
) -> Event {
    let ends = reason.is_some();
    // No index is 0; the finish event has none.
    let said_index = index > 0
        || if ends {
            random.chance(2)
        } else {
            !random.chance(6)
        };
    let content = match saying.parts.len() {
        0 => random.pick(&[None, Some(Vec::new())]).clone(),
        _ => {
            let mut parts = parts_of(&saying.parts, random);
            if random.chance(20) {
                parts.push(
                    Members::default()
                        .with("type", word("TEXT"))
                        .nulls(random, &["text"]),
                );
            }
            Some(parts)
        }
    };
    let calls = saying.calls(random, Fragment::generic);
    let annotations = saying
        .annotation
        .as_ref()
        .map(|annotation| Json::List(vec![annotation.into()]));
    let says = saying.reasoning.is_some()
        || content.is_some()
        || saying.refusal.is_some()
        || calls.is_some();
    let message = (says || annotations.is_some() || random.chance(2)).then(|| {
        Members::default()
            .maybe("role", (!random.chance(8)).then(|| word("ASSISTANT")))
            .maybe("content", content.map(Json::List))
            .maybe("reasoningContent", saying.reasoning.clone().map(Json::Text))
            .maybe("refusal", saying.refusal.clone().map(Json::Text))
            .maybe(
                "toolCalls",
                calls.or_else(|| random.chance(12).then(|| Json::List(Vec::new()))),
            )
            .maybe(
                "annotations",
                annotations.or_else(|| random.chance(20).then(|| Json::List(Vec::new()))),
            )
            .nulls(
                random,
                &[
                    "content",
                    "reasoningContent",
                    "refusal",
                    "toolCalls",
                    "annotations",
                    "name",
                ],
            )
    });
    let logprobs = saying
        .logprobs
        .as_ref()
        .map(Json::from)
        .or_else(|| random.chance(20).then(|| Json::Closed(Vec::new())));
    let json = Members::default()
        .maybe("index", said_index.then(|| raw(index)))
        .maybe("message", message)
        .maybe("finishReason", reason)
        .maybe("logprobs", logprobs)
        .maybe("usage", usage)
        .maybe("pad", pad(random))
        .nulls(
            random,
            &[
                "message",
                "finishReason",
                "logprobs",
                "usage",
                "groundingMetadata",
                "serviceTier",
                "errorMessage",
            ],
        );
    event(json, index, saying.text(), ends)
}

// ---------------------------------------------------------------- COHERE

const COHERE_REASONS: [(&str, &str); 7] = [
    ("COMPLETE", "stop"),
    ("COMPLETE", "stop"),
    ("complete", "stop"),
    ("MAX_TOKENS", "length"),
    ("ERROR_LIMIT", "length"),
    ("ERROR_TOXIC", "content_filter"),
    ("USER_CANCEL", "stop"),
];

const PARAMETERS: [&str; 5] = [
    "{}",
    "{\"x\":1}",
    "{\"city\":\"São 😀\",\"days\":[1,2]}",
    "{\"a\":{\"b\":null,\"a\":true}}",
    "{\"q\":\"\\\"\"}",
];

fn cohere(random: &mut Random, tool_text: bool) -> Made {
    let mut choice = Choice::default();
    let written = if tool_text {
        let (written, remains, calls) = text_with_calls(random);
        (choice.text, choice.calls) = (remains, calls);
        written
    } else {
        let written = text_of(random, 6);
        choice.text = seen(&written);
        written
    };
    let mut expected = Expected::default();
    let mut items = Vec::new();

    // Deltas, of all of the text or of its beginning.
    let mut pieces = cut(random, &written, 5);
    if random.chance(6) {
        pieces.truncate(random.below(pieces.len() + 1));
    }
    let mut heard = 0;
    for piece in pieces {
        heard += piece.len();
        let json = cohere_event(random)
            .with("text", Json::Text(piece.clone()))
            .maybe("pad", pad(random));
        let nulls = [
            "chatHistory",
            "toolCalls",
            "finishReason",
            "citations",
            "usage",
            "errorMessage",
        ];
        items.push(Item::Event(event(
            json.nulls(random, &nulls),
            0,
            piece,
            false,
        )));
    }
    // Those that follow say the text again. What is new in it is told by the first that does.
    let mut restated = |random: &mut Random| {
        let rest = written[heard..].to_vec();
        let again = match random.below(6) {
            0 if rest.is_empty() => None,
            1 if rest.is_empty() => Some(Json::Text(Units::new())),
            2 if rest.is_empty() => Some(raw(NULL)),
            _ => Some(Json::Text(written.clone())),
        };
        heard = written.len();
        (again, rest)
    };

    let calls: Vec<(&str, &str)> = if tool_text || !random.chance(3) {
        Vec::new()
    } else {
        (0..=random.below(3))
            .map(|_| {
                (
                    *random.pick(&["f", "get_weather"]),
                    *random.pick(&PARAMETERS),
                )
            })
            .collect()
    };
    choice
        .calls
        .extend(calls.iter().map(|&(name, arguments)| Call {
            id: None,
            name,
            arguments: Arguments::Value(arguments),
        }));
    if !calls.is_empty() && random.chance(2) {
        // Perhaps not all of them yet.
        let some = &calls[..1 + random.below(calls.len())];
        let (again, rest) = restated(random);
        let json = cohere_event(random)
            .maybe("text", again)
            .with("toolCalls", cohere_calls(random, some));
        let json = json
            .maybe("pad", pad(random))
            .nulls(random, &["finishReason", "usage"]);
        items.push(Item::Event(event(json, 0, rest, false)));
    }

    // The last event, or two: the history may come before the reason.
    let (again, rest) = restated(random);
    let manner = random.below(6);
    let (has_history, has_reason) = (manner < 5, manner != 0 && manner != 1);
    let mut last = cohere_event(random)
        .maybe("text", again)
        .maybe("pad", pad(random));
    if has_history {
        let said = json!([{"role": "USER", "message": "?"}, {"role": "CHATBOT", "message": choice.text, "toolCalls": null}]);
        last = last.with("chatHistory", (&said).into());
    }
    if !calls.is_empty() {
        last = last.with("toolCalls", cohere_calls(random, &calls));
    }
    for (field, name, value) in [
        (
            "citations",
            "citations",
            json!([{"start": 0, "end": 1, "text": words(random, 2), "documentIds": ["d0"]}]),
        ),
        (
            "searchQueries",
            "search_queries",
            json!([{"text": words(random, 2)}]),
        ),
        (
            "documents",
            "documents",
            json!([{"id": "d0", "snippet": words(random, 2)}]),
        ),
        ("prompt", "prompt", json!(words(random, 3))),
    ] {
        if random.chance(8) {
            last = last.with(field, (&value).into());
            expected.extras.insert(name.into(), value);
        }
    }
    if random.chance(8) {
        last = last.with("isSearchRequired", raw(random.chance(2)));
    }
    let split = !has_reason && random.chance(2);
    let (oci_usage, openai_usage) = usage(random);
    let mut used = (!random.chance(3)).then(|| Json::from(&oci_usage));
    expected.usage = used.is_some().then_some(openai_usage);
    if !(split && random.chance(2)) {
        last = last.maybe("usage", used.take());
    }
    choice.finish = if choice.calls.is_empty() {
        "stop"
    } else {
        "tool_calls"
    };
    if has_reason {
        last = last.with("finishReason", reason(random, &COHERE_REASONS, &mut choice));
    }
    let nulls = [
        "finishReason",
        "citations",
        "documents",
        "prompt",
        "errorMessage",
        "toolCalls",
    ];
    let json = last.nulls(random, &nulls);
    items.push(Item::Event(Event {
        over: !has_reason,
        ..event(json, 0, rest, has_reason)
    }));
    if split {
        let end =
            cohere_event(random).with("finishReason", reason(random, &COHERE_REASONS, &mut choice));
        let end = end
            .maybe("usage", used)
            .maybe("pad", pad(random))
            .nulls(random, &["text", "toolCalls", "chatHistory"]);
        items.push(Item::Event(event(end, 0, Units::new(), true)));
    }
    if random.chance(5) {
        items.push(Item::Done);
    }
    expected.choices.push(choice);
    Made { items, expected }
}

fn cohere_event(random: &mut Random) -> Members {
    Members::default().maybe("apiFormat", (!random.chance(12)).then(|| word("COHERE")))
}

fn cohere_calls(random: &mut Random, calls: &[(&str, &str)]) -> Json {
    let call = |random: &mut Random, &(name, parameters): &(&str, &str)| {
        let parameters = match parameters {
            "{}" if random.chance(3) => random.pick(&[None, Some(raw(NULL))]).clone(),
            _ => Some(Json::from(
                &serde_json::from_str::<Value>(parameters).unwrap(),
            )),
        };
        Members::default()
            .with("name", text(name))
            .maybe("parameters", parameters)
            .nulls(random, &[])
    };
    Json::List(calls.iter().map(|one| call(random, one)).collect())
}

// ---------------------------------------------------------------- COHEREV2

const COHERE_V2_REASONS: [(&str, &str); 6] = [
    ("COMPLETE", "stop"),
    ("STOP_SEQUENCE", "stop"),
    ("MAX_TOKENS", "length"),
    ("TOOL_CALL", "tool_calls"),
    ("complete", "stop"),
    ("ERROR_TOXIC", "content_filter"),
];

fn cohere_v2(random: &mut Random, tool_text: bool) -> Made {
    let mut expected = Expected::default();
    let (mut choice, mut says) = choice(random, 0, Wire::CohereV2, tool_text);
    if !tool_text && !choice.calls.is_empty() && random.chance(2) {
        let plan = text_of(random, 4);
        let at = says
            .iter()
            .position(|saying| !saying.calls.is_empty())
            .unwrap_or(0);
        let pieces = cut(random, &plan, 3).into_iter().map(|piece| Saying {
            plan: Some(piece),
            ..Saying::default()
        });
        says.splice(at..at, pieces);
        expected
            .extras
            .insert("tool_plan".into(), seen(&plan).into());
    }
    if random.chance(3) {
        says.insert(
            0,
            Saying {
                parts: vec![Units::new()],
                ..Saying::default()
            },
        );
    }
    // The last event carries the last piece, nothing, or all of the text once more: nobody knows.
    let mut last = Saying::default();
    let mut repeats = false;
    let texts: Vec<Units> = says
        .iter()
        .flat_map(|saying| saying.parts.clone())
        .collect();
    let all = texts.concat();
    match random.below(3) {
        0 => {
            last = says.pop().unwrap_or_default();
            // What equals all that came before would be taken for a repetition, and can't be told from one.
            let before: Units = says.iter().flat_map(Saying::text).collect();
            if last.parts.len() > 1 || last.text() == before {
                says.push(std::mem::take(&mut last));
            }
        }
        // Longer than one piece, or it would be the last piece.
        1 if texts
            .iter()
            .filter(|piece| !seen(piece).replace('\u{FFFD}', "").is_empty())
            .count()
            > 1 =>
        {
            repeats = true;
            last.parts.push(all);
        }
        _ => {}
    }
    // Lone halves can't be compared with what they became.
    if repeats && seen(&last.text()).contains('\u{FFFD}') {
        (last, repeats) = (Saying::default(), false);
    }
    let (mut citations, mut probabilities) = (Vec::new(), Vec::new());
    let mut events: Vec<Event> = Vec::new();
    for saying in &says {
        events.push(cohere_v2_event(
            random,
            saying,
            &mut citations,
            &mut probabilities,
            None,
            None,
        ));
    }
    let (oci_usage, openai_usage) = usage(random);
    let has_usage = !random.chance(3);
    let after = has_usage && random.chance(5);
    let why = reason(random, &COHERE_V2_REASONS, &mut choice);
    let with = (has_usage && !after).then(|| Json::from(&oci_usage));
    let mut end = cohere_v2_event(
        random,
        &last,
        &mut citations,
        &mut probabilities,
        Some(why),
        with,
    );
    if repeats {
        end.says[0].1.clear();
    }
    events.push(end);
    let mut items: Vec<Item> = events.into_iter().map(Item::Event).collect();
    if after {
        items.push(silent(
            Members::default()
                .with("usage", (&oci_usage).into())
                .nulls(random, &["message", "finishReason"]),
        ));
    }
    expected.usage = has_usage.then_some(openai_usage);
    for (name, list) in [
        ("citations", citations),
        ("log_probabilities", probabilities),
    ] {
        if !list.is_empty() {
            expected.extras.insert(name.into(), list.into());
        }
    }
    if random.chance(4) {
        items.push(Item::Done);
    }
    expected.choices.push(choice);
    Made { items, expected }
}

fn cohere_v2_event(
    random: &mut Random,
    saying: &Saying,
    citations: &mut Vec<Value>,
    probabilities: &mut Vec<Value>,
    reason: Option<Json>,
    usage: Option<Json>,
) -> Event {
    let mut parts = Vec::new();
    if let Some(thinking) = &saying.reasoning {
        let part = Members::default()
            .with("type", word("THINKING"))
            .with("thinking", Json::Text(thinking.clone()));
        parts.push(part.nulls(random, &["text"]));
    }
    parts.extend(parts_of(&saying.parts, random));
    let content = if parts.is_empty() {
        random.pick(&[None, Some(Vec::new())]).clone()
    } else {
        Some(parts)
    };
    let calls = saying.calls(random, Fragment::cohere_v2);
    let new = random
        .chance(12)
        .then(|| json!([{"start": 0, "end": 1, "text": words(random, 1), "type": "TEXT_CONTENT"}]));
    citations.extend(new.iter().flat_map(|new| new.as_array().unwrap().clone()));
    let plan = saying.plan.clone().map(Json::Text);
    let says = content.is_some() || calls.is_some() || new.is_some() || plan.is_some();
    let message = (says || random.chance(2)).then(|| {
        Members::default()
            .with("role", word("ASSISTANT"))
            .maybe("content", content.map(Json::List))
            .maybe("toolPlan", plan)
            .maybe("toolCalls", calls)
            .maybe("citations", new.as_ref().map(Json::from))
            .nulls(random, &["content", "toolPlan", "toolCalls", "citations"])
    });
    let likely = random
        .chance(12)
        .then(|| json!([{"text": words(random, 1), "tokenIds": [1], "logProbs": [-0.5]}]));
    probabilities.extend(
        likely
            .iter()
            .flat_map(|new| new.as_array().unwrap().clone()),
    );
    let ends = reason.is_some();
    let json = Members::default()
        .maybe("apiFormat", (!random.chance(12)).then(|| word("COHEREV2")))
        .maybe("message", message)
        .maybe("finishReason", reason)
        .maybe("logProbabilities", likely.as_ref().map(Json::from))
        .maybe("usage", usage)
        .maybe("pad", pad(random))
        .nulls(
            random,
            &[
                "message",
                "finishReason",
                "usage",
                "logProbabilities",
                "errorMessage",
                "id",
            ],
        );
    event(json, 0, saying.text(), ends)
}

// ---------------------------------------------------------------- openai

const OPENAI_REASONS: [(&str, &str); 3] = [
    ("stop", "stop"),
    ("length", "length"),
    ("content_filter", "content_filter"),
];

fn openai(random: &mut Random) -> Made {
    let mut expected = Expected {
        id: Some(format!("chatcmpl-{}", random.below(1000))),
        ..Expected::default()
    };
    let id = expected.id.clone().unwrap_or_default();
    let (_, openai_usage) = usage(random);
    let mut queues = Vec::new();
    let chunk = |random: &mut Random, choices: Vec<Json>, usage: Option<Json>| {
        Members::default()
            .with("id", text(&id))
            .with("object", word("chat.completion.chunk"))
            .with("created", raw(7))
            .with("model", word("vendor.model"))
            .with("choices", Json::List(choices))
            .maybe("usage", usage)
            .nulls(random, &["usage", "system_fingerprint", "service_tier"])
    };
    for index in 0..number_of_choices(random) {
        let (mut choice, says) = choice(random, index, Wire::OpenAi, false);
        let mut events = vec![(
            Saying {
                parts: vec![Units::new()],
                ..Saying::default()
            },
            None,
        )];
        events.extend(says.into_iter().map(|saying| (saying, None)));
        let words = if choice.calls.is_empty() {
            &OPENAI_REASONS[..]
        } else {
            &[("tool_calls", "tool_calls")]
        };
        let why = reason(random, words, &mut choice);
        match events.last_mut() {
            Some((_, reason)) if random.chance(8) => *reason = Some(why),
            _ => events.push((Saying::default(), Some(why))),
        }
        let mut first = true;
        let mut of = |(saying, reason): (Saying, Option<Json>)| {
            let ends = reason.is_some();
            let role = std::mem::take(&mut first).then(|| word("assistant"));
            let json = openai_choice(random, index, role, &saying, reason);
            event(chunk(random, vec![json], None), index, saying.text(), ends)
        };
        queues.push(events.into_iter().map(&mut of).collect::<Vec<Event>>());
        expected.choices.push(choice);
    }
    let mut items = interleave(random, queues);
    if !random.chance(3) {
        expected.usage = Some(openai_usage.clone());
        items.push(silent(chunk(
            random,
            Vec::new(),
            Some((&openai_usage).into()),
        )));
    }
    if !random.chance(4) {
        items.push(Item::Done);
    }
    Made { items, expected }
}

fn openai_choice(
    random: &mut Random,
    index: u32,
    role: Option<Json>,
    saying: &Saying,
    reason: Option<Json>,
) -> Json {
    let calls = saying.calls(random, |call, _| call.openai());
    let content = (!saying.parts.is_empty()).then(|| Json::Text(saying.text()));
    let delta = Members::default()
        .maybe("role", role)
        .maybe("content", content)
        .maybe(
            "reasoning_content",
            saying.reasoning.clone().map(Json::Text),
        )
        .maybe("refusal", saying.refusal.clone().map(Json::Text))
        .maybe("tool_calls", calls)
        .maybe(
            "annotations",
            saying
                .annotation
                .as_ref()
                .map(|annotation| Json::List(vec![annotation.into()])),
        )
        .nulls(
            random,
            &[
                "content",
                "reasoning_content",
                "refusal",
                "tool_calls",
                "function_call",
                "audio",
            ],
        );
    Members::default()
        .with("index", raw(index))
        .with("delta", delta)
        .maybe("logprobs", saying.logprobs.as_ref().map(Json::from))
        .with("finish_reason", reason.unwrap_or_else(|| raw(NULL)))
        .nulls(random, &["logprobs"])
}

// ---------------------------------------------------------------- broken ones

/// An event that ends the answer, and the code of the error that it must become.
pub fn failure(random: &mut Random, wire: Wire) -> (Item, &'static str) {
    let words = "no more";
    let json = match random.below(8) {
        0 => json!({"code": "500", "message": words}),
        1 => json!({"code": 429, "message": words}),
        2 => json!({"error": {"code": "server_error", "message": words}}),
        3 => json!({"error": words}),
        4 => {
            return (
                Item::Broken {
                    name: Some("error"),
                    data: json!({"what": words}).to_string(),
                },
                "stream_error",
            )
        }
        5 => {
            let data = (*random.pick(&[
                "<html>",
                "{broken",
                "[1]",
                "\"text\"",
                "no JSON",
                "{\"index\":0}}",
            ]))
            .to_owned();
            return (Item::Broken { name: None, data }, "stream_error");
        }
        6 if wire != Wire::OpenAi => json!({"errorMessage": words, "finishReason": "ERROR"}),
        7 if matches!(wire, Wire::Cohere | Wire::CohereV2) => {
            let data = json!({"errorMessage": words, "finishReason": "ERROR_TOXIC"}).to_string();
            return (Item::Broken { name: None, data }, "content_filtered");
        }
        _ => json!({"error": {"message": words}, "choices": []}),
    };
    (
        Item::Broken {
            name: random.chance(2).then_some("error"),
            data: json.to_string(),
        },
        "stream_error",
    )
}
