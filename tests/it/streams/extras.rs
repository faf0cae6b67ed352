//! Random usage, annotations, logprobs and padding, in OCI's form and in OpenAI's.

use serde_json::{json, Value};

use super::json::{raw, Json};
use super::text::{random_words, WORDS};
use crate::support::Random;

/// OCI's usage, and OpenAI's.
pub fn random_usage(random: &mut Random) -> (Value, Value) {
    let (prompt, completion) = (random.below(100), random.below(100));
    let total = prompt + completion + if random.chance(4) { 586 } else { 0 };
    let mut oci = json!({"promptTokens": prompt, "totalTokens": total});
    let mut openai =
        json!({"prompt_tokens": prompt, "completion_tokens": 0, "total_tokens": total});
    // OCI leaves out the completion tokens of a model that spent all tokens on reasoning.
    if !random.chance(8) {
        oci["completionTokens"] = json!(completion);
        openai["completion_tokens"] = json!(completion);
    }
    if random.chance(4) {
        oci["completionTokensDetails"] =
            json!({"reasoningTokens": 5, "acceptedPredictionTokens": 0});
        openai["completion_tokens_details"] =
            json!({"reasoning_tokens": 5, "accepted_prediction_tokens": 0});
    }
    if random.chance(4) {
        oci["promptTokensDetails"] = json!({"cachedTokens": 3});
        openai["prompt_tokens_details"] = json!({"cached_tokens": 3});
    }
    (oci, openai)
}

/// OCI's annotation, and OpenAI's.
pub fn random_annotation(random: &mut Random) -> (Value, Value) {
    let (start, title) = (random.below(9), random_words(random, 2));
    let (end, url) = (start + 1, "https://example.com/");
    let oci = json!({"startIndex": start, "endIndex": end, "title": title, "url": url});
    let openai = json!({"start_index": start, "end_index": end, "title": title, "url": url});
    (
        json!({"type": "url_citation", "urlCitation": oci}),
        json!({"type": "url_citation", "url_citation": openai}),
    )
}

/// OCI's logprobs of a few tokens, and OpenAI's.
pub fn random_logprobs(random: &mut Random) -> (Value, Vec<Value>) {
    let (mut tokens, mut values, mut tops, mut openai) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=random.below(2) {
        let token = *random.pick(&WORDS);
        let value = -(random.below(64) as f64) / 8.0 - 0.0625;
        // OCI's SDK declares these numbers as strings.
        let top = if random.chance(2) {
            json!({token: value.to_string()})
        } else {
            json!({token: value})
        };
        tokens.push(json!(token));
        values.push(json!(value));
        tops.push(top);
        let bytes = token.as_bytes();
        openai.push(json!({"token": token, "logprob": value, "bytes": bytes,
            "top_logprobs": [{"token": token, "logprob": value, "bytes": bytes}]}));
    }
    (
        json!({"tokens": tokens, "tokenLogprobs": values, "topLogprobs": tops, "textOffset": []}),
        openai,
    )
}

/// OCI's padding, which hides the length of the text, or none.
pub fn random_pad(random: &mut Random) -> Option<Json> {
    let length = random.below(14);
    (length > 0).then(|| raw(format!("\"{}\"", "a".repeat(length - 1))))
}
