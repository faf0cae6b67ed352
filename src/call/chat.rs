//! A chat in one line, from options and a request.

use super::machine::Call;
use super::settings::Settings;
use crate::error::Result;
use crate::openai::ChatRequest;
use crate::operation::{Chat, Operation};
use crate::options::{CallOptions, Options};
use crate::routing::{Action, RouteOverrides};

impl Call {
    /// A signed chat with the options of a client, streamed if the request asks for it. `id`:
    /// random, and different for each call; letters, digits and hyphens. `now`: milliseconds since
    /// 1970. A [`Client`](crate::client::Client) makes calls that remember what the ones before
    /// learned.
    ///
    /// ```
    /// use oci_genai_edge::call::{Call, Step};
    /// use oci_genai_edge::{error::Error, openai::ChatRequest, options::Options};
    ///
    /// let options = Options::from_json(r#"{"compartmentId": "ocid1.compartment.oc1..example"}"#)?;
    /// let request = ChatRequest::from_json(
    ///     r#"{"model": "ocid1.generativeaiendpoint.oc1.us-chicago-1.example", "stream": true,
    ///         "messages": [{"role": "user", "content": "Hi"}]}"#,
    /// )?;
    /// let mut call = Call::chat(&options, request, "a-random-id", 1_700_000_000_000.0)?;
    /// assert!(matches!(call.next_step(1_700_000_000_000.0), Step::Send(request)
    ///     if request.url.ends_with("/20231130/actions/chat")));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `invalid_model`, `region_mismatch` or `invalid_options`.
    pub fn chat(
        options: &Options,
        request: ChatRequest,
        id: impl Into<String>,
        now: f64,
    ) -> Result<Call> {
        let overrides = RouteOverrides::default();
        let candidates = options.candidates(Action::Chat, request.model(), overrides)?;
        let settings = Settings {
            stream: request.wants_stream(),
            ..Settings::with_options(options, CallOptions::default(), id.into())
        };
        let chat = Chat::with_options(request, options, &settings.id, now);
        let operation = Operation::Chat(Box::new(chat));
        Ok(Call::new(operation, candidates, settings, now))
    }
}
