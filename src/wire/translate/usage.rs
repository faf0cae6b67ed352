//! OCI's `Usage`, in OpenAI's words.

use crate::json::{Map, Value};

/// Whether there is anything to report: some services send an empty object, or null.
pub(crate) fn is_usage(value: &Value) -> bool {
    ["promptTokens", "completionTokens", "totalTokens"]
        .iter()
        .any(|count| value.get(count).is_some_and(Value::is_number))
}

/// Translates OCI's counts. A count that the service left out is taken as 0, and a total as the sum: xAI's total counts
/// reasoning too, so a total that was given is kept as it is.
pub(crate) fn to_openai(oci: &Value) -> Value {
    let count = |from: &Value, key: &str| from.get(key).filter(|count| count.is_number()).cloned();
    let or_zero = |found: Option<Value>| found.unwrap_or_else(|| Value::from(0u64));
    let prompt = or_zero(count(oci, "promptTokens"));
    let completion = or_zero(count(oci, "completionTokens"));
    let total = count(oci, "totalTokens").unwrap_or_else(|| {
        Value::from(
            prompt
                .as_u64()
                .unwrap_or(0)
                .saturating_add(completion.as_u64().unwrap_or(0)),
        )
    });
    let mut usage = Map::new();
    usage.insert("prompt_tokens", prompt);
    usage.insert("completion_tokens", completion);
    usage.insert("total_tokens", total);
    for (name, oci_name, fields) in DETAILS {
        let Some(from) = oci.get(oci_name) else {
            continue;
        };
        let found = fields
            .iter()
            .filter_map(|(name, oci_name)| Some(((*name).to_owned(), count(from, oci_name)?)));
        let details: Map = found.collect();
        if !details.is_empty() {
            usage.insert(name, Value::Object(details));
        }
    }
    Value::Object(usage)
}

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
    use crate::json::json;

    #[test]
    fn counts_and_details() {
        let xai = json!({"promptTokens": 13, "completionTokens": 8, "totalTokens": 607,
            "promptTokensDetails": {"cachedTokens": 3}, "completionTokensDetails": {"reasoningTokens": 586}});
        let wanted = json!({"prompt_tokens": 13, "completion_tokens": 8, "total_tokens": 607,
            "prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {"reasoning_tokens": 586}});
        assert_eq!(to_openai(&xai), wanted);
    }

    #[test]
    fn what_is_left_out() {
        let wanted = json!({"prompt_tokens": 4, "completion_tokens": 0, "total_tokens": 4});
        assert_eq!(
            to_openai(&json!({"promptTokens": 4, "completionTokensDetails": {}})),
            wanted
        );
        assert!(
            !is_usage(&json!({}))
                && !is_usage(&Value::Null)
                && is_usage(&json!({"promptTokens": 0}))
        );
    }
}
