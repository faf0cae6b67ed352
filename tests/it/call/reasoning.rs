//! Reasoning under other names, and in the text.

use serde_json::{json, Value};

use super::responses::{events, json_body, pieces_of, DONE, FINISH};
use super::scenario::Scenario;
use crate::support::as_assembled;

fn chunk(delta: Value) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": null});
    format!(
        "data: {}\n\n",
        json!({"id": "x", "object": "chat.completion.chunk", "created": 1,
        "model": "m", "choices": [choice]})
    )
}

const OPENAI_FINISH: &str = concat!(
    r#"data: {"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
    "\n\ndata: [DONE]\n\n"
);

#[test]
fn delta_reasoning_is_reasoning_content_on_the_openai_transport() {
    let scenario = Scenario::for_model("meta.llama");
    for deltas in [
        vec![
            json!({"reasoning": "a"}),
            json!({"reasoning": "b \"q\""}),
            json!({"reasoning": "c"}),
        ],
        vec![
            json!({"reasoning": "a", "reasoning_content": null}),
            json!({"reasoning_content": null, "reasoning": "b \"q\""}),
            json!({"reasoning": "c", "reasoning_content": ""}),
        ],
        // Some versions send both.
        vec![
            json!({"reasoning": "a", "reasoning_content": "a"}),
            json!({"reasoning_content": "b \"q\"", "reasoning": "b \"q\""}),
            json!({"reasoning_content": "c"}),
        ],
        vec![json!({"reasoning": "ab \"q\"c", "role": "assistant", "content": ""})],
    ] {
        let mut stream: String = deltas.iter().map(|delta| chunk(delta.clone())).collect();
        stream += &chunk(json!({"content": "so", "reasoning": null}));
        stream += OPENAI_FINISH;
        for size in [1, 5, 100_000] {
            let outcome = scenario.run(&[events(&pieces_of(&stream, size))]);
            let message = outcome.completion()["choices"][0]["message"].clone();
            assert_eq!(message["reasoning_content"], "ab \"q\"c", "{stream}");
            assert_eq!(message["content"], "so");
            let assembled = outcome.sink.assemble();
            assert_eq!(
                assembled["choices"][0]["reasoning_content"], "ab \"q\"c",
                "{stream}"
            );
        }
    }
}

#[test]
fn a_name_with_spaces_or_several_choices_is_renamed_too() {
    let event = r#"data: { "choices" : [ {"index":0,"delta":{"reasoning" : "a"}},{"index":1,"delta":{"x":1,"reasoning":"b\ud83d"}} ] }"#;
    let stream = format!("{event}\n\n");
    let scenario = Scenario::for_model("meta.llama").with_option("fallback", json!("never"));
    let outcome = scenario.run(&[events(&[&stream])]);
    let Some(crate::support::SinkCall::Verbatim(json)) = outcome.sink.calls.first() else {
        panic!("{:?}", outcome.sink);
    };
    let renamed = event.replace("\"reasoning\"", "\"reasoning_content\"");
    assert_eq!(format!("data: {json}"), renamed);
}

#[test]
fn message_reasoning_of_a_whole_answer_is_reasoning_content() {
    let message = json!({"role": "assistant", "content": "so", "reasoning": "why"});
    let body = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
    for stream in [true, false] {
        let scenario = Scenario {
            stream,
            ..Scenario::for_model("meta.llama")
        };
        let outcome = scenario.run(&[json_body(&body.to_string())]);
        let message = &outcome.completion()["choices"][0]["message"];
        assert_eq!(message["reasoning_content"], "why", "stream: {stream}");
        assert_eq!(message.get("reasoning"), None, "stream: {stream}");
        if stream {
            let assembled = outcome.sink.assemble();
            assert_eq!(assembled["choices"][0]["reasoning_content"], "why");
        }
    }
}

#[test]
fn reasoning_of_a_generic_message_has_two_names() {
    let event = json!({"index": 0, "message": {"reasoning": "why"}});
    let stream = format!("data: {event}\n\n{FINISH}");
    let outcome = Scenario::default().run(&[events(&[&stream])]);
    let message = &outcome.completion()["choices"][0]["message"];
    assert_eq!(message["reasoning_content"], "why");
}

/// A native stream of these pieces of text, and the same as a whole answer.
fn native(wire: &str, pieces: &[&str]) -> (String, String) {
    let content = |text: &str| json!([{"type": "TEXT", "text": text}]);
    let event = |text: &str| match wire {
        "COHERE" => json!({"apiFormat": wire, "text": text}),
        "COHEREV2" => json!({"apiFormat": wire, "message": {"content": content(text)}}),
        _ => json!({"index": 0, "message": {"content": content(text)}}),
    };
    let whole = pieces.concat();
    let last = match wire {
        // COHERE's last event restates the text.
        "COHERE" => json!({"apiFormat": wire, "text": whole, "finishReason": "COMPLETE"}),
        _ => json!({"finishReason": "stop"}),
    };
    let mut stream: String = pieces
        .iter()
        .map(|piece| format!("data: {}\n\n", event(piece)))
        .collect();
    stream += &format!("data: {last}\n\n{DONE}");
    let mut chat = event(&whole);
    chat["finishReason"] = "stop".into();
    if wire == "GENERIC" {
        chat = json!({"apiFormat": wire, "choices": [chat]});
    }
    (stream, json!({"chatResponse": chat}).to_string())
}

#[test]
fn think_at_the_start_of_a_text_becomes_reasoning_on_request() {
    let text = "\n<think>\nSeven <b> or eight?</think>\n\nEight <think>.";
    let chars: Vec<&str> = text.split_inclusive(|_: char| true).collect();
    for wire in ["GENERIC", "COHERE", "COHEREV2"] {
        let off = Scenario::default().with_option("apiFormat", json!(wire));
        let on = Scenario::default()
            .with_option("apiFormat", json!(wire))
            .with_option("reasoningText", json!("auto"));
        for pieces in [
            vec![text],
            chars.clone(),
            vec![&text[..4], &text[4..30], &text[30..]],
        ] {
            let (stream, whole) = native(wire, &pieces);
            for response in [events(&[&stream]), json_body(&whole)] {
                let outcome = on.run(std::slice::from_ref(&response));
                let completion = outcome.completion();
                let message = &completion["choices"][0]["message"];
                assert_eq!(
                    message["reasoning_content"], "\nSeven <b> or eight?",
                    "{wire}"
                );
                assert_eq!(message["content"], "Eight <think>.", "{wire}");
                let assembled = outcome.sink.assemble();
                assert_eq!(
                    assembled["choices"],
                    as_assembled(&completion)["choices"],
                    "{wire}"
                );
                let outcome = off.run(&[response]);
                let message = &outcome.completion()["choices"][0]["message"];
                assert_eq!(
                    (&message["content"], message.get("reasoning_content")),
                    (&json!(text), None),
                    "{wire}"
                );
            }
        }
    }
}

#[test]
fn tool_calls_in_the_text_follow_the_reasoning() {
    let text = "<think><tool_call>no</think>\n<tool_call>{\"name\":\"f\"}</tool_call>";
    let tools = json!([{"type": "function", "function": {"name": "f"}}]);
    let mut scenario = Scenario::default().with_option("reasoningText", json!("auto"));
    scenario.request["tools"] = tools;
    let chars: Vec<&str> = text.split_inclusive(|_: char| true).collect();
    for pieces in [vec![text], chars] {
        let (stream, _) = native("GENERIC", &pieces);
        let outcome = scenario.run(&[events(&[&stream])]);
        let message = &outcome.completion()["choices"][0]["message"];
        assert_eq!(message["reasoning_content"], "<tool_call>no");
        assert_eq!(message["tool_calls"][0]["function"]["name"], "f");
        assert_eq!(message["content"], Value::Null);
    }
}
