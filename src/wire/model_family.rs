//! What some models require and others do not, each with its evidence.

/// The maker of a model, as far as it changes what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ModelFamily {
    /// OpenAI's own: they reject `maxTokens` ("use max_completion_tokens") and take
    /// `maxCompletionTokens`. gpt-oss, an open model that OCI serves by other means, is not one of
    /// them (litellm `oci/chat`, langchain-oracle, Portkey, for gpt-5, o1 and o3 on OCI).
    OpenAi,
    /// Gemini: `generic::gemini` has the order of its messages; it knows neither `$ref` nor
    /// exclusive bounds in the schema of a tool.
    Google,
    /// Everything else, and every endpoint of a Dedicated AI Cluster: its OCID does not say what
    /// it serves.
    Other,
}

impl ModelFamily {
    pub(super) fn of(model: &str) -> ModelFamily {
        let model = model.to_ascii_lowercase();
        if model.starts_with("openai.") && !model.starts_with("openai.gpt-oss") {
            ModelFamily::OpenAi
        } else if model.starts_with("google.") {
            ModelFamily::Google
        } else {
            ModelFamily::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_by_model_name() {
        assert_eq!(ModelFamily::of("openai.gpt-5.4"), ModelFamily::OpenAi);
        assert_eq!(ModelFamily::of("OpenAI.o3"), ModelFamily::OpenAi);
        assert_eq!(ModelFamily::of("openai.gpt-oss-120b"), ModelFamily::Other);
        assert_eq!(
            ModelFamily::of("google.gemini-2.5-pro"),
            ModelFamily::Google
        );
        let endpoint = "ocid1.generativeaiendpoint.oc1.iad.x";
        assert_eq!(ModelFamily::of(endpoint), ModelFamily::Other);
    }
}
