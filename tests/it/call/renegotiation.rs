//! Renegotiation: an assumed format or transport is replaced when the service rejects it.

use oci_genai_edge::call::Step;
use oci_genai_edge::routing::{ApiFormat, RouteOverrides, Transport};
use serde_json::{json, Value};

use super::responses::{
    bad_request, events, status, text_stream, MockResponse, COHERE_STREAM, COHERE_V2_STREAM,
    OPENAI_STREAM, UNSUPPORTED_BY_OPENAI, WRONG_FORMAT,
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

/// A call with an API key and without a signer.
fn with_key_only() -> Scenario {
    Scenario {
        signs: false,
        has_key_only: true,
        ..Scenario::default()
    }
}

fn refusal_of_the_model() -> MockResponse {
    let error = json!({"error": {"message": "no dedicated endpoints", "param": "model"}});
    MockResponse::new(400, "application/json", &[&error.to_string()])
}

#[test]
fn an_endpoint_goes_to_the_openai_transport_where_a_key_is_all_there_is() {
    let outcome = with_key_only().run_expecting(&[events(&[OPENAI_STREAM])], "openai stream, done");
    let sent: Value = serde_json::from_slice(&outcome.sent[0].body).unwrap();
    assert_eq!(sent["model"], DAC);
    assert!(outcome.sent[0].accepts_api_key);
    // A signer is used for everything, and an explicit transport is final.
    Scenario::default().run_expecting(&[text_stream()], "GENERIC stream, stream, done");
    let overrides = |api_format, transport| Scenario {
        overrides: RouteOverrides {
            api_format,
            transport,
        },
        ..with_key_only()
    };
    overrides(None, Some(Transport::Native))
        .run_expecting(&[status(401)], "GENERIC stream, fail unauthorized");
    // A format is no reason for a native call, which would fail.
    overrides(Some(ApiFormat::Generic), None)
        .run_expecting(&[events(&[OPENAI_STREAM])], "openai stream, done");
    // What is no endpoint goes where it did.
    Scenario {
        model: "cohere.command-r-08-2024",
        ..with_key_only()
    }
    .run_expecting(&[events(&[COHERE_STREAM])], "COHERE stream, stream, done");
}

#[test]
fn with_a_key_only_the_refusal_of_an_endpoint_is_final() {
    for (refusal, code) in [
        (bad_request(UNSUPPORTED_BY_OPENAI), "bad_request"),
        (refusal_of_the_model(), "bad_request"),
        (bad_request("no such model"), "bad_request"),
        (status(404), "not_found_or_unauthorized"),
    ] {
        // Neither without streaming, nor to the native transport.
        let steps = format!("openai stream, fail {code}");
        let outcome = with_key_only().run_expecting(&[refusal], &steps);
        assert!(outcome.hint().contains("`sign`"), "{}", outcome.hint());
        assert_eq!(outcome.call.renegotiated(), None);
    }
    // A rejection that names another parameter is not about the endpoint.
    let error = json!({"error": {"message": "too hot", "param": "temperature"}});
    let rejection = MockResponse::new(400, "application/json", &[&error.to_string()]);
    let outcome = with_key_only().run_expecting(&[rejection], "openai stream, fail bad_request");
    assert_eq!(outcome.error.unwrap().hint(), None);
    // With a signer, the transport was chosen.
    let explicit = Scenario {
        overrides: RouteOverrides {
            api_format: None,
            transport: Some(Transport::OpenAi),
        },
        ..Scenario::default()
    };
    let outcome =
        explicit.run_expecting(&[refusal_of_the_model()], "openai stream, fail bad_request");
    assert!(outcome.hint().contains("omit `transport`"));
}

#[test]
fn with_a_key_only_a_refused_endpoint_leaves_the_other_targets() {
    let models = json!({"two": [DAC, "meta.llama"]});
    for refusal in [
        bad_request(UNSUPPORTED_BY_OPENAI),
        refusal_of_the_model(),
        status(404),
    ] {
        let scenario = Scenario {
            model: "two",
            ..with_key_only().with_option("models", models.clone())
        };
        let outcome = scenario.run_expecting(
            &[refusal, events(&[OPENAI_STREAM])],
            "openai stream, openai stream, done",
        );
        assert_eq!(outcome.text(), "Hi");
    }
}
