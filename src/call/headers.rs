//! The headers of a request, apart from those of the signature.

use crate::error::Result;
use crate::routing::{Candidate, Transport};

use super::settings::Settings;

/// The header by which the service recognises a request that it has received before.
const RETRY_TOKEN: &str = "opc-retry-token";

/// The headers of a request to a target; the caller's replace ours. `variant` numbers the different
/// requests of a call: a retry is the same one, a fallback is not.
pub(super) fn request_headers(
    settings: &Settings,
    target: &Candidate,
    variant: u32,
) -> Result<Vec<(String, String)>> {
    let is_openai = target.route.transport() == Transport::OpenAi;
    let mut headers: Vec<(String, String)> = Vec::with_capacity(4 + settings.headers.len());
    let mut set =
        |name: &str, value: &str| match headers.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.to_owned(),
            None => headers.push((name.to_owned(), value.to_owned())),
        };
    set("accept", "application/json, text/event-stream");
    // Compressed events arrive late, and a compression frame for each event breaks some decoders.
    set("accept-encoding", "identity");
    let mut retry_token = (!is_openai).then_some(settings.id.as_str());
    for (name, value) in &settings.headers {
        match name.as_str() {
            RETRY_TOKEN => retry_token = Some(value),
            name => set(name, value),
        }
    }
    if let Some(token) = retry_token.filter(|token| !token.is_empty()) {
        match variant {
            1 => set(RETRY_TOKEN, token),
            variant => set(RETRY_TOKEN, &format!("{token}-{variant}")),
        }
    }
    if is_openai && settings.signs {
        set("opc-compartment-id", target.require_compartment()?);
    }
    set("content-type", "application/json");
    Ok(headers)
}
