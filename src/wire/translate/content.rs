//! The parts of messages that several wires write or read in the same way.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::openai::{Detail, Media};

/// [`ImageUrl`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/image-url.ts)
/// and its siblings for audio, video and documents.
#[derive(Clone, Debug, Serialize)]
pub(in crate::wire) struct Url<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
}

/// OpenAI's media in OCI's shape.
pub(in crate::wire) fn url(media: &Media) -> Url<'_> {
    Url {
        url: &media.url,
        detail: media.detail.map(Detail::name),
    }
}

/// OCI's `{type, urlCitation}` in OpenAI's names.
pub(in crate::wire) fn annotation(oci: Value) -> Value {
    const NAMES: [(&str, &str); 4] = [
        ("startIndex", "start_index"),
        ("endIndex", "end_index"),
        ("title", "title"),
        ("url", "url"),
    ];
    let Some(citation) = oci.get("urlCitation") else {
        return oci;
    };
    let member =
        |(oci, openai): (&str, &str)| Some((openai.to_owned(), citation.get(oci)?.clone()));
    let members: Map<String, Value> = NAMES.into_iter().filter_map(member).collect();
    crate::json::object(vec![
        ("type", "url_citation".into()),
        ("url_citation", members.into()),
    ])
}
