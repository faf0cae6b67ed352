//! The event-stream parser: against the standard's algorithm on the whole text, however it is cut,
//! and against the decoder, which reads the same lines.

use oci_genai_edge::sse::{Event, Parser, DEFAULT_MAX_EVENT_BYTES};
use oci_genai_edge::wire;
use serde_json::Value;

use super::input::Input;
use crate::support::StreamSetup;
use oci_genai_edge::options::Limits;

pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let (body, settings) = (input.body, &mut input.settings);
    let pieces = settings.cut(body);
    match settings.below(3) {
        0 => {
            let limit = 1 + settings.below(64);
            let lenient = settings.flip();
            let whole = parse(&[body], limit, lenient);
            let cut = parse(&pieces, limit, lenient);
            assert_eq!(whole, cut, "limit {limit}, lenient: {lenient}");
        }
        1 => {
            let parsed = parse(&pieces, DEFAULT_MAX_EVENT_BYTES, false);
            assert_eq!(parsed, by_the_standard(body));
        }
        _ => check_decoder(body, &pieces),
    }
}

/// The decoder reads the parser's events.
fn check_decoder(body: &[u8], pieces: &[&[u8]]) {
    let Some(canonical) = canonical(body) else {
        return;
    };
    let decode = |pieces: &[&[u8]]| {
        let setup = StreamSetup {
            wire: &wire::GENERIC,
            limits: Limits::default(),
            include_usage: false,
        };
        let outcome = setup.decode(pieces);
        (outcome.completion, outcome.error.map(|error| error.code()))
    };
    let expected = decode(&[canonical.as_bytes()]);
    assert_eq!(decode(pieces), expected, "the decoder, and {canonical:?}");
}

/// The names of events that the decoder knows.
const NAMED: [&str; 4] = ["error", "ping", "keepalive", "heartbeat"];

/// What a parser reports of a stream.
#[derive(Debug, Default, PartialEq)]
struct Parsed {
    /// Type, data and id.
    events: Vec<[String; 3]>,
    fails: bool,
    retry: Option<u64>,
    last_event_id: String,
}

fn parse(pieces: &[&[u8]], limit: usize, lenient: bool) -> Parsed {
    let mut parser = Parser::with_max_event_bytes(limit);
    let mut events = Vec::new();
    let mut on_event =
        |event: Event<'_>| events.push([event.event, event.data, event.id].map(str::to_owned));
    let fed = pieces
        .iter()
        .try_for_each(|piece| parser.feed(piece, &mut on_event));
    let ended = fed.and_then(|()| parser.end(lenient, &mut on_event));
    Parsed {
        events,
        fails: ended.is_err(),
        // After a failure, what follows the events is of no use.
        retry: parser.retry().filter(|_| ended.is_ok()),
        last_event_id: match ended {
            Ok(()) => parser.last_event_id().to_owned(),
            Err(_) => String::new(),
        },
    }
}

/// The algorithm of the standard ("event stream interpretation"), word for word.
fn by_the_standard(bytes: &[u8]) -> Parsed {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<&str> = text.split('\n').collect();
    // What no line end completes is not a line.
    lines.pop();
    let mut parsed = Parsed::default();
    let (mut data, mut kind, mut id) = (String::new(), String::new(), String::new());
    for line in lines {
        if line.is_empty() {
            parsed.last_event_id.clone_from(&id);
            if !data.is_empty() {
                let kind = if kind.is_empty() { "message" } else { &kind };
                let data = data.strip_suffix('\n').unwrap_or(&data);
                parsed
                    .events
                    .push([kind, data, &parsed.last_event_id].map(str::to_owned));
            }
            data.clear();
            kind.clear();
            continue;
        }
        let (field, value) = match line.split_once(':') {
            Some(("", _)) => continue,
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match field {
            "event" => kind = value.to_owned(),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => id = value.to_owned(),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                parsed.retry = value.parse().ok().or(parsed.retry);
            }
            _ => {}
        }
    }
    parsed
}

/// The same events, written one a line. `None` where the decoder reads a stream otherwise on
/// purpose: it takes each data line for an event, and knows errors and pings by the name before it.
fn canonical(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let named = text.split(['\n', '\r']).filter_map(|line| {
        let name = line.strip_prefix("event:")?;
        Some(name.strip_prefix(' ').unwrap_or(name))
    });
    let mut named = named.filter(|name| NAMED.contains(name));
    if named.next().is_some() {
        return None;
    }
    let mut canonical = String::new();
    for [_, data, _] in &parse(&[bytes], DEFAULT_MAX_EVENT_BYTES, true).events {
        let is_object = || serde_json::from_str::<Value>(data).is_ok_and(|value| value.is_object());
        if data.contains('\n') || !(data == "[DONE]" || is_object()) {
            return None;
        }
        canonical.push_str("data: ");
        canonical.push_str(data);
        canonical.push_str("\n\n");
    }
    // Bytes after the finish that make no event are forgiven where the stream ends inside a line.
    let last_line = text.rsplit(['\n', '\r']).next().unwrap_or_default();
    if last_line.starts_with("data:") {
        canonical.truncate(canonical.trim_end().len());
    }
    (!canonical.is_empty()).then_some(canonical)
}
