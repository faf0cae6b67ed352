//! Any request for embeddings, reranking or moderation, and any answers: an error that names what
//! is wrong, or calls that each end once, whose answers become one, however their bodies are cut.

use oci_genai_edge::call::Step;
use oci_genai_edge::client::Client;
use oci_genai_edge::error::{Code, Error, Result};
use oci_genai_edge::operation::{merge, Embed, Moderate, Operation, Rerank};
use oci_genai_edge::options::{CallOptions, Options};
use serde_json::{json, Value};

use super::input::Input;
use super::responses::{run_call, Response};

/// Of one request: more find nothing more, and take time.
const MAX_CALLS: usize = 6;

/// The member of an answer with one entry for each input, document or text.
const LISTS: [&str; 3] = ["data", "results", "results"];

fn client() -> Client {
    let dac = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";
    let options = json!({
        "region": "us-chicago-1",
        "compartmentId": "ocid1.compartment.oc1..example",
        "models": {"alias": [dac, {"model": "cohere.embed-v4.0", "region": "us-ashburn-1"}]},
    });
    Client::new(Options::from_json(&options.to_string()).unwrap(), true)
}

/// Of the parts between NULs the first is a request, then come bodies, and at last settings.
pub fn check(data: &[u8]) {
    let mut input = Input::new(data);
    let mut parts = input.body.split(|byte| *byte == 0);
    let request = String::from_utf8_lossy(parts.next().unwrap_or_default());
    let settings = &mut input.settings;
    let kind = settings.below(3);
    let mut responses: Vec<_> = parts.map(|body| Response::new(body, settings)).collect();
    if responses.is_empty() {
        responses.push(Response::new(b"{}", settings));
    }
    let make = || operations(kind, &request);
    let count = match make() {
        Ok(operations) => operations.len(),
        Err(error) => return check_error(&error, &[Code::InvalidRequest]),
    };
    assert!(count > 0, "no calls");
    let calls = || {
        let (options, operations) = (CallOptions::default(), make()?);
        // One of their own: calls of a client know how its targets fared.
        client().calls(operations, &options, "id", 1000.0)
    };
    let (whole, cut) = match (calls(), calls()) {
        (Ok(whole), Ok(cut)) => (whole, cut),
        (Err(error), _) | (_, Err(error)) => {
            let known = [
                Code::InvalidModel,
                Code::InvalidOptions,
                Code::RegionMismatch,
            ];
            return check_error(&error, &known);
        }
    };
    let mut answers = Vec::new();
    for (whole, cut) in whole.into_iter().zip(cut).take(MAX_CALLS) {
        let whole = run_call(whole, &responses, &mut |body| vec![body]);
        let cut = run_call(cut, &responses, &mut |body| settings.cut(body));
        assert_eq!(whole, cut, "whole and cut");
        for step in &whole.steps {
            if let Step::Send(sent) = step {
                let sent: Value = serde_json::from_slice(&sent.body).unwrap();
                assert!(sent["compartmentId"].is_string(), "{sent}");
                // Moderation calls no model.
                assert_eq!(sent["servingMode"].is_object(), kind < 2, "{sent}");
            }
        }
        match &whole.error {
            None => answers.push(whole.result),
            Some(error) => assert!(!error.message().is_empty()),
        }
    }
    check_answers(&answers, LISTS[kind]);
}

/// The answers as one: its list is as long as theirs together.
fn check_answers(answers: &[String], list: &str) {
    let lengths = answers.iter().map(|answer| length_of(answer, list));
    // What the service wrote may have half a surrogate pair, which is no JSON for serde_json.
    let Some(lengths) = lengths.collect::<Option<Vec<_>>>() else {
        return;
    };
    if !answers.is_empty() {
        let merged = merge(answers);
        assert_eq!(
            length_of(&merged, list),
            Some(lengths.iter().sum()),
            "{merged}"
        );
    }
}

fn length_of(answer: &str, list: &str) -> Option<usize> {
    let answer = serde_json::from_str::<Value>(answer).ok()?;
    Some(answer[list].as_array().unwrap().len())
}

fn operations(kind: usize, request: &str) -> Result<Vec<Operation>> {
    match kind {
        0 => Embed::from_json(request),
        1 => Rerank::from_json(request, "id".into()).map(|operation| vec![operation]),
        _ => Moderate::from_json(request, "id"),
    }
}

fn check_error(error: &Error, known: &[Code]) {
    assert!(known.contains(&error.code()), "{error:?}");
    assert!(!error.message().is_empty());
    assert!(error.message().len() < 1000, "{error}");
}
