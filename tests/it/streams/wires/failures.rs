//! Events that end an answer with an error.

use serde_json::json;

use crate::streams::items::Item;
use crate::support::{Random, Wire};

/// An event that ends the answer, and the code of the error that it must become.
pub fn failure(random: &mut Random, wire: Wire) -> (Item, &'static str) {
    let message = "no more";
    let json = match random.below(8) {
        0 => json!({"code": "500", "message": message}),
        1 => json!({"code": 429, "message": message}),
        2 => json!({"error": {"code": "server_error", "message": message}}),
        3 => json!({"error": message}),
        4 => {
            return (
                Item::Failure {
                    name: Some("error"),
                    data: json!({"what": message}).to_string(),
                },
                "stream_error",
            )
        }
        5 => {
            let data = (*random.pick(&[
                "<html>",
                "{broken",
                "[1]",
                "\"text\"",
                "no JSON",
                "{\"index\":0}}",
            ]))
            .to_owned();
            return (Item::Failure { name: None, data }, "stream_error");
        }
        6 if wire != Wire::OpenAi => json!({"errorMessage": message, "finishReason": "ERROR"}),
        7 if matches!(wire, Wire::Cohere | Wire::CohereV2) => {
            let data = json!({"errorMessage": message, "finishReason": "ERROR_TOXIC"}).to_string();
            return (Item::Failure { name: None, data }, "content_filtered");
        }
        _ => json!({"error": {"message": message}, "choices": []}),
    };
    (
        Item::Failure {
            name: random.chance(2).then_some("error"),
            data: json.to_string(),
        },
        "stream_error",
    )
}
