//! Tool calls that a model writes into its text.

use serde_json::{json, Value};

use super::responses::{events, json_body, DONE, FINISH};
use super::scenario::Scenario;
use crate::support::as_assembled;

#[test]
fn tool_calls_in_the_text_are_extracted_if_the_request_has_tools() {
    let text = "Look: <tool_call>\n{\"name\": \"find\", \"arguments\": {\"q\": 1}}\n</tool_call>";
    let delta = |piece: &str| {
        format!(
            "data: {}\n\n",
            json!({"index": 0, "message": {"content": [{"type": "TEXT", "text": piece}]}})
        )
    };
    let message = json!({"role": "ASSISTANT", "content": [{"type": "TEXT", "text": text}]});
    let choice = json!({"index": 0, "finishReason": "stop", "message": message});
    let whole = json!({"chatResponse": {"apiFormat": "GENERIC", "choices": [choice]}});

    let messages = json!([{"role": "user", "content": "?"}]);
    let function = json!({"name": "find", "parameters": {"type": "object"}});
    let tools = json!([{"type": "function", "function": function}]);
    let with_tools = json!({"messages": messages, "tools": tools});
    let without_tools = json!({"messages": messages});
    let expected = json!([{
        "id": "call_test_0_0",
        "type": "function",
        "function": {"name": "find", "arguments": "{\"q\":1}"},
    }]);
    for (request, option, is_extracted) in [
        (with_tools.clone(), "auto", true),
        (with_tools, "off", false),
        (without_tools, "auto", false),
    ] {
        let scenario = |stream| Scenario {
            request: request.clone(),
            stream,
            ..Scenario::without_fallback().with_option("toolCallText", json!(option))
        };
        let mut outcomes = vec![
            scenario(false).run(&[json_body(&whole.to_string())]),
            scenario(true).run(&[json_body(&whole.to_string())]),
        ];
        for at in (0..text.len()).filter(|at| text.is_char_boundary(*at)) {
            let (first, second) = text.split_at(at);
            outcomes.push(scenario(true).run(&[events(&[
                &delta(first),
                &delta(second),
                FINISH,
                DONE,
            ])]));
        }
        for outcome in outcomes {
            assert_eq!(outcome.error, None);
            let choice = &outcome.completion()["choices"][0];
            if is_extracted {
                let arguments = choice["message"]["tool_calls"][0]["function"]["arguments"]
                    .as_str()
                    .unwrap();
                assert_eq!(
                    serde_json::from_str::<Value>(arguments).unwrap(),
                    json!({"q": 1})
                );
                let mut calls = choice["message"]["tool_calls"].clone();
                calls[0]["function"]["arguments"] = json!("{\"q\":1}");
                assert_eq!(
                    (&calls, &choice["finish_reason"]),
                    (&expected, &json!("tool_calls"))
                );
                assert_eq!(
                    choice["message"]["content"].as_str().unwrap().trim_end(),
                    "Look:"
                );
            } else {
                assert_eq!(
                    (&choice["message"]["content"], &choice["finish_reason"]),
                    (&json!(text), &json!("stop"))
                );
                assert_eq!(choice["message"].get("tool_calls"), None);
            }
            if !outcome.sink.calls.is_empty() {
                let mut assembled = outcome.sink.assemble();
                assembled["usage"] = Value::Null;
                assert_eq!(assembled, as_assembled(&outcome.completion()));
            }
        }
    }
}
