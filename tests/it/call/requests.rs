//! What is sent, and what fails before anything is sent.

use oci_genai_edge::routing::{ApiFormat, RouteOverrides};
use serde_json::{json, Value};

use super::responses::{bad_request, events, text_stream, OPENAI_STREAM, UNSUPPORTED_BY_OPENAI};
use super::scenario::{ashburn_target, Scenario, DAC};

#[test]
fn a_call_without_a_compartment_fails_before_sending() {
    for stream in [true, false] {
        let options = json!({"region": "us-chicago-1"});
        for model in [DAC, "cohere.command-r"] {
            let outcome = Scenario {
                options: options.clone(),
                model,
                stream,
                ..Scenario::default()
            }
            .run_expecting(&[], "fail missing_compartment");
            assert!(outcome.sent.is_empty() && outcome.hint().contains("compartmentId"));
            assert_eq!(outcome.report["attempts"], json!([]));
        }
        // The openai transport needs a compartment with a signer, and none with an API key.
        let scenario = |signs| Scenario {
            options: options.clone(),
            model: "meta.llama",
            stream,
            signs,
            ..Scenario::default()
        };
        scenario(true).run_expecting(&[], "fail missing_compartment");
        let kind = if stream { "stream" } else { "whole" };
        let outcome = scenario(false)
            .run_expecting(&[events(&[OPENAI_STREAM])], &format!("openai {kind}, done"));
        assert!(!outcome.sent[0]
            .headers
            .iter()
            .any(|(name, _)| name == "opc-compartment-id"));
    }
    let outcome = Scenario::for_model("meta.llama")
        .run_expecting(&[events(&[OPENAI_STREAM])], "openai stream, done");
    assert!(outcome.sent[0].headers.contains(&(
        "opc-compartment-id".into(),
        "ocid1.compartment.oc1..example".into()
    )));
    // Of several targets, those with a compartment are called.
    let compartment = json!({"compartmentId": "ocid1.compartment.oc1..other"});
    let models = json!({"two": [DAC, ashburn_target(compartment)]});
    let scenario = Scenario {
        options: json!({"models": models}),
        model: "two",
        ..Scenario::default()
    };
    let outcome = scenario.run_expecting(&[text_stream()], "GENERIC stream, stream, done");
    assert!(outcome.sent[0].url.contains("us-ashburn-1"));
    // A call that is renegotiated to the native transport needs one too.
    let scenario = Scenario {
        options: json!({"region": "us-chicago-1"}),
        model: "cohere.command-a-03-2025",
        signs: false,
        ..Scenario::default()
    };
    scenario.run_expecting(
        &[bad_request(UNSUPPORTED_BY_OPENAI)],
        "openai stream, fail missing_compartment",
    );
}

#[test]
fn a_request_that_the_format_cannot_express_is_not_sent() {
    let request = json!({"messages": [{"role": "user", "content": "?"}], "n": 2});
    let overrides = RouteOverrides {
        api_format: Some(ApiFormat::Cohere),
        transport: None,
    };
    let outcome = Scenario {
        request: request.clone(),
        overrides,
        ..Scenario::default()
    }
    .run_expecting(&[], "fail invalid_request");
    assert_eq!(outcome.error.unwrap().param_name(), Some("n"));
    // Another target's format can express it.
    let models = json!({"two": [ashburn_target(json!({"apiFormat": "COHERE"})), DAC]});
    let scenario = Scenario {
        request,
        model: "two",
        ..Scenario::default().with_option("models", models)
    };
    scenario.run_expecting(&[text_stream()], "GENERIC stream, stream, done");
}

#[test]
fn url_headers_and_body_of_a_request() {
    let scenario = Scenario::default().with_option(
        "headers",
        json!({"X-Trace": "1", "Accept": "text/event-stream"}),
    );
    let outcome = scenario.run_expecting(&[text_stream()], "GENERIC stream, stream, done");
    let sent = &outcome.sent[0];
    assert_eq!(
        sent.url,
        "https://inference.generativeai.us-chicago-1.oci.oraclecloud.com/20231130/actions/chat"
    );
    let value = |name: &str| {
        sent.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (value("x-trace"), value("accept")),
        (Some("1"), Some("text/event-stream"))
    );
    assert_eq!(
        (value("accept-encoding"), value("content-type")),
        (Some("identity"), Some("application/json"))
    );
    let mut names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.iter().all(
        |name| !["authorization", "host", "content-length"].contains(name)
            && !name.contains(char::is_uppercase)
    ));
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), sent.headers.len(), "no header twice");
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    let chat_request = json!({
        "apiFormat": "GENERIC",
        "isStream": true,
        "streamOptions": {"isIncludeUsage": true},
        "messages": [{"role": "USER", "content": [{"type": "TEXT", "text": "?"}]}],
    });
    let expected = json!({
        "compartmentId": "ocid1.compartment.oc1..example",
        "servingMode": {"servingType": "DEDICATED", "endpointId": DAC},
        "chatRequest": chat_request,
    });
    assert_eq!(body, expected);
}
