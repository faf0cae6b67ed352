//! Limits do not depend on the pieces in which a body arrives: for every cut there are the same
//! chunks, the same partial answer and the same error.

use oci_genai_edge::decode::Decoder;
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::{ChatRequest, EventWriter};
use oci_genai_edge::options::Limits;
use serde_json::{json, Value};

use crate::support::{metadata, receive, response_head, single_call, RecordingSink, Wire};

/// Everything that a caller can observe.
#[derive(Debug, PartialEq)]
struct Outcome {
    sink: RecordingSink,
    result: String,
    error: Option<Error>,
}

/// A decoder without a call, and the bytes that it writes.
fn decode(wire: Wire, limits: Limits, pieces: &[&[u8]]) -> (Outcome, String) {
    let (mut sink, mut writer) = (RecordingSink::default(), EventWriter::new(true));
    let run = |sink: &mut dyn oci_genai_edge::openai::Sink| {
        let mut decoder = Decoder::new(wire.format(), metadata(), limits, true);
        let fed = pieces
            .iter()
            .try_for_each(|piece| decoder.feed(piece, sink));
        let error = fed.and_then(|()| decoder.end(sink)).err();
        let result = decoder.answer().completion().to_json();
        (String::from_utf8(result).unwrap(), error)
    };
    let (result, error) = run(&mut sink);
    assert_eq!(run(&mut writer).1, error);
    let written = String::from_utf8_lossy(&writer.take()).into_owned();
    (
        Outcome {
            sink,
            result,
            error,
        },
        written,
    )
}

/// A call whose response is the body.
fn call(wire: Wire, limits: Limits, stream: bool, head: (u16, &str), pieces: &[&[u8]]) -> Outcome {
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "?"}],
        "tools": [{"type": "function", "function": {"name": "f"}}]});
    let request = ChatRequest::from_json(&request.to_string()).unwrap();
    let mut call = single_call(wire.format(), request, stream, limits, true);
    let mut sink = RecordingSink::default();
    let head = response_head(head.0, head.1);
    let error = receive(&mut call, head, pieces.iter().copied(), &mut sink);
    let result = String::from_utf8(call.result()).unwrap();
    Outcome {
        sink,
        result,
        error,
    }
}

/// The same outcome for the whole body, every cut in two, and single bytes.
fn for_every_cut<T: PartialEq + std::fmt::Debug>(
    name: &str,
    body: &[u8],
    run: impl Fn(&[&[u8]]) -> T,
) -> T {
    let expected = run(&[body]);
    for at in 0..=body.len() {
        let (head, tail) = body.split_at(at);
        let outcome = run(&[head, tail]);
        assert_eq!(outcome, expected, "{name}: cut at {at} of {}", shown(body));
    }
    for size in [1, 2, 3, 5] {
        let pieces: Vec<&[u8]> = body.chunks(size).collect();
        assert_eq!(
            run(&pieces),
            expected,
            "{name}: pieces of {size} of {}",
            shown(body)
        );
    }
    expected
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

fn text_event(wire: Wire, text: &str) -> Value {
    let content = json!([{"type": "TEXT", "text": text}]);
    match wire {
        Wire::Generic => json!({"index": 0, "message": {"content": content}}),
        Wire::Cohere => json!({"apiFormat": "COHERE", "text": text}),
        Wire::CohereV2 => json!({"apiFormat": "COHEREV2", "message": {"content": content}}),
        Wire::OpenAi => json!({"choices": [{"index": 0, "delta": {"content": text}}]}),
    }
}

fn calls_event(wire: Wire, ids: &[u32]) -> Value {
    let calls: Vec<Value> = ids
        .iter()
        .map(|id| {
            let (name, id) = (format!("f{id}"), format!("c{id}"));
            let function = json!({"name": name, "arguments": "{}"});
            match wire {
                Wire::Generic => {
                    json!({"id": id, "type": "FUNCTION", "name": name, "arguments": "{}"})
                }
                Wire::Cohere => json!({"name": name, "parameters": {}}),
                Wire::CohereV2 => json!({"id": id, "type": "FUNCTION", "function": function}),
                Wire::OpenAi => {
                    json!({"index": ids[0], "id": id, "type": "function", "function": function})
                }
            }
        })
        .collect();
    match wire {
        Wire::Generic => json!({"index": 0, "message": {"toolCalls": calls}}),
        Wire::Cohere => json!({"apiFormat": "COHERE", "toolCalls": calls}),
        Wire::CohereV2 => json!({"apiFormat": "COHEREV2", "message": {"toolCalls": calls}}),
        Wire::OpenAi => json!({"choices": [{"index": 0, "delta": {"tool_calls": calls}}]}),
    }
}

fn finish_event(wire: Wire) -> Value {
    match wire {
        Wire::OpenAi => json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
        _ => json!({"finishReason": "stop"}),
    }
}

/// Streams with something in them that a limit may be about.
fn streams(wire: Wire) -> Vec<String> {
    let data = |json: Value| format!("data: {json}\n\n");
    let text = |text: &str| data(text_event(wire, text));
    let (a, long) = (text("a"), "x".repeat(90));
    let end = data(finish_event(wire)) + "data: [DONE]\n\n";
    let calls = data(calls_event(wire, &[1, 2])) + &data(calls_event(wire, &[3, 4]));
    let tagged = text("<tool_call>{\"name\":\"f\"}</tool_call>").repeat(3);
    let spread = text("b")
        .replace("\"text\"", "\ndata: \"text\"")
        .replace("{\"content\"", "{\ndata:\"content\"");
    [
        "".to_owned(),
        text(&long),
        text(&long)
            .replace("data: ", "data:")
            .replace("\n\n", "\r\n\r\n"),
        format!(": {long}{long}\n\n"),
        format!("event: {long}{long}\n"),
        format!("id: {long}{long}\r\r"),
        format!("{long}{long}\n{long}{long}: \n"),
        format!("data: [DONE]{}\n\n", " ".repeat(140)),
        "data:\n".repeat(40),
        format!("data: {{\"a\":\ndata: [\n{}", "data: 1,\n".repeat(40)),
        spread,
        text("c").repeat(4),
        calls,
        tagged,
        " \r\n\t".repeat(40),
    ]
    .iter()
    .map(|odd| [a.as_str(), odd, &a, &end].concat())
    .collect()
}

const SMALL: [Limits; 5] = {
    let default = Limits {
        max_event_bytes: 4096,
        max_response_bytes: 4096,
        max_error_bytes: 4096,
        max_tool_calls: 128,
    };
    [
        default,
        Limits {
            max_event_bytes: 120,
            ..default
        },
        Limits {
            max_response_bytes: 150,
            ..default
        },
        Limits {
            max_response_bytes: 333,
            ..default
        },
        Limits {
            max_tool_calls: 2,
            ..default
        },
    ]
};

#[test]
fn limits_on_streams() {
    let mut exceeded = 0;
    for wire in Wire::ALL {
        for stream in streams(wire) {
            for limits in SMALL {
                let name = format!("{wire:?} {limits:?}");
                let bytes = stream.as_bytes();
                let (decoded, _) =
                    for_every_cut(&name, bytes, |pieces| decode(wire, limits, pieces));
                let code = decoded.error.as_ref().map(Error::code);
                exceeded += usize::from(code == Some(Code::LimitExceeded));
                for requested in [true, false] {
                    for_every_cut(&name, bytes, |pieces| {
                        call(wire, limits, requested, (200, "text/event-stream"), pieces)
                    });
                }
            }
        }
    }
    assert!(exceeded > 100, "{exceeded} streams exceed a limit");
}

#[test]
fn limits_on_whole_answers_and_errors() {
    let limits = Limits {
        max_response_bytes: 200,
        max_error_bytes: 60,
        ..SMALL[0]
    };
    for wire in Wire::ALL {
        let chat =
            json!({"apiFormat": "COHERE", "text": "x".repeat(60), "finishReason": "COMPLETE"});
        let short = json!({"chatResponse": chat}).to_string();
        let long = short.clone() + &" ".repeat(200);
        // More white space than is needed to decide what the body is.
        let blank = " ".repeat(2000) + &short;
        for body in [&short, &long, &blank] {
            for (status, content_type) in [
                (200, "application/json"),
                (200, "text/event-stream"),
                (400, "application/json"),
                (503, "text/html"),
            ] {
                for (stream, limits) in [(true, limits), (false, limits), (true, SMALL[0])] {
                    for_every_cut(&format!("{wire:?} {status}"), body.as_bytes(), |pieces| {
                        call(wire, limits, stream, (status, content_type), pieces)
                    });
                }
            }
        }
    }
}
