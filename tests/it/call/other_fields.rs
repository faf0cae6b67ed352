//! Fields of an answer that no wire knows: they are kept under `oci`.

use serde_json::{json, Map, Value};

use super::responses::{events, json_body, pieces_of, DONE, FINISH, TEXT, USAGE};
use super::scenario::Scenario;

fn event(json: Value) -> String {
    format!("data: {json}\n\n")
}

/// What all chunks have under `oci`.
fn oci_of_chunks(chunks: &[Value]) -> Map<String, Value> {
    let fields = chunks.iter().filter_map(|chunk| chunk["oci"].as_object());
    fields
        .flatten()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn text_of(wire: &str, more: Value) -> Value {
    let message = json!({"content": [{"type": "TEXT", "text": "Hi"}]});
    let mut event = match wire {
        "COHERE" => json!({"apiFormat": "COHERE", "text": "Hi"}),
        "COHEREV2" => json!({"apiFormat": "COHEREV2", "message": message}),
        _ => json!({"index": 0, "message": message}),
    };
    event
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    event
}

#[test]
fn they_are_kept_wherever_they_stand_in_a_stream() {
    let results = json!({"contentModeration": {"categories": [{"name": "OVERALL", "score": 0.0}]}});
    for wire in ["GENERIC", "COHERE", "COHEREV2"] {
        let scenario = Scenario::default().with_option("apiFormat", json!(wire));
        let fields = json!({"guardrailResults": results});
        let text = event(text_of(wire, json!({})));
        let finish = event(json!({"finishReason": "COMPLETE"}));
        let alone = event(fields.clone());
        for stream in [
            [event(text_of(wire, fields.clone())), finish.clone()].concat(),
            [alone.clone(), text.clone(), finish.clone()].concat(),
            [text.clone(), alone.clone(), finish.clone()].concat(),
            [text.clone(), finish.clone(), alone.clone()].concat(),
            [text.clone(), finish.clone(), alone.clone(), DONE.to_owned()].concat(),
        ] {
            for size in [1, 7, 10_000] {
                let outcome = scenario.run(&[events(&pieces_of(&stream, size))]);
                assert_eq!(outcome.text(), "Hi", "{wire}: {stream}");
                let completion = outcome.completion();
                assert_eq!(
                    completion["oci"]["guardrailResults"], results,
                    "{wire}: {stream}"
                );
                let oci = oci_of_chunks(&outcome.sink.chunks());
                assert_eq!(
                    oci.get("guardrailResults"),
                    Some(&results),
                    "{wire}: {stream}"
                );
            }
        }
    }
}

#[test]
fn they_are_kept_of_a_whole_answer() {
    for wire in ["GENERIC", "COHERE", "COHEREV2"] {
        let scenario = Scenario::default().with_option("apiFormat", json!(wire));
        let mut chat = text_of(wire, json!({"finishReason": "COMPLETE", "inChat": [1]}));
        if wire == "GENERIC" {
            chat = json!({"apiFormat": wire, "choices": [text_of(wire, json!({}))], "inChat": [1]});
        }
        let body = json!({"modelId": "m", "modelVersion": "1", "chatResponse": chat,
            "guardrailResults": {"a": 1}, "none": null});
        let expected = json!({"inChat": [1], "guardrailResults": {"a": 1}});
        for scenario in [scenario.whole(), Scenario::default()] {
            let outcome = scenario.run(&[json_body(&body.to_string())]);
            let mut oci = outcome.completion()["oci"].clone();
            oci.as_object_mut().unwrap().shift_remove("finish_reason");
            assert_eq!(oci, expected, "{wire}");
        }
    }
}

#[test]
fn bookkeeping_and_pings_are_not_kept() {
    let bookkeeping = json!({"modelId": "m", "modelVersion": "1", "id": "r", "pad": "aa",
        "timeCreated": "2026-01-01T00:00:00Z", "role": "ASSISTANT", "type": "x", "object": "y"});
    let stream = [
        "event: ping\ndata: {\"beat\":1}\n\n".to_owned(),
        event(text_of("GENERIC", bookkeeping)),
        USAGE.to_owned(),
        FINISH.to_owned(),
    ];
    let outcome = Scenario::default().run(&[events(&[&stream.concat()])]);
    assert_eq!(outcome.completion().get("oci"), None);
}

#[test]
fn the_last_of_one_name_counts_and_repeated_events_agree() {
    let with = |value: u32| event(text_of("GENERIC", json!({"mark": value})));
    let stream = [
        with(1),
        with(1),
        with(2),
        with(2),
        with(1),
        with(1),
        FINISH.to_owned(),
    ];
    let outcome = Scenario::default().run(&[events(&[&stream.concat()])]);
    assert_eq!(outcome.completion()["oci"], json!({"mark": 1}));
    assert_eq!(outcome.text(), "Hi".repeat(6));
}

#[test]
fn a_name_of_ours_is_not_overwritten() {
    let fields = json!({"finish_reason": "theirs", "fallback": "theirs", "__proto__": {"a": 1}});
    let stream = [event(text_of("GENERIC", fields)), FINISH.to_owned()].concat();
    let outcome = Scenario::default().run(&[events(&[&stream])]);
    let expected = json!({"_finish_reason": "theirs", "_fallback": "theirs",
        "__proto__": {"a": 1}});
    assert_eq!(outcome.completion()["oci"], expected);
}

#[test]
fn there_is_a_limit() {
    let mut many = Map::new();
    for number in 0..1000 {
        many.insert(format!("field{number}"), json!("x".repeat(100)));
    }
    many.insert("field0".into(), json!("x".repeat(70_000)));
    let stream = [
        event(text_of("GENERIC", many.into())),
        TEXT.to_owned(),
        FINISH.to_owned(),
    ];
    let outcome = Scenario::default().run(&[events(&[&stream.concat()])]);
    let completion = outcome.completion();
    let oci = completion["oci"].as_object().unwrap();
    assert_eq!(oci.len(), 32);
    assert!(!oci.contains_key("field0"), "it is too long");
}
