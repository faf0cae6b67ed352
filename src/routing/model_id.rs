//! What a model id names.

use crate::error::{excerpt, Code, Error, Result};
use crate::routing::ocid::Ocid;
use crate::routing::serving::{ApiFormat, ServingMode};

/// A model id that can be called, borrowed from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelId<'a> {
    text: &'a str,
    kind: ModelKind<'a>,
}

/// The kinds of model id, which are the rows of the routing table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelKind<'a> {
    /// The OCID of an endpoint on a Dedicated AI Cluster.
    Endpoint(Ocid<'a>),
    /// The OCID of a model.
    Model(Ocid<'a>),
    /// The name of one of Cohere's Command R models.
    CommandR,
    /// Any other name.
    Name,
}

/// The hint where the id is no id at all.
pub(super) const EXPECTED: &str = "expected the OCID of an endpoint on a Dedicated AI Cluster \
     (ocid1.generativeaiendpoint.<realm>.<region>.<unique>), the OCID of a model \
     (ocid1.generativeaimodel.…), or a name of the form vendor.model";

const COMMAND_R: &str = "cohere.command-r";
const MAX_NAME_LEN: usize = 255;

impl<'a> ModelId<'a> {
    /// Parses an id that has no `oci:` prefix. With `allow_any_name`, a name need not have the form
    /// `vendor.model`: a gateway, which is an OpenAI-compatible server other than OCI, names its
    /// models freely.
    pub fn parse(id: &'a str, allow_any_name: bool) -> Result<ModelId<'a>> {
        let kind = if Ocid::has_prefix(id) {
            parse_ocid(id)?
        } else if is_vendor_model(id) {
            if starts_with_ignore_case(id, COMMAND_R) {
                ModelKind::CommandR
            } else {
                ModelKind::Name
            }
        } else if allow_any_name && is_printable_name(id) {
            ModelKind::Name
        } else {
            let message = if id.is_empty() {
                "the model id is empty"
            } else {
                "not a model id"
            };
            return Err(invalid_model(id, message, EXPECTED));
        };
        Ok(ModelId { text: id, kind })
    }

    /// Whether a text, with or without an `oci:` prefix, can only be an OCID.
    pub fn is_ocid(model: &str) -> bool {
        Ocid::has_prefix(ModelId::strip_prefix(model))
    }

    /// The id without its `oci:` prefix, if it has one.
    pub fn strip_prefix(model: &str) -> &str {
        match model.split_at_checked(4) {
            Some((prefix, id)) if prefix.eq_ignore_ascii_case("oci:") => id,
            _ => model,
        }
    }

    /// The id.
    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// What it names.
    pub fn kind(&self) -> &ModelKind<'a> {
        &self.kind
    }

    /// The OCID, unless it is a name.
    pub fn ocid(&self) -> Option<&Ocid<'a>> {
        match &self.kind {
            ModelKind::Endpoint(ocid) | ModelKind::Model(ocid) => Some(ocid),
            ModelKind::CommandR | ModelKind::Name => None,
        }
    }

    /// How OCI serves it.
    pub fn serving_mode(&self) -> ServingMode {
        let id = self.text.to_owned();
        match self.kind {
            ModelKind::Endpoint(_) => ServingMode::Dedicated { endpoint_id: id },
            _ => ServingMode::OnDemand { model_id: id },
        }
    }

    /// The format that is assumed where none is set.
    pub fn default_api_format(&self) -> ApiFormat {
        match self.kind {
            ModelKind::CommandR => ApiFormat::Cohere,
            // Command A Vision and Reasoning are served in the second format only; all other Cohere
            // models are served in the first.
            ModelKind::Name
                if self.starts_with("cohere.command-a-vision")
                    || self.starts_with("cohere.command-a-reasoning") =>
            {
                ApiFormat::CohereV2
            }
            ModelKind::Name if self.starts_with("cohere.") => ApiFormat::Cohere,
            _ => ApiFormat::Generic,
        }
    }

    fn starts_with(&self, prefix: &str) -> bool {
        starts_with_ignore_case(self.text, prefix)
    }
}

pub(super) fn invalid_model(
    id: &str,
    message: impl std::fmt::Display,
    hint: &'static str,
) -> Error {
    let message = format!("model \"{}\": {message}", excerpt(id));
    Error::new(Code::InvalidModel, message).with_hint(hint)
}

fn parse_ocid(id: &str) -> Result<ModelKind<'_>> {
    match Ocid::parse(id) {
        Ok(ocid) if ocid.is("generativeaiendpoint") => Ok(ModelKind::Endpoint(ocid)),
        Ok(ocid) if ocid.is("generativeaimodel") => Ok(ModelKind::Model(ocid)),
        Ok(ocid) => {
            let message = format!("a {} can't be called", ocid.resource_type());
            Err(invalid_model(id, message, other_resource_hint(&ocid)))
        }
        Err(_) => Err(invalid_model(id, "not a well-formed OCID", EXPECTED)),
    }
}

fn other_resource_hint(ocid: &Ocid<'_>) -> &'static str {
    if ocid.is("generativeaidedicatedaicluster") {
        "use the OCID of an endpoint on the cluster (ocid1.generativeaiendpoint.…)"
    } else if ocid.is("generativeaiprivateendpoint") {
        "a private endpoint is an address: set `endpoint` to https:// and its FQDN, and use the \
         OCID of the model's endpoint as the model"
    } else if ocid.is("generativeaiimportedmodel") {
        "an imported model is called through an endpoint on a Dedicated AI Cluster: use the OCID \
         of that endpoint"
    } else if ocid.is("compartment") || ocid.is("tenancy") {
        "a compartment belongs in `compartmentId`; the model is the OCID of an endpoint or a name \
         of the form vendor.model"
    } else {
        EXPECTED
    }
}

/// `meta.llama-3.3-70b-instruct`: a vendor that starts with a letter, a dot, and a name that starts
/// with a letter or digit.
fn is_vendor_model(id: &str) -> bool {
    let Some((vendor, name)) = id.split_once('.') else {
        return false;
    };
    id.len() <= MAX_NAME_LEN
        && vendor.starts_with(|c: char| c.is_ascii_alphabetic())
        && vendor
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._:/@".contains(&b))
}

fn is_printable_name(id: &str) -> bool {
    (1..=MAX_NAME_LEN).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic())
}

fn starts_with_ignore_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_kinds_apart() {
        let kind = |id| *ModelId::parse(id, false).unwrap().kind();
        let endpoint = "ocid1.generativeaiendpoint.oc1.us-chicago-1.x";
        assert_eq!(
            kind(endpoint),
            ModelKind::Endpoint(Ocid::parse(endpoint).unwrap())
        );
        let model = "ocid1.generativeaimodel.oc1.us-chicago-1.x";
        assert_eq!(kind(model), ModelKind::Model(Ocid::parse(model).unwrap()));
        assert_eq!(kind("Cohere.Command-R-plus"), ModelKind::CommandR);
        assert_eq!(kind("cohere.command-a-03-2025"), ModelKind::Name);
    }

    #[test]
    fn strips_one_prefix() {
        assert_eq!(ModelId::strip_prefix("OCI:meta.llama"), "meta.llama");
        assert_eq!(
            ModelId::strip_prefix("oci:oci:meta.llama"),
            "oci:meta.llama"
        );
        assert_eq!(ModelId::strip_prefix("ocié"), "ocié");
    }

    #[test]
    fn rejects_what_is_not_a_model_id() {
        for id in [
            "",
            " ",
            "gpt-4o",
            "meta.",
            ".llama",
            "meta llama.x",
            "meta.llama 3",
            "ocid1.generativeaiendpoint",
            "ocid1.compartment.oc1..aaaa",
            "ocid1.generativeaidedicatedaicluster.oc1.us-chicago-1.x",
            "ocid1.generativeaiprivateendpoint.oc1.us-chicago-1.x",
            "ocid1.generativeaiimportedmodel.oc1.us-chicago-1.x",
            "oci:meta.llama",
            " ocid1.generativeaiendpoint.oc1.us-chicago-1.x",
            "meta.llama\n",
            "https://evil.example",
        ] {
            let error = ModelId::parse(id, false).unwrap_err();
            assert_eq!(error.code(), Code::InvalidModel, "{id:?}");
            assert!(error.message().starts_with("model \""), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
        let error = ModelId::parse(&"x.y".repeat(1000), false).unwrap_err();
        assert!(error.message().len() < 600);
    }

    #[test]
    fn a_gateway_names_its_models_freely() {
        assert_eq!(
            *ModelId::parse("my-alias", true).unwrap().kind(),
            ModelKind::Name
        );
        assert!(ModelId::parse("my alias", true).is_err());
        assert!(ModelId::parse("", true).is_err());
        assert!(ModelId::parse("ocid1.compartment.oc1..aaaa", true).is_err());
    }
}
