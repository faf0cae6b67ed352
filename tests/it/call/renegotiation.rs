//! Renegotiation: an assumed format or transport is replaced when the service rejects it.

use oci_genai_edge::call::Step;
use oci_genai_edge::routing::{ApiFormat, RouteOverrides, Transport};
use serde_json::{json, Value};

use super::responses::{
    bad_request, events, status, text_stream, COHERE_STREAM, COHERE_V2_STREAM, OPENAI_STREAM,
    UNSUPPORTED_BY_OPENAI, WRONG_FORMAT,
};
use super::scenario::{Scenario, DAC};
use crate::support::{response_head, RecordingSink};

#[test]
fn an_assumed_format_is_renegotiated() {
    let wrong_format = || bad_request(WRONG_FORMAT);
    for stream in [true, false] {
        let scenario = || Scenario {
            stream,
            ..Scenario::without_fallback()
        };
        let (kind, end) = if stream {
            ("stream", "stream, done")
        } else {
            ("whole", "done")
        };
        let outcome = scenario().run_expecting(
            &[wrong_format(), events(&[COHERE_V2_STREAM])],
            &format!("GENERIC {kind}, COHEREV2 {kind}, {end}"),
        );
        assert_eq!(
            outcome.call.renegotiated(),
            Some((DAC, Transport::Native, Some(ApiFormat::CohereV2)))
        );
        let outcome = scenario().run_expecting(
            &[wrong_format(), wrong_format(), events(&[COHERE_STREAM])],
            &format!("GENERIC {kind}, COHEREV2 {kind}, COHERE {kind}, {end}"),
        );
        assert_eq!(
            (
                outcome.text().as_str(),
                outcome.call.renegotiated().unwrap().2
            ),
            ("Hi", Some(ApiFormat::Cohere))
        );
        assert_eq!(
            outcome.attempts(),
            [
                (Some(400), Some("wrong_api_format")),
                (Some(400), Some("wrong_api_format")),
                (Some(200), None)
            ]
        );
        let steps =
            format!("GENERIC {kind}, COHEREV2 {kind}, COHERE {kind}, fail wrong_api_format");
        let outcome =
            scenario().run_expecting(&[wrong_format(), wrong_format(), wrong_format()], &steps);
        assert!(outcome.hint().contains("apiFormat") && outcome.call.renegotiated().is_none());
        // An explicit format, in the call or in the client's options, is not renegotiated.
        for format in [ApiFormat::Generic, ApiFormat::Cohere, ApiFormat::CohereV2] {
            let steps = format!("{} {kind}, fail wrong_api_format", format.name());
            let overrides = RouteOverrides {
                api_format: Some(format),
                transport: None,
            };
            Scenario {
                overrides,
                ..scenario()
            }
            .run_expecting(&[wrong_format()], &steps);
            scenario()
                .with_option("apiFormat", json!(format.name()))
                .run_expecting(&[wrong_format()], &steps);
        }
    }
    // A renegotiation uses up neither the fallback nor an attempt.
    let script = [
        wrong_format(),
        status(500),
        status(503),
        status(503),
        status(503),
    ];
    let steps = "GENERIC stream, COHEREV2 stream, COHEREV2 whole, wait, COHEREV2 whole, \
        wait, COHEREV2 whole, fail service_unavailable";
    Scenario::default().run_expecting(&script, steps);
    // An assumption that proves right is not a renegotiation.
    assert!(Scenario::default()
        .run_expecting(&[text_stream()], "GENERIC stream, stream, done")
        .call
        .renegotiated()
        .is_none());
}

#[test]
fn an_assumed_transport_is_renegotiated() {
    let unsupported = || bad_request(UNSUPPORTED_BY_OPENAI);
    let outcome = Scenario::for_model("cohere.command-a-03-2025").run_expecting(
        &[unsupported(), events(&[COHERE_STREAM])],
        "openai stream, COHERE stream, stream, done",
    );
    assert_eq!(
        outcome.call.renegotiated(),
        Some((
            "cohere.command-a-03-2025",
            Transport::Native,
            Some(ApiFormat::Cohere)
        ))
    );
    let sent: Value = serde_json::from_slice(&outcome.sent[1].body).unwrap();
    assert_eq!(
        sent["servingMode"],
        json!({"servingType": "ON_DEMAND", "modelId": "cohere.command-a-03-2025"})
    );
    assert_eq!(sent["compartmentId"], "ocid1.compartment.oc1..example");
    assert_eq!(
        outcome.sent[0]
            .url
            .replace("/openai/v1/chat/completions", ""),
        outcome.sent[1].url.replace("/20231130/actions/chat", "")
    );
    Scenario::for_model("cohere.command-a-vision-07-2025")
        .whole()
        .run_expecting(
            &[unsupported(), status(404)],
            "openai whole, COHEREV2 whole, fail not_found_or_unauthorized",
        );
    Scenario::for_model("meta.llama").run_expecting(
        &[unsupported(), text_stream()],
        "openai stream, GENERIC stream, stream, done",
    );
    // Any other 400 renegotiates nothing.
    Scenario::for_model("meta.llama")
        .whole()
        .run_expecting(&[bad_request("no")], "openai whole, fail bad_request");
    let outcome = Scenario::for_model("meta.llama")
        .run_expecting(&[events(&[OPENAI_STREAM])], "openai stream, done");
    assert_eq!(
        (outcome.text().as_str(), outcome.call.renegotiated()),
        ("Hi", None)
    );
}

#[test]
fn an_explicit_transport_never_sends_an_endpoint_as_a_model() {
    // A DAC on the openai transport, by an explicit override. Whether or not the call is then
    // renegotiated, an endpoint is never sent as the id of a model.
    let scenario = Scenario {
        overrides: RouteOverrides {
            api_format: None,
            transport: Some(Transport::OpenAi),
        },
        ..Scenario::default().whole()
    };
    let mut call = scenario.start();
    let mut sink = RecordingSink::default();
    for _ in 0..3 {
        let Step::Send(request) = call.next_step(0.0) else {
            break;
        };
        let sent: Value = serde_json::from_slice(&request.body).unwrap();
        assert_ne!(sent["servingMode"]["servingType"], "ON_DEMAND", "{sent}");
        let body = json!({"code": "400", "message": UNSUPPORTED_BY_OPENAI}).to_string();
        call.on_response(response_head(400, "application/json"), 0.0);
        call.on_body_chunk(body.as_bytes(), 0.0, &mut sink);
        call.on_body_end(0.0, &mut sink);
    }
    assert!(matches!(call.next_step(0.0), Step::Fail(_)));
}

#[test]
fn an_explicit_transport_is_not_renegotiated() {
    // The caller chose the transport, so the caller gets the service's error.
    let overrides = RouteOverrides {
        api_format: None,
        transport: Some(Transport::OpenAi),
    };
    let scenario = Scenario {
        model: "cohere.command-a-03-2025",
        overrides,
        ..Scenario::default().whole()
    };
    scenario.run_expecting(
        &[bad_request(UNSUPPORTED_BY_OPENAI)],
        "openai whole, fail bad_request",
    );
}
