//! A call that sends one request, and what belongs to it.

use oci_genai_edge::answer::Accumulator;
use oci_genai_edge::call::{Call, ResponseHead, Settings, Step};
use oci_genai_edge::error::Error;
use oci_genai_edge::openai::{ChatRequest, Metadata};
use oci_genai_edge::operation::{Chat, Operation};
use oci_genai_edge::options::{Limits, Retry};
use oci_genai_edge::routing::{Candidate, Route, RouteOverrides, RoutingOptions, Strategy};
use oci_genai_edge::wire::{self, WireFormat};
use serde_json::Value;

use super::recording_sink::RecordingSink;

/// The wire formats, for tests that generate or check something for each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Generic,
    Cohere,
    CohereV2,
    OpenAi,
}

impl Wire {
    pub const ALL: [Wire; 4] = [Wire::Generic, Wire::Cohere, Wire::CohereV2, Wire::OpenAi];

    pub fn format(self) -> &'static WireFormat {
        match self {
            Wire::Generic => &wire::GENERIC,
            Wire::Cohere => &wire::COHERE,
            Wire::CohereV2 => &wire::COHERE_V2,
            Wire::OpenAi => &wire::OPENAI,
        }
    }
}

/// A target whose format is explicit, so that nothing is assumed or renegotiated.
fn candidate_for(format: &WireFormat) -> Candidate {
    let endpoint = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
    let model = if format.api_format.is_some() {
        endpoint
    } else {
        "vendor.model"
    };
    let options = RoutingOptions {
        region: Some("us-chicago-1".into()),
        ..RoutingOptions::default()
    };
    let overrides = RouteOverrides {
        api_format: format.api_format,
        transport: None,
    };
    let route = Route::resolve(model, &options, overrides).unwrap();
    assert_eq!(WireFormat::for_route(&route), format);
    Candidate {
        route,
        compartment_id: Some("ocid1.compartment.oc1..example".into()),
        health: None,
    }
}

/// A call that is attempted once, without fallback.
pub fn single_call(
    format: &WireFormat,
    request: ChatRequest,
    stream: bool,
    limits: Limits,
    tool_call_text: bool,
) -> Call {
    let settings = Settings {
        stream,
        fallback: false,
        retry: Retry {
            max_attempts: 1,
            ..Retry::default()
        },
        strategy: Strategy::Order,
        limits,
        headers: Vec::new(),
        signs: true,
        id: metadata().id,
    };
    let chat = Chat::new(request, metadata(), limits, tool_call_text);
    Call::new(
        Operation::Chat(Box::new(chat)),
        vec![candidate_for(format)],
        settings,
        0.0,
    )
}

/// The metadata of every answer in these tests.
pub fn metadata() -> Metadata {
    Metadata {
        id: "chatcmpl-test".into(),
        created: 0,
        model: "model".into(),
    }
}

/// The head of a response.
pub fn response_head(status: u16, content_type: &str) -> ResponseHead {
    ResponseHead {
        status,
        content_type: content_type.into(),
        ..ResponseHead::default()
    }
}

/// The completion of an answer as callers receive it, parsed.
pub fn completion(answer: &Accumulator) -> Value {
    serde_json::from_slice(&answer.completion().to_json()).unwrap()
}

/// Sends the request of a call, and receives a response to it. Returns the error that the call
/// failed with.
pub fn receive<'a>(
    call: &mut Call,
    head: ResponseHead,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    sink: &mut RecordingSink,
) -> Option<Error> {
    assert!(matches!(call.next_step(0.0), Step::Send(_)));
    call.on_response(head, 0.0);
    for piece in pieces {
        if call.needs_body() {
            call.on_body_chunk(piece, 0.0, sink);
        }
    }
    if call.needs_body() {
        call.on_body_end(0.0, sink);
    }
    match call.next_step(0.0) {
        Step::Fail(error) => Some(error),
        _ => None,
    }
}
