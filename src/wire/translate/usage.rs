//! OCI's `Usage`, in OpenAI's words.

use serde_json::{Map, Value};

/// Translates OCI's counts; `None` where there are none, since some services send an empty object.
/// A missing count is 0 and a missing total the sum: xAI's total counts reasoning too, so a total
/// that was sent is kept.
pub(crate) fn usage(oci: &Value) -> Option<Value> {
    let count = |from: &Value, key: &str| from.get(key).filter(|count| count.is_number()).cloned();
    let [prompt, completion, total] =
        ["promptTokens", "completionTokens", "totalTokens"].map(|key| count(oci, key));
    if prompt.is_none() && completion.is_none() && total.is_none() {
        return None;
    }
    let number = |count: &Option<Value>| count.as_ref().and_then(Value::as_u64).unwrap_or(0);
    let sum = number(&prompt).saturating_add(number(&completion));
    let mut usage = Map::new();
    usage.insert("prompt_tokens".into(), prompt.unwrap_or_else(|| 0.into()));
    usage.insert(
        "completion_tokens".into(),
        completion.unwrap_or_else(|| 0.into()),
    );
    usage.insert("total_tokens".into(), total.unwrap_or_else(|| sum.into()));
    for (name, oci_name, fields) in DETAILS {
        let Some(from) = oci.get(oci_name) else {
            continue;
        };
        let details: Map<String, Value> = fields
            .iter()
            .filter_map(|(name, oci_name)| Some(((*name).to_owned(), count(from, oci_name)?)))
            .collect();
        if !details.is_empty() {
            usage.insert((*name).to_owned(), details.into());
        }
    }
    Some(usage.into())
}

/// OpenAI's name, OCI's name, and the same of the fields inside.
type Details = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

const DETAILS: &[Details] = &[
    (
        "prompt_tokens_details",
        "promptTokensDetails",
        &[("cached_tokens", "cachedTokens")],
    ),
    (
        "completion_tokens_details",
        "completionTokensDetails",
        &[
            ("reasoning_tokens", "reasoningTokens"),
            ("accepted_prediction_tokens", "acceptedPredictionTokens"),
            ("rejected_prediction_tokens", "rejectedPredictionTokens"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_and_details() {
        let xai = json!({"promptTokens": 13, "completionTokens": 8, "totalTokens": 607,
            "promptTokensDetails": {"cachedTokens": 3},
            "completionTokensDetails": {"reasoningTokens": 586}});
        let openai = json!({"prompt_tokens": 13, "completion_tokens": 8, "total_tokens": 607,
            "prompt_tokens_details": {"cached_tokens": 3},
            "completion_tokens_details": {"reasoning_tokens": 586}});
        assert_eq!(usage(&xai), Some(openai));
    }

    #[test]
    fn missing_counts() {
        let openai = json!({"prompt_tokens": 4, "completion_tokens": 0, "total_tokens": 4});
        let oci = json!({"promptTokens": 4, "completionTokensDetails": {}});
        assert_eq!(usage(&oci), Some(openai));
        assert_eq!((usage(&json!({})), usage(&Value::Null)), (None, None));
        assert!(usage(&json!({"promptTokens": 0})).is_some());
    }
}
