//! The event-stream cases of `../shared/conformance`, each whole and split in many ways, through
//! the public parser.

use crate::support::{shared_path, Random};
use oci_genai_edge::sse::Parser;
use serde_json::Value;

/// Everything that the parser reports about a stream.
#[derive(Debug, Default, PartialEq)]
struct Parsed {
    events: Vec<(String, String, String)>,
    retries: Vec<u64>,
    last_event_id: String,
    failed: bool,
}

fn parse<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    max_event_bytes: Option<usize>,
    lenient: bool,
) -> Parsed {
    let mut parser = max_event_bytes.map_or_else(Parser::new, Parser::with_max_event_bytes);
    let mut parsed = Parsed::default();
    for chunk in chunks {
        let result = parser.feed(chunk, |event| {
            parsed
                .events
                .push((event.event.into(), event.data.into(), event.id.into()))
        });
        parsed.failed |= result.is_err();
        if parsed.failed {
            break;
        }
        let retry = parser.retry();
        if retry != parsed.retries.last().copied() {
            parsed.retries.extend(retry);
        }
    }
    let _ = parser.end(lenient, |event| {
        parsed
            .events
            .push((event.event.into(), event.data.into(), event.id.into()))
    });
    parsed.last_event_id = parser.last_event_id().into();
    parsed
}

fn chunks_of(case: &Value) -> Vec<Vec<u8>> {
    let chunk = |chunk: &Value| match (
        chunk["text"].as_str(),
        chunk["hex"].as_str(),
        chunk["repeat"].as_str(),
    ) {
        (Some(text), _, _) => text.as_bytes().to_vec(),
        (_, Some(hex), _) => {
            let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (0..hex.len()).step_by(2).map(digit).collect()
        }
        (_, _, Some(text)) => text
            .repeat(chunk["times"].as_u64().unwrap() as usize)
            .into_bytes(),
        _ => panic!("a chunk of an unknown kind: {chunk}"),
    };
    case["chunks"]
        .as_array()
        .unwrap()
        .iter()
        .map(chunk)
        .collect()
}

fn events_of(expected: &Value) -> Vec<(String, String, String)> {
    let one = |event: &Value| {
        let data = match event["dataRepeat"].as_str() {
            Some(unit) => unit.repeat(event["dataTimes"].as_u64().unwrap() as usize),
            None => event["data"].as_str().unwrap().to_owned(),
        };
        (
            event["type"].as_str().unwrap().to_owned(),
            data,
            event["lastEventId"].as_str().unwrap_or_default().to_owned(),
        )
    };
    match expected.get("repeatEvent") {
        Some(event) => vec![one(event); expected["count"].as_u64().unwrap() as usize],
        None => expected["events"]
            .as_array()
            .unwrap_or(&Vec::new())
            .iter()
            .map(one)
            .collect(),
    }
}

/// The cases of some levels.
fn cases(levels: &[&str]) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(shared_path("conformance/sse-cases.json")?).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    let has_level = |case: &&Value| levels.contains(&case["level"].as_str().unwrap());
    Some(
        all["cases"]
            .as_array()
            .unwrap()
            .iter()
            .filter(has_level)
            .cloned()
            .collect(),
    )
}

#[test]
fn cases_of_the_standard_and_of_size() {
    let Some(cases) = cases(&["spec", "size"]) else {
        return;
    };
    let mut random = Random(1);
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let (chunks, expected) = (chunks_of(case), &case["expected"]);
        let parsed = parse(chunks.iter().map(Vec::as_slice), None, false);
        assert_eq!(parsed.events, events_of(expected), "{id}");
        let retries: Vec<u64> = expected["retry"]
            .as_array()
            .unwrap()
            .iter()
            .map(|retry| retry.as_u64().unwrap())
            .collect();
        assert_eq!(parsed.retries.last(), retries.last(), "{id}");
        assert_eq!(
            parsed.last_event_id,
            expected["lastEventId"].as_str().unwrap(),
            "{id}"
        );

        let bytes = chunks.concat();
        // The parser is linear, so that single bytes of a megabyte are fast. The largest cases are
        // split in a few ways, not in all.
        let rounds = if bytes.len() > 100_000 { 3 } else { 40 };
        let check_split = |pieces: Vec<&[u8]>, how: &str| {
            let again = parse(pieces, None, false);
            assert_eq!(again.events, parsed.events, "{id}, {how}");
            assert_eq!(
                (&again.last_event_id, again.retries.last()),
                (&parsed.last_event_id, retries.last()),
                "{id}, {how}"
            );
        };
        check_split(vec![&bytes], "whole");
        for size in [1, 2, 3] {
            check_split(bytes.chunks(size).collect(), "small pieces");
        }
        for round in 0..rounds {
            let max = *random.pick(&[2, 7, 64, 4096]);
            check_split(random.split(&bytes, max), &format!("random split {round}"));
        }
        if bytes.len() <= 4096 {
            for at in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(at);
                check_split(vec![head, tail], &format!("split at {at}"));
            }
        }
    }
    assert_eq!(cases.len(), 217, "every case of the standard and of size");
    println!(
        "{} of 217 event-stream cases, each split in many ways",
        cases.len()
    );
}

#[test]
fn cases_of_limits_and_unfinished_ends() {
    let Some(cases) = cases(&["client"]) else {
        return;
    };
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        let (bytes, expected) = (chunks_of(case).concat(), &case["expected"]);
        let limit = expected["maxEventBytes"]
            .as_u64()
            .map(|limit| limit as usize);
        let pieces = |size: usize| bytes.chunks(size).collect::<Vec<_>>();
        for size in [1, 1000, bytes.len()] {
            if expected["error"] == "limit" {
                assert!(parse(pieces(size), limit, false).failed, "{id}");
            } else if expected.get("strict").is_some() {
                assert_eq!(
                    parse(pieces(size), limit, false).events,
                    events_of(&expected["strict"]),
                    "{id}"
                );
                assert_eq!(
                    parse(pieces(size), limit, true).events,
                    events_of(&expected["lenient"]),
                    "{id}"
                );
            } else {
                assert_eq!(
                    parse(pieces(size), limit, false).events,
                    events_of(expected),
                    "{id}"
                );
            }
        }
    }
    assert_eq!(cases.len(), 9);
}
