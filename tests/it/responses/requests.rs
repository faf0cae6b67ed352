//! Requests of the Responses API, and the chats that they become.

use oci_genai_edge::call::Step;
use oci_genai_edge::error::Code;
use oci_genai_edge::options::Limits;
use oci_genai_edge::responses::parse;
use serde_json::{json, Value};

use crate::support::{single_call, Wire};

const IMAGE: &str = "data:image/png;base64,AA==";

/// The chat that is sent for a request, on the transport that sends one as it is.
fn chat(mut request: Value) -> Value {
    let members = request.as_object_mut().unwrap();
    members.insert("model".into(), json!("model"));
    let (request, _) = parse(&request.to_string()).unwrap();
    let format = Wire::OpenAi.format();
    let mut call = single_call(format, request, false, Limits::default(), false);
    let Step::Send(sent) = call.next_step(0.0) else {
        panic!("nothing is sent");
    };
    serde_json::from_slice(&sent.body).unwrap()
}

/// The parameter at fault, and the hint.
fn refused(mut request: Value) -> (String, String) {
    let members = request.as_object_mut().unwrap();
    members.insert("model".into(), json!("model"));
    members.entry("input").or_insert(json!("?"));
    // What a wire refuses is refused when the body is made.
    let error = match parse(&request.to_string()) {
        Err(error) => error,
        Ok((request, _)) => {
            let format = Wire::Cohere.format();
            let mut call = single_call(format, request, false, Limits::default(), false);
            let Step::Fail(error) = call.next_step(0.0) else {
                panic!("it is sent");
            };
            error
        }
    };
    assert_eq!(error.code(), Code::InvalidRequest);
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(error.param_name()), text(error.hint()))
}

#[test]
fn items_become_messages() {
    let call = json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "c1", "output": "sun"});
    let reasoning =
        json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "so"}]});
    let image = json!({"type": "input_image", "image_url": IMAGE, "detail": "low"});
    let user = |content: Value| json!({"role": "user", "content": content});
    let cases = [
        (json!("Hi"), json!([user(json!("Hi"))])),
        (json!([user(json!("Hi"))]), json!([user(json!("Hi"))])),
        (
            json!([{
                "type": "message",
                "role": "developer",
                "content": [{"type": "input_text", "text": "Be brief."}],
            }]),
            json!([{"role": "developer", "content": "Be brief."}]),
        ),
        (
            json!([user(
                json!([{"type": "input_text", "text": "What?"}, image])
            )]),
            json!([user(json!([
                {"type": "text", "text": "What?"},
                {"type": "image_url", "image_url": {"url": IMAGE, "detail": "low"}},
            ]))]),
        ),
        // A turn of the model is one message.
        (
            json!([user(json!("?")), reasoning, call, output]),
            json!([
                user(json!("?")),
                {
                    "role": "assistant",
                    "content": null,
                    "reasoning_content": "so",
                    "tool_calls": [{
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "f", "arguments": "{}"},
                    }],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "sun"},
            ]),
        ),
        // Reasoning alone is none.
        (
            json!([reasoning, user(json!("?"))]),
            json!([user(json!("?"))]),
        ),
    ];
    for (input, messages) in cases {
        let sent = chat(json!({"input": input}));
        assert_eq!(sent["messages"], messages, "{input}");
    }
    let sent = chat(json!({"input": "Hi", "instructions": "Be brief."}));
    assert_eq!(
        sent["messages"],
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}])
    );
}

#[test]
fn parameters_become_those_of_a_chat() {
    let parameters = json!({"type": "object", "properties": {}});
    let tool = json!({"type": "function", "name": "f", "parameters": parameters, "strict": true});
    let function = json!({"name": "f", "parameters": parameters, "strict": true});
    let other = json!({"type": "function", "name": "g"});
    let schema = json!({"type": "object"});
    let cases = [
        (
            json!({"max_output_tokens": 5, "temperature": 0.5}),
            json!({"max_completion_tokens": 5, "temperature": 0.5}),
        ),
        (
            json!({"reasoning": {"effort": "low", "summary": "auto"}}),
            json!({"reasoning_effort": "low"}),
        ),
        (
            json!({"text": {"verbosity": "low", "format": {"type": "text"}}}),
            json!({"verbosity": "low", "response_format": null}),
        ),
        (
            json!({"text": {"format": {
                "type": "json_schema", "name": "n", "schema": schema, "strict": true,
            }}}),
            json!({"response_format": {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": schema, "strict": true},
            }}),
        ),
        (
            json!({"tools": [tool], "tool_choice": {"type": "function", "name": "f"}}),
            json!({
                "tools": [{"type": "function", "function": function}],
                "tool_choice": {"type": "function", "function": {"name": "f"}},
            }),
        ),
        (
            json!({
                "tools": [tool, other],
                "tool_choice": {
                    "type": "allowed_tools",
                    "mode": "required",
                    "tools": [{"type": "function", "name": "f"}],
                },
            }),
            json!({
                "tools": [{"type": "function", "function": function}],
                "tool_choice": "required",
            }),
        ),
        (
            json!({"include": ["message.output_text.logprobs"], "top_logprobs": 2}),
            json!({"logprobs": true, "top_logprobs": 2}),
        ),
        // What changes nothing.
        (
            json!({
                "store": true,
                "background": false,
                "previous_response_id": null,
                "truncation": "disabled",
                "include": ["reasoning.encrypted_content"],
                "prompt_cache_key": "k",
                "safety_identifier": "s",
                "metadata": {"a": "b"},
            }),
            json!({"logprobs": null, "store": null, "metadata": null}),
        ),
    ];
    for (request, expected) in cases {
        let mut request = request;
        request["input"] = json!("Hi");
        let sent = chat(request.clone());
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(sent.get(name).unwrap_or(&Value::Null), value, "{request}");
        }
    }
}

#[test]
fn errors_name_what_the_caller_sent() {
    let cases = [
        (
            json!({"previous_response_id": "resp_1"}),
            "previous_response_id",
            "whole conversation",
        ),
        (
            json!({"conversation": "conv_1"}),
            "conversation",
            "whole conversation",
        ),
        (
            json!({"background": true}),
            "background",
            "while its caller waits",
        ),
        (json!({"max_tokens": 5}), "max_tokens", "max_output_tokens"),
        (json!({"messages": []}), "messages", "input"),
        (json!({"temprature": 1}), "temprature", "omit it"),
        (
            json!({"tools": [{"type": "web_search"}]}),
            "tools[0]",
            "omit the tool",
        ),
        (
            json!({"input": [{"type": "item_reference", "id": "i"}]}),
            "input[0]",
            "the item itself",
        ),
        (json!({"input": []}), "input", ""),
        (
            json!({"input": [{"role": "user", "content": 5}]}),
            "input[0].content",
            "",
        ),
        (
            json!({"input": [{"role": "king", "content": "?"}]}),
            "input[0].role",
            "",
        ),
        (
            json!({"text": {"format": {"type": "xml"}}}),
            "text.format.type",
            "",
        ),
        (json!({"max_output_tokens": "5"}), "max_output_tokens", ""),
        (json!({"include": ["everything"]}), "include[0]", "omit it"),
        (json!({"tool_choice": "sometimes"}), "tool_choice", ""),
    ];
    for (request, param, hint) in cases {
        let (named, advice) = refused(request.clone());
        assert_eq!(named, param, "{request}");
        assert!(advice.contains(hint), "{request}: {advice}");
    }
}
