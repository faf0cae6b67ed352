//! One file a wire: how a request is built, how an answer and a stream event are read.
//!
//! | wire | request | answer |
//! |---|---|---|
//! | [`generic`] | `POST /20231130/actions/chat`, `apiFormat` GENERIC | choices, bare deltas |
//! | [`cohere`] | the same, COHERE | one text, restated at the end |
//! | [`cohere_v2`] | the same, COHEREV2 | one message |
//! | [`openai`] | `POST /openai/v1/chat/completions` | OpenAI's own |
//!
//! The field names are those of the models in `oci-generativeaiinference`
//! ([source](https://github.com/oracle/oci-typescript-sdk/tree/master/lib/generativeaiinference/lib/model)). A wire knows
//! neither retries nor JavaScript; it tells what it reads to an [`Answer`].

pub mod cohere;
pub mod cohere_v2;
mod fields;
pub mod generic;
mod model_family;
pub mod openai;
pub mod parameters;
pub(crate) mod service_error;
pub(crate) mod translate;

use crate::answer::Answer;
use crate::error::{Code, Error, Result};
use crate::json::{self, object, Json, Map, Value};
use crate::openai::{ChatRequest, Sink};
use crate::routing::{ApiFormat, Route, ServingMode, Transport};

use crate::decode::template::Learnt;
use fields::Reading;

pub(crate) use fields::Unread;

/// A wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// `apiFormat` GENERIC
    Generic,
    /// `apiFormat` COHERE
    Cohere,
    /// `apiFormat` COHEREV2
    CohereV2,
    /// OpenAI's protocol
    OpenAi,
}

impl Wire {
    /// The wire that a route takes.
    pub fn of(route: &Route) -> Wire {
        match (route.transport(), route.api_format()) {
            (Transport::OpenAi, _) => Wire::OpenAi,
            (Transport::Native, Some(ApiFormat::Cohere)) => Wire::Cohere,
            (Transport::Native, Some(ApiFormat::CohereV2)) => Wire::CohereV2,
            (Transport::Native, Some(ApiFormat::Generic) | None) => Wire::Generic,
        }
    }

    /// The name that errors and tables use.
    pub const fn name(self) -> &'static str {
        match self {
            Wire::Generic => "GENERIC",
            Wire::Cohere => "COHERE",
            Wire::CohereV2 => "COHEREV2",
            Wire::OpenAi => "openai",
        }
    }

    /// Builds the body of a request. Fails with `missing_compartment`, or with `invalid_request` about the parameter that the
    /// wire can't express.
    pub fn body(
        self,
        request: &ChatRequest,
        route: &Route,
        compartment: Option<&str>,
        stream: bool,
    ) -> Result<Vec<u8>> {
        let chat = match self {
            Wire::Generic => generic::request(request, route, stream)?,
            Wire::Cohere => cohere::request(request, stream)?,
            Wire::CohereV2 => cohere_v2::request(request, stream)?,
            Wire::OpenAi => {
                let body = Value::Object(openai::request(request, route, stream)?);
                return Ok(json::write(&body));
            }
        };
        let compartment = compartment
            .filter(|id| !id.is_empty())
            .ok_or_else(missing_compartment)?;
        let body = object([
            ("compartmentId", compartment.into()),
            (
                "servingMode",
                route
                    .serving_mode()
                    .and_then(|mode: &ServingMode| serde_json::to_vec(mode).ok())
                    .and_then(|text| json::parse(&text).ok())
                    .into(),
            ),
            ("chatRequest", chat.into()),
        ]);
        Ok(json::write(&body))
    }

    /// Reads the data of one stream event. Says what it told, if that was no more than one string.
    pub(crate) fn read_event<'a>(
        self,
        data: &'a [u8],
        answer: &mut Answer,
        sink: &mut dyn Sink,
    ) -> Reading<Learnt<'a>> {
        let event = fields::an_object(Json::read(data)?)?;
        match self {
            Wire::Generic => generic::read_event(event, answer, sink),
            Wire::Cohere => cohere::read_event(event, answer, sink),
            Wire::CohereV2 => cohere_v2::read_event(event, answer, sink),
            Wire::OpenAi => openai::read_event(event, answer, sink),
        }
    }

    /// Reads a whole answer. The format that a native body names counts, whichever was asked for.
    pub(crate) fn read_answer(self, body: &[u8], answer: &mut Answer) -> Result<()> {
        fields::read_answer(self, body, answer)
    }
}

pub(crate) fn missing_compartment() -> Error {
    Error::new(Code::MissingCompartment, "OCI authorises a call against a compartment, and none is configured")
        .with_hint("set `compartmentId` to the OCID of the compartment that holds the endpoint or is allowed to use the model")
}

/// The start of a native request.
fn chat_request(format: ApiFormat, stream: bool) -> Map {
    let mut body = Map::new();
    body.insert("apiFormat", format.name().into());
    if stream {
        body.insert("isStream", true.into());
        // Always asked for: reports and `final()` have usage whether or not the caller wants it as a chunk.
        body.insert("streamOptions", object([("isIncludeUsage", true.into())]));
    }
    body
}
