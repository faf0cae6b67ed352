//! What OCI speaks, a folder or a file each: how a request is built, how an answer and a stream
//! event are read.
//!
//! | wire | request | answer |
//! |---|---|---|
//! | [`GENERIC`] | `POST /20231130/actions/chat`, `apiFormat` GENERIC | choices, bare deltas |
//! | [`COHERE`] | the same, COHERE | one text, restated at the end |
//! | [`COHERE_V2`] | the same, COHEREV2 | one message |
//! | [`OPENAI`] | `POST /openai/v1/chat/completions` | OpenAI's own |
//!
//! The field names are those of the models in `oci-generativeaiinference`
//! ([source](https://github.com/oracle/oci-typescript-sdk/tree/master/lib/generativeaiinference/lib/model)).
//! A wire knows neither retries nor JavaScript; it pushes what it reads into an [`Accumulator`].

mod cohere;
mod cohere_common;
mod cohere_v2;
mod envelope;
mod fields;
mod generic;
mod json_schema;
mod model_family;
mod openai;
pub mod parameters;
mod service_error;
mod single_delta;
mod tool_call;
mod translate;

use crate::answer::Accumulator;
use crate::error::Result;
use crate::json::RawJson;
use crate::openai::{ChatRequest, Sink};
use crate::routing::{ApiFormat, Candidate, Route};
use parameters::Row;

pub use cohere::FORMAT as COHERE;
pub use cohere_v2::FORMAT as COHERE_V2;
pub use generic::FORMAT as GENERIC;
pub use openai::FORMAT as OPENAI;

pub(crate) use envelope::read_object;
pub(crate) use fields::{DecodeError, DecodeResult};
pub(crate) use openai::{is_usage_only, with_opc_request_id, with_reasoning_content};
pub(crate) use service_error::service_error;
pub(crate) use single_delta::{DeltaKind, SingleDelta};
pub(crate) use translate::{unix_seconds, usage};

/// Every wire. A new one is a row here, next to its file.
pub static FORMATS: [&WireFormat; 4] = [&GENERIC, &COHERE, &COHERE_V2, &OPENAI];

/// A wire: its name, its table of parameters, and the functions that build and read.
pub struct WireFormat {
    /// The name in errors and documentation.
    pub name: &'static str,
    /// The `apiFormat` that the wire stands for; none on the openai transport.
    pub api_format: Option<ApiFormat>,
    /// What becomes of each parameter: the wire's own table, then those that it shares. Empty where
    /// all pass.
    pub parameters: &'static [&'static [Row]],
    /// Whether the service's events are OpenAI's and are passed on as they are.
    pub passes_events_through: bool,
    build: fn(&ChatRequest, &Candidate, stream: bool) -> Result<Vec<u8>>,
    read_event: ReadEvent,
    read_whole: fn(RawJson<'_>, &mut Accumulator) -> DecodeResult<()>,
}

/// Reads an event; says what it carried, if that was one string and nothing else.
type ReadEvent = for<'a> fn(
    RawJson<'a>,
    &mut Accumulator,
    &mut dyn Sink,
) -> DecodeResult<Option<SingleDelta<'a>>>;

impl WireFormat {
    /// The wire that a route uses.
    pub fn for_route(route: &Route) -> &'static WireFormat {
        let matches = |format: &&&WireFormat| format.api_format == route.api_format();
        FORMATS.iter().find(matches).copied().unwrap_or(&GENERIC)
    }

    /// The wire with this `apiFormat`.
    pub fn named(api_format: &str) -> Option<&'static WireFormat> {
        FORMATS
            .iter()
            .find(|format| format.name == api_format)
            .copied()
    }

    /// Builds the body of a request.
    ///
    /// # Errors
    ///
    /// `missing_compartment`, or `invalid_request` about the parameter that the wire can't express.
    pub fn body(&self, request: &ChatRequest, target: &Candidate, stream: bool) -> Result<Vec<u8>> {
        let body = (self.build)(request, target, stream);
        body.map_err(|error| request.names().translate(error))
    }

    /// Reads the data of one stream event.
    pub(crate) fn read_event<'a>(
        &self,
        data: &'a [u8],
        answer: &mut Accumulator,
        sink: &mut dyn Sink,
    ) -> DecodeResult<Option<SingleDelta<'a>>> {
        let event = fields::object(RawJson::parse(data)?)?;
        (self.read_event)(event, answer, sink)
    }

    /// Reads a whole answer. The format that a native body names counts, whichever was requested.
    pub(crate) fn read_whole(&self, body: &[u8], answer: &mut Accumulator) -> Result<()> {
        envelope::read_whole(self, body, answer)
    }
}

impl PartialEq for WireFormat {
    fn eq(&self, other: &WireFormat) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for WireFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
