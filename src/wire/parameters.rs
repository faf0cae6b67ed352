//! The tables of parameters: what each parameter becomes on a wire, or why it can't.
//!
//! Every native wire has a table in its own file; `docs/parameters.md` is printed from them. A
//! parameter without a row is rejected by name: it might change the answer, and OCI rejects a
//! request with unknown keys without naming them.

use serde_json::{Map, Value};

use super::WireFormat;
use crate::error::{excerpt, Error, Result};
use crate::openai::parameters::Parameter;
use crate::openai::{Chat, Param};

/// A row: the name of a parameter in [the registry](crate::openai::parameters), and its rule.
pub type Row = (&'static str, Rule);

/// What becomes of a parameter on a wire.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// It is sent as this field of OCI's request.
    Field(&'static str),
    /// It is sent as this field, whose value is one of these words. OCI's case is upper case; the
    /// caller's does not matter.
    Enum(&'static str, &'static [&'static str]),
    /// The wire's own code translates it, as the words say.
    Translated(&'static str),
    /// It does not change the answer, as the words say, and is not sent.
    Ignored(&'static str),
    /// The wire can't express it: `invalid_request` with this hint, unless the value is neutral.
    Unsupported(&'static str),
}

/// What all native wires send in the same way.
pub const NATIVE_PARAMETERS: &[Row] = &[
    ("stream", Rule::translated("isStream")),
    (
        "stream_options",
        Rule::translated(
            "streamOptions.isIncludeUsage, always true; include_usage decides whether a chunk \
             carries it",
        ),
    ),
    ("temperature", Rule::Field("temperature")),
    ("top_p", Rule::Field("topP")),
    ("seed", Rule::Field("seed")),
    ("presence_penalty", Rule::Field("presencePenalty")),
    ("frequency_penalty", Rule::Field("frequencyPenalty")),
    ("oci.top_k", Rule::Field("topK")),
];

/// Parameters that only serve OpenAI's own bookkeeping, or have a newer name, on every wire.
pub const IGNORED_PARAMETERS: &[Row] = &[
    ("user", Rule::ignored("names the caller to OpenAI")),
    (
        "safety_identifier",
        Rule::ignored("names the caller to OpenAI"),
    ),
    ("store", Rule::ignored("whether OpenAI keeps the answer")),
    (
        "prompt_cache_key",
        Rule::ignored("a hint to OpenAI's cache"),
    ),
    (
        "prompt_cache_retention",
        Rule::ignored("a hint to OpenAI's cache"),
    ),
    (
        "modalities",
        Rule::Unsupported("the answer is text: omit modalities"),
    ),
    ("audio", Rule::Unsupported("the answer is text: omit audio")),
    (
        "functions",
        Rule::Unsupported("functions is deprecated: use tools"),
    ),
    (
        "function_call",
        Rule::Unsupported("function_call is deprecated: use tool_choice"),
    ),
];

/// Words that only the documentation shows.
///
/// SIZE: they are left out of the wasm, where nothing reads them.
const fn documentation(words: &'static str) -> &'static str {
    if cfg!(target_arch = "wasm32") {
        ""
    } else {
        words
    }
}

impl Rule {
    pub(super) const fn translated(how: &'static str) -> Rule {
        Rule::Translated(documentation(how))
    }

    pub(super) const fn ignored(why: &'static str) -> Rule {
        Rule::Ignored(documentation(why))
    }
}

impl WireFormat {
    /// Every row of the wire's tables, its own first.
    pub fn rows(&self) -> impl Iterator<Item = &'static Row> {
        self.parameters
            .iter()
            .copied()
            .flatten()
            .chain(IGNORED_PARAMETERS)
    }

    /// The rule for a parameter. One without a row can't be expressed.
    pub fn rule(&self, name: &str) -> Rule {
        let row = self.rows().find(|(known, _)| *known == name);
        row.map_or(
            Rule::Unsupported("omit it: OCI has no counterpart"),
            |(_, rule)| *rule,
        )
    }

    /// The fields that the table makes of the parameters by itself; what is `Translated` is left to
    /// the wire.
    ///
    /// # Errors
    ///
    /// `invalid_request` about a parameter that is unknown, of the wrong kind, or can't be
    /// expressed.
    pub(super) fn fields(&self, chat: &Chat) -> Result<Map<String, Value>> {
        let mut fields = Map::new();
        for (name, value) in &chat.parameters {
            let own_name = chat.names.of(name);
            let parameter = Parameter::find(name).ok_or_else(|| {
                let name = excerpt(own_name);
                let message = format!("the {} wire does not know the parameter {name}", self.name);
                Error::param(name, message)
                    .with_hint("omit it; parameters that only OCI has go under `oci`")
            })?;
            let given = Param::new(own_name, value);
            match self.rule(name) {
                Rule::Field(field) => {
                    parameter.check(&given)?;
                    fields.insert(field.to_owned(), value.clone());
                }
                Rule::Enum(field, words) => {
                    fields.insert(field.to_owned(), given.one_of(words)?.into());
                }
                Rule::Translated(_) | Rule::Ignored(_) => {}
                Rule::Unsupported(_) if parameter.neutral.matches(value) => {}
                Rule::Unsupported(hint) => {
                    let message = format!("the {} wire can't express {own_name}", self.name);
                    return Err(Error::param(own_name, message).with_hint(hint));
                }
            }
        }
        Ok(fields)
    }
}
