//! Streams for the event-stream layer by itself: what services write around their JSON.

use serde_json::json;

use crate::corpus::Corpus;

/// How many events each of the streams made here has.
const EVENTS: usize = 2000;

pub(crate) struct EventStream {
    pub(crate) name: &'static str,
    /// Each with its blank line.
    pub(crate) events: Vec<String>,
    /// The data of each.
    pub(crate) data: Vec<String>,
}

/// The GENERIC corpora, and streams of other services.
pub(crate) fn all(corpora: &[Corpus]) -> Vec<EventStream> {
    let generic = corpora
        .iter()
        .filter(|corpus| corpus.name.starts_with("GENERIC"));
    let own = generic.map(|corpus| EventStream {
        name: corpus.name,
        events: corpus.events.clone(),
        data: corpus.data(),
    });
    own.chain([
        stream("OpenAI's chunks", openai, |_, data| {
            format!("data: {data}\n\n")
        }),
        stream("named events", named, |_, data| {
            format!("event: response.output_text.delta\ndata: {data}\n\n")
        }),
        stream("ids and CRLF", named, |number, data| {
            format!("id: {number}\r\nevent: delta\r\ndata: {data}\r\n\r\n")
        }),
        stream("data of several lines", several_lines, |_, data| {
            let lines = data.lines().map(|line| format!("data: {line}\n"));
            lines.collect::<String>() + "\n"
        }),
    ])
    .collect()
}

fn stream(
    name: &'static str,
    data: fn(usize) -> String,
    event: fn(usize, &str) -> String,
) -> EventStream {
    let data: Vec<String> = (0..EVENTS).map(data).collect();
    let events = data.iter().enumerate();
    EventStream {
        name,
        events: events.map(|(number, data)| event(number, data)).collect(),
        data,
    }
}

const WORDS: &[&str] = &[" the", " cluster", " of", " model", "s", ",", " and", " to"];

fn word(number: usize) -> &'static str {
    WORDS[number * 7 % WORDS.len()]
}

fn openai(number: usize) -> String {
    format!(
        "{{\"id\":\"chatcmpl-0123456789abcdef0123456789abcdef\",\"object\":\
         \"chat.completion.chunk\",\"created\":1760000000,\"model\":\"meta.llama-3.3-70b-instruct\",\
         \"choices\":[{{\"index\":0,\"delta\":{{\"content\":{}}},\"finish_reason\":null}}]}}",
        json!(word(number))
    )
}

fn named(number: usize) -> String {
    format!(
        "{{\"type\":\"response.output_text.delta\",\"sequence_number\":{number},\
         \"item_id\":\"msg_0123456789abcdef\",\"output_index\":0,\"delta\":{}}}",
        json!(word(number))
    )
}

fn several_lines(number: usize) -> String {
    format!(
        "{{\n  \"index\": {number},\n  \"delta\": {}\n}}",
        json!(word(number))
    )
}
