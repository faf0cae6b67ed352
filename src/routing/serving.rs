//! How a model is served: OCI's `servingMode` and `apiFormat`, and the API that the request uses.

use serde::{Serialize, Serializer};

/// OCI's `apiFormat`: the body format of the native transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiFormat {
    /// Llama, Grok, Gemini, GPT, and every imported model.
    Generic,
    /// Cohere's first chat API: Command R.
    Cohere,
    /// Cohere's second chat API: Command A.
    CohereV2,
}

/// The API that a request uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// OCI's own: `POST /20231130/actions/chat`.
    Native,
    /// The one compatible with OpenAI's: `POST /openai/v1/chat/completions`.
    OpenAi,
}

/// OCI's `servingMode`, as in the body of a native request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(
    tag = "servingType",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
pub enum ServingMode {
    /// An endpoint on a Dedicated AI Cluster.
    Dedicated {
        /// The endpoint's OCID.
        endpoint_id: String,
    },
    /// A model that Oracle hosts.
    OnDemand {
        /// The model's name or OCID.
        model_id: String,
    },
}

impl ApiFormat {
    /// Every format.
    pub const ALL: [ApiFormat; 3] = [ApiFormat::Generic, ApiFormat::Cohere, ApiFormat::CohereV2];

    /// OCI's name.
    pub const fn name(self) -> &'static str {
        match self {
            ApiFormat::Generic => "GENERIC",
            ApiFormat::Cohere => "COHERE",
            ApiFormat::CohereV2 => "COHEREV2",
        }
    }

    /// Parses OCI's name, which is case-sensitive.
    pub fn parse(name: &str) -> Option<ApiFormat> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

impl Transport {
    /// Every transport.
    pub const ALL: [Transport; 2] = [Transport::Native, Transport::OpenAi];

    /// The name in the options.
    pub const fn name(self) -> &'static str {
        match self {
            Transport::Native => "native",
            Transport::OpenAi => "openai",
        }
    }

    /// Parses the name in the options.
    pub fn parse(name: &str) -> Option<Transport> {
        let mut all = Self::ALL.into_iter();
        all.find(|transport| transport.name() == name)
    }
}

impl Serialize for ApiFormat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Transport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_parsed_back() {
        for format in ApiFormat::ALL {
            assert_eq!(ApiFormat::parse(format.name()), Some(format));
            assert_eq!(json!(format), format.name());
        }
        for transport in Transport::ALL {
            assert_eq!(Transport::parse(transport.name()), Some(transport));
            assert_eq!(json!(transport), transport.name());
        }
        assert_eq!(ApiFormat::parse("generic"), None);
        assert_eq!(Transport::parse("OpenAI"), None);
    }

    #[test]
    fn serializes_the_serving_mode_as_oci_does() {
        let endpoint_id = "ocid1.generativeaiendpoint.oc1.iad.x".to_owned();
        let dedicated = serde_json::to_string(&ServingMode::Dedicated { endpoint_id }).unwrap();
        assert_eq!(
            dedicated,
            r#"{"servingType":"DEDICATED","endpointId":"ocid1.generativeaiendpoint.oc1.iad.x"}"#
        );
        let model_id = "meta.llama".to_owned();
        let on_demand = serde_json::to_string(&ServingMode::OnDemand { model_id }).unwrap();
        assert_eq!(
            on_demand,
            r#"{"servingType":"ON_DEMAND","modelId":"meta.llama"}"#
        );
    }
}
