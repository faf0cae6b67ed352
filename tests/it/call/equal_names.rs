//! JSON text with two equal names: what is sent is written anew from what was checked, so that the
//! service reads the value that was checked, whichever of the two its reader takes.

use oci_genai_edge::call::Step;
use oci_genai_edge::error::{Code, Error};
use oci_genai_edge::openai::ChatRequest;
use oci_genai_edge::options::Limits;

use crate::support::{single_call, Wire};

/// The body that is sent, or why nothing is.
fn sent(wire: Wire, request: &str) -> Result<String, Error> {
    let request = ChatRequest::from_json(request)?;
    let mut call = single_call(wire.format(), request, true, Limits::default(), true);
    match call.next_step(0.0) {
        Step::Send(request) => Ok(String::from_utf8(request.body).unwrap()),
        Step::Fail(error) => Err(error),
        step => panic!("{step:?}"),
    }
}

const ONCE: &str = r#"{"model":"m","n":1,"temperature":0.5,"stop":["b"],
    "messages":[{"role":"user","content":"a"}],
    "tools":[{"type":"function","function":{"name":"g","parameters":{"type":"object"}}}]}"#;

const TWICE: &str = r#"{"model":"other","n":2,"model":"m","\u006e":1,"temperature":"hot",
    "temperature":0.5,"stop":5,"stop":["b"],"messages":[],
    "messages":[{"role":"king","content":[1],"role":"user","content":"a"}],"tools":null,
    "tools":[{"type":"smell","type":"function","function":1,
        "function":{"name":"f","name":"g","parameters":{"type":"array","type":"object"}}}]}"#;

#[test]
fn the_last_value_is_checked_and_sent_and_no_other() {
    for wire in Wire::ALL {
        let once = sent(wire, ONCE).unwrap();
        assert_eq!(sent(wire, TWICE).unwrap(), once, "{wire:?}");
        for first in ["king", "smell", "hot", "other", "array"] {
            assert!(!once.contains(first), "{wire:?}: {once}");
        }
    }
}

#[test]
fn a_last_value_that_is_invalid_is_rejected() {
    for (wire, twice, param) in [
        (Wire::Cohere, r#""n":1,"n":2"#, "n"),
        (Wire::CohereV2, r#""n":1,"\u006e":2"#, "n"),
        (Wire::Generic, r#""n":1,"n":"2""#, "n"),
        (
            Wire::Generic,
            r#""temperature":1,"temperature":"hot""#,
            "temperature",
        ),
        (
            Wire::Cohere,
            r#""oci":{"top_k":1,"top_k":"all"}"#,
            "oci.top_k",
        ),
        (Wire::OpenAi, r#""oci":null,"oci":{"top_k":1}"#, "oci.top_k"),
    ] {
        let messages = r#""messages":[{"role":"user","content":"a"}]"#;
        let error = sent(wire, &format!(r#"{{"model":"m",{messages},{twice}}}"#)).unwrap_err();
        assert_eq!(error.code(), Code::InvalidRequest, "{twice}");
        assert_eq!(error.param_name(), Some(param), "{twice}");
    }
}

#[test]
fn a_parameter_under_oci_has_no_second_name() {
    // `oci.top_k` at the top level would be a parameter of the same name as `top_k` under `oci`.
    for wire in Wire::ALL {
        for both in [
            r#""oci.top_k":1"#,
            r#""oci.top_k":1,"oci":{"top_k":2}"#,
            r#""oci":{"citation_quality":"FAST"},"oci.citation_quality":"OFF""#,
        ] {
            let messages = r#""messages":[{"role":"user","content":"a"}]"#;
            let error = sent(wire, &format!(r#"{{"model":"m",{messages},{both}}}"#)).unwrap_err();
            assert_eq!(error.code(), Code::InvalidRequest, "{wire:?}: {both}");
            assert!(error.param_name().is_some_and(|it| it.starts_with("oci.")));
            assert!(error.hint().is_some_and(|hint| hint.contains("`oci`")));
        }
    }
}
