//! The event-stream cases of OCI's level in `../shared/conformance`.

use oci_genai_edge::call::Step;
use oci_genai_edge::error::{Code, Error};
use serde_json::{json, Value};

use super::calls::{call_on, respond};
use super::decoded::{decode, describe_choice, describe_completion, Decoded};
use super::stream::{check_chunks, check_splits};
use crate::support::{shared_path, Wire};

#[test]
fn cases_of_oci() {
    let Some(path) = shared_path("conformance/sse-cases.json") else {
        return;
    };
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases: Vec<&Value> = all["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| case["level"] == "oci")
        .collect();
    assert_eq!(cases.len(), 23);
    for case in cases {
        let (id, expected) = (case["id"].as_str().unwrap(), &case["expected"]);
        let chunks = case["chunks"].as_array().unwrap().iter();
        let text: String = chunks
            .map(|chunk| chunk["text"].as_str().unwrap())
            .collect();
        // A stream does not name its format reliably, only the request does. These cases do.
        let wire = if text.contains("\"apiFormat\":\"COHERE\"") {
            Wire::Cohere
        } else {
            Wire::Generic
        };
        let decoded = decode(wire, [text.as_bytes()], false);
        check_expected(id, expected, &decoded);
        check_chunks(id, &decoded, false);
        check_splits(id, wire, text.as_bytes(), &decoded);
        if text.starts_with('{') {
            // An error body with status 200 is an error, whatever its content type.
            for content_type in ["application/json", "text/event-stream", ""] {
                let mut call = call_on(wire, true);
                let (_, step) = respond(&mut call, 200, content_type, &[text.as_bytes()]);
                assert!(
                    matches!(&step, Step::Fail(error) if error.code() == Code::ServiceError),
                    "{id}: {step:?}"
                );
            }
        }
    }
}

fn check_expected(id: &str, expected: &Value, decoded: &Decoded) {
    let completion = decoded.completion();
    let answer = describe_completion(&completion);
    let reason = answer
        .get("ociFinishReason")
        .or_else(|| answer.get("finishReason"));
    let code = decoded.error.as_ref().map(Error::code);
    for (field, expected) in expected.as_object().unwrap() {
        match field.as_str() {
            "text" => assert_eq!(&answer["text"], expected, "{id}"),
            "deltas" => assert_eq!(&json!(decoded.sink.texts()), expected, "{id}"),
            "finishReason" => assert_eq!(reason, Some(expected), "{id}"),
            "toolCalls" => assert_eq!(&answer["toolCalls"], expected, "{id}"),
            "truncated" => assert_eq!(code, Some(Code::StreamTruncated), "{id}"),
            "error" => assert!(code.is_some(), "{id}"),
            "usage" => {
                for (name, oci) in [
                    ("prompt_tokens", "promptTokens"),
                    ("completion_tokens", "completionTokens"),
                    ("total_tokens", "totalTokens"),
                ] {
                    assert_eq!(answer["usage"][name], expected[oci], "{id}");
                }
            }
            "choices" => {
                for choice in completion["choices"].as_array().unwrap() {
                    let actual = describe_choice(choice);
                    let expected = &expected[choice["index"].to_string()];
                    assert_eq!(
                        (&actual["text"], &actual["finishReason"]),
                        (&expected["text"], &expected["finishReason"]),
                        "{id}"
                    );
                }
            }
            other => panic!("{id} expects {other}, which this test does not check"),
        }
    }
    if code.is_some() {
        let failure = expected.get("truncated").or_else(|| expected.get("error"));
        assert!(failure.is_some(), "{id}: {code:?}");
    }
    if id == "oci-json-lone-surrogate" {
        // The case leaves the replacement open; src/json/wtf8.rs documents this one.
        assert_eq!(answer["text"], "x\u{FFFD}");
    }
}
