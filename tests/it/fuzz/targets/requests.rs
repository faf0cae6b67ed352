//! Any request on every wire: a body of JSON, or an error that names what is wrong.

use std::sync::LazyLock;

use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::ChatRequest;
use oci_genai_edge::routing::{
    ApiFormat, Candidate, Route, RouteOverrides, RoutingOptions, Transport,
};
use oci_genai_edge::wire::WireFormat;
use serde_json::Value;

use super::input::Input;

/// Each format, and the families of models that differ on one.
static TARGETS: LazyLock<Vec<Candidate>> = LazyLock::new(|| {
    let dac = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
    let native = |format| (Some(format), Some(Transport::Native));
    [
        (dac, native(ApiFormat::Generic)),
        (dac, native(ApiFormat::Cohere)),
        (dac, native(ApiFormat::CohereV2)),
        ("cohere.command-r-plus", (None, None)),
        ("cohere.command-a", native(ApiFormat::CohereV2)),
        ("google.gemini-2.5-pro", native(ApiFormat::Generic)),
        ("openai.gpt-5", native(ApiFormat::Generic)),
        ("xai.grok-4", native(ApiFormat::Generic)),
        ("meta.llama-3.3-70b-instruct", (None, None)),
    ]
    .map(|(model, (api_format, transport))| {
        let options = RoutingOptions {
            region: Some("us-chicago-1".into()),
            ..RoutingOptions::default()
        };
        let overrides = RouteOverrides {
            api_format,
            transport,
        };
        Candidate {
            route: Route::resolve(model, &options, overrides).unwrap(),
            compartment_id: Some("ocid1.compartment.oc1..example".into()),
            health: None,
        }
    })
    .into()
});

pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let text = input.text();
    let stream = input.settings.flip();
    let request = match ChatRequest::from_json(&text) {
        Ok(request) => request,
        Err(error) => return check_error(&error),
    };
    // Of two equal names the last counts, for what is checked and for what is sent.
    let canonical = serde_json::from_str::<Value>(&text).ok();
    // serde_json may read the last digit of a long number otherwise than it prints it.
    let canonical = canonical.filter(|value| {
        serde_json::from_str::<Value>(&value.to_string()).is_ok_and(|again| again == *value)
    });
    let canonical = canonical.map(|value| ChatRequest::from_json(&value.to_string()).unwrap());
    for target in TARGETS.iter() {
        let format = WireFormat::for_route(&target.route);
        let body = format.body(&request, target, stream);
        if let Some(canonical) = &canonical {
            assert_eq!(body, format.body(canonical, target, stream), "{text}");
        }
        match body {
            Ok(body) => check_body(&body, format, target, stream),
            Err(error) => check_error(&error),
        }
        let without_compartment = Candidate {
            compartment_id: None,
            ..target.clone()
        };
        let native = format.api_format.is_some();
        if let Err(error) = format.body(&request, &without_compartment, stream) {
            check_error(&error);
        } else {
            assert!(!native, "a native request without a compartment");
        }
    }
}

fn check_body(body: &[u8], format: &WireFormat, target: &Candidate, stream: bool) {
    let body: Value = serde_json::from_slice(body).unwrap();
    let Some(api_format) = format.api_format else {
        assert_eq!(body["model"], target.route.model());
        assert_eq!(body["stream"] == true, stream);
        return assert!(body["messages"].is_array());
    };
    let chat = &body["chatRequest"];
    assert_eq!(chat["apiFormat"], api_format.name());
    assert_eq!(chat["isStream"] == true, stream);
    assert!(body["compartmentId"].is_string() && body["servingMode"].is_object());
}

fn check_error(error: &Error) {
    let known = [Code::InvalidRequest, Code::MissingCompartment];
    assert!(known.contains(&error.code()), "{error:?}");
    assert!(!error.message().is_empty());
    assert!(
        error.message().len() < 1000,
        "a message of {} bytes",
        error.message().len()
    );
}
