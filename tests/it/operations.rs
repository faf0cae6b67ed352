//! Embeddings, reranking and moderation: requests that are split, and answers that are put
//! together.

use oci_genai_edge::call::{Call, ResponseHead, Step};
use oci_genai_edge::client::Client;
use oci_genai_edge::error::Code;
use oci_genai_edge::operation::{merge, Embed, Moderate, Operation, Rerank};
use oci_genai_edge::options::{CallOptions, Options};
use serde_json::{json, Value};

use crate::support::{for_each_seed, response_head, Random, RecordingSink};

const DAC: &str = "ocid1.generativeaiendpoint.oc1.us-chicago-1.example";

fn client() -> Client {
    let options = json!({
        "region": "us-chicago-1",
        "compartmentId": "ocid1.compartment.oc1..example",
        "retry": {"maxAttempts": 1},
    });
    Client::new(Options::from_json(&options.to_string()).unwrap(), true)
}

fn calls(operations: Vec<Operation>) -> Vec<Call> {
    let options = CallOptions::default();
    client().calls(operations, &options, "id", 0.0).unwrap()
}

/// Sends the request of a call: its body.
fn send(call: &mut Call) -> Value {
    let Step::Send(request) = call.next_step(0.0) else {
        panic!("nothing to send");
    };
    serde_json::from_slice(&request.body).unwrap()
}

/// Answers a request with JSON, in pieces.
fn answer(call: &mut Call, body: &[u8], piece: usize) {
    let head: ResponseHead = response_head(200, "application/json");
    call.on_response(head, 0.0);
    for piece in body.chunks(piece.max(1)) {
        call.on_body_chunk(piece, 0.0, &mut RecordingSink::default());
    }
    if call.needs_body() {
        call.on_body_end(0.0, &mut RecordingSink::default());
    }
}

fn result(call: &mut Call) -> Result<String, Code> {
    match call.next_step(0.0) {
        Step::Done => Ok(String::from_utf8(call.result()).unwrap()),
        Step::Fail(error) => Err(error.code()),
        step => panic!("{step:?}"),
    }
}

fn embed(count: usize) -> Vec<Call> {
    let input: Vec<_> = (0..count).map(|index| format!("input {index}")).collect();
    calls(Embed::from_json(&json!({"model": DAC, "input": input}).to_string()).unwrap())
}

#[test]
fn embeddings_are_split_and_put_together_in_order() {
    for_each_seed(50, |random: &mut Random| {
        let count = 1 + random.below(400);
        let mut calls = embed(count);
        assert_eq!(calls.len(), count.div_ceil(96));
        let mut answers = Vec::new();
        let mut next = 0;
        for call in &mut calls {
            let body = send(call);
            let inputs = body["inputs"].as_array().unwrap();
            assert!(inputs.len() <= 96);
            let vector = |_: &Value| {
                next += 1;
                json!([next, 0.5])
            };
            let vectors: Vec<Value> = inputs.iter().map(vector).collect();
            let body = json!({
                "embeddings": vectors,
                "embeddingsByType": {"int8": vectors},
                "inputTextTokenCounts": inputs.iter().map(|_| 2).collect::<Vec<_>>(),
            });
            answer(call, body.to_string().as_bytes(), 1 + random.below(4000));
            answers.push(result(call).unwrap());
        }
        let merged: Value = serde_json::from_str(&merge(&answers)).unwrap();
        let data = merged["data"].as_array().unwrap();
        let indexes: Vec<_> = data
            .iter()
            .map(|item| item["index"].as_u64().unwrap())
            .collect();
        let firsts = data
            .iter()
            .map(|item| item["embedding"][0].as_u64().unwrap());
        assert_eq!(indexes, (0..count as u64).collect::<Vec<_>>());
        assert_eq!(
            firsts.collect::<Vec<_>>(),
            (1..=count as u64).collect::<Vec<_>>()
        );
        let total = 2 * count;
        assert_eq!(
            merged["usage"],
            json!({"prompt_tokens": total, "total_tokens": total})
        );
        let by_type = merged["oci"]["embeddings_by_type"]["int8"]
            .as_array()
            .unwrap();
        assert_eq!(by_type.len(), count);
        assert_eq!(merged["model"], DAC);
    });
}

#[test]
fn each_call_has_an_id_of_its_own() {
    let mut calls = embed(300);
    let tokens = calls.iter_mut().map(|call| {
        let Step::Send(request) = call.next_step(0.0) else {
            panic!("nothing to send");
        };
        let token = request
            .headers
            .iter()
            .find(|(name, _)| name == "opc-retry-token");
        token.unwrap().1.clone()
    });
    assert_eq!(
        tokens.collect::<Vec<_>>(),
        ["id-b0", "id-b1", "id-b2", "id-b3"]
    );
}

#[test]
fn numbers_stay_as_the_service_wrote_them() {
    let mut call = embed(1).remove(0);
    send(&mut call);
    let numbers = "[0.10, 1e-400,-0.0,123456789012345678901234567890 ]";
    answer(
        &mut call,
        format!("{{\"embeddings\":[{numbers}]}}").as_bytes(),
        7,
    );
    let written = result(&mut call).unwrap();
    assert!(written.contains(numbers), "{written}");
}

#[test]
fn moderations_of_several_texts_are_put_together() {
    let request = json!({"input": ["a", "b"], "oci": {"language": "en"}}).to_string();
    let mut answers = Vec::new();
    for (call, score) in calls(Moderate::from_json(&request, "modr-1").unwrap())
        .iter_mut()
        .zip([0.0, 1.0])
    {
        assert_eq!(send(call)["input"]["languageCode"], "en");
        let categories = json!([{"name": "OVERALL", "score": score}]);
        let body = json!({"results": {"contentModeration": {"categories": categories}}});
        answer(call, body.to_string().as_bytes(), 1000);
        answers.push(result(call).unwrap());
    }
    let merged: Value = serde_json::from_str(&merge(&answers)).unwrap();
    let results = json!([
        {"flagged": false, "categories": {"OVERALL": false}, "category_scores": {"OVERALL": 0.0}},
        {"flagged": true, "categories": {"OVERALL": true}, "category_scores": {"OVERALL": 1.0}},
    ]);
    let expected = json!({"id": "modr-1", "model": "oci-guardrails", "results": results});
    assert_eq!(merged, expected);
}

#[test]
fn what_is_no_answer_is_an_error_however_it_is_cut() {
    let rerank = || {
        let request = json!({"model": DAC, "query": "a", "documents": ["b"]}).to_string();
        calls(vec![Rerank::from_json(&request, "rerank-1".into()).unwrap()]).remove(0)
    };
    let moderate = || calls(Moderate::from_json(r#"{"input":"a"}"#, "modr-1").unwrap()).remove(0);
    let embed = || embed(1).remove(0);
    let bodies = [
        "",
        " ",
        "{}",
        "[]",
        "{\"embeddings\":[[1],[2]]}",
        "{\"embeddings\":[[true]]}",
        "{\"documentRanks\":[{\"index\":1,\"relevanceScore\":1}]}",
        "{\"results\":{\"contentModeration\":{\"categories\":[{\"name\":\"X\"}]}}}",
        "data: {}\n\n",
    ];
    for body in bodies {
        for make in [&rerank as &dyn Fn() -> Call, &moderate, &embed] {
            for piece in [1, 3, 1000] {
                let mut call = make();
                send(&mut call);
                answer(&mut call, body.as_bytes(), piece);
                assert_eq!(result(&mut call), Err(Code::InvalidResponse), "{body:?}");
                assert!(!call.has_result());
            }
        }
    }
}

#[test]
fn text_of_an_answer_that_is_not_utf_8_is_replaced() {
    let request = json!({"model": DAC, "query": "q", "documents": ["a"], "return_documents": true});
    let mut calls = calls(vec![
        Rerank::from_json(&request.to_string(), "id".into()).unwrap()
    ]);
    send(&mut calls[0]);
    let body = b"{\"documentRanks\":[{\"index\":0,\"relevanceScore\":1,\
                 \"document\":{\"text\":\"\xc7a\"}}]}";
    answer(&mut calls[0], body, 7);
    let result: Value = serde_json::from_str(&result(&mut calls[0]).unwrap()).unwrap();
    assert_eq!(result["results"][0]["document"]["text"], "\u{FFFD}a");
}
