//! One text, checked against the oracle.

use oci_genai_edge::json::{parse_lenient, RawJson, SyntaxError};
use serde_json::Value as Oracle;

use super::oracle::{is_late, oracle_error, repair, Repaired};

#[derive(Default)]
pub struct Counts {
    documents: usize,
    repaired: usize,
    incomplete: usize,
    malformed: usize,
}

impl Counts {
    pub fn print(&self) {
        let Counts {
            documents,
            repaired,
            incomplete,
            malformed,
        } = self;
        println!("{documents} documents, {repaired} of them repaired");
        println!("{incomplete} incomplete texts, {malformed} malformed ones");
    }
}

/// Compares a value, read in place, with the oracle's.
fn check_same(json: RawJson<'_>, theirs: &Oracle) {
    assert_eq!(json.is_object(), theirs.is_object());
    assert_eq!(json.is_array(), theirs.is_array());
    assert_eq!(json.is_string(), theirs.is_string());
    assert_eq!(json.is_null(), theirs.is_null());
    assert_eq!(json.to_text().as_deref(), theirs.as_str());
    assert_eq!(json.as_u64(), theirs.as_u64());
    assert_eq!(json.items().count(), theirs.as_array().map_or(0, Vec::len));
    match theirs {
        Oracle::Array(theirs) => {
            for (item, theirs) in json.items().zip(theirs) {
                check_same(item, theirs);
            }
        }
        Oracle::Object(theirs) => {
            for (name, theirs) in theirs {
                match json.get(name) {
                    Some(member) => check_same(member, theirs),
                    // A name that is not Unicode is never found.
                    None => assert!(name.contains('\u{FFFD}'), "{name:?} is not found"),
                }
            }
            let first = theirs.keys().next().map_or("-", String::as_str);
            let last = theirs.keys().next_back().map_or("", String::as_str);
            assert_eq!(
                json.pick([last, "no such name", first, last]),
                [last, "no such name", first, last].map(|name| json.get(name))
            );
            assert_eq!(json.get("no such name"), None);
        }
        _ => assert_eq!(json.get("a"), None),
    }
}

/// Compares the values of a document with the oracle's, in their order too.
fn check_values(text: &[u8], json: RawJson<'_>, repaired: &Repaired, theirs: &Oracle) {
    let parsed = parse_lenient(text);
    if repaired.has_huge_number {
        assert!(parsed.is_err_and(|error| !error.is_eof()));
        assert_eq!(json.to_value(), Oracle::Null);
        return;
    }
    // As text, because the equality of objects ignores their order.
    assert_eq!(parsed.unwrap().to_string(), theirs.to_string());
    assert_eq!(json.to_value().to_string(), theirs.to_string());
}

/// An incomplete text with a suffix that makes it a document by the oracle.
fn completed(text: &[u8]) -> Option<Vec<u8>> {
    let (mut open, mut is_string, mut is_escape) = (Vec::new(), false, false);
    for byte in text {
        match byte {
            _ if is_escape => is_escape = false,
            b'\\' if is_string => is_escape = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => drop(open.pop()),
            _ => {}
        }
    }
    open.reverse();
    let ends: &[&str] = if is_string {
        &["", "n", "0000", "000", "00", "0"]
    } else {
        &[""]
    };
    let rests: &[&str] = match is_string {
        true => &["\"", "\":0"],
        false => &[
            "", "0", ":0", "\"\":0", "rue", "ue", "e", "alse", "lse", "se", "ull", "ll", "l",
        ],
    };
    let suffixes = ends
        .iter()
        .flat_map(|end| rests.iter().map(move |rest| format!("{end}{rest}")));
    suffixes
        .map(|end| [text, end.as_bytes(), &open].concat())
        .find(|whole| repair(whole).parsed().is_ok())
}

/// Everything that can be checked of one text.
pub fn check(text: &[u8], counts: &mut Counts) {
    let read = RawJson::parse(text);
    let repaired = repair(text);
    let shown = || String::from_utf8_lossy(text).into_owned();
    match serde_json::from_slice::<Oracle>(text) {
        Ok(_) => assert!(!repaired.is_repaired, "nothing to repair: {}", shown()),
        Err(_) => assert!(repaired.is_repaired || read.is_err(), "{}", shown()),
    }
    match (read, repaired.parsed()) {
        (Ok(json), Ok(theirs)) => {
            check_same(json, &theirs);
            check_values(text, json, &repaired, &theirs);
            counts.documents += 1;
            counts.repaired += usize::from(repaired.is_repaired);
        }
        (Ok(_), Err(error)) => panic!("the oracle reports {error}: {}", shown()),
        (Err(SyntaxError::UnexpectedEnd), _) => {
            let reported = oracle_error(text, &repaired);
            assert_eq!(reported, Some("incomplete"), "{}", shown());
            counts.incomplete += 1;
            let whole = completed(text);
            let whole = whole.unwrap_or_else(|| panic!("nothing completes {}", shown()));
            assert!(RawJson::parse(&whole).is_ok(), "{}", shown());
            // A number beyond `f64` is an error of its own, wherever the text ends.
            let error = parse_lenient(text).unwrap_err();
            assert_eq!(error.is_eof(), !repaired.has_huge_number, "{}", shown());
        }
        (Err(SyntaxError::At(at)), _) => {
            let reported = oracle_error(text, &repaired);
            assert_eq!(reported, Some("malformed"), "at {at}: {}", shown());
            counts.malformed += 1;
            let error = parse_lenient(text).unwrap_err();
            assert!(!error.is_eof() || is_late(text), "at {at}: {}", shown());
            // The position is that of the first invalid byte: the oracle agrees.
            assert!(at < text.len(), "at {at}: {}", shown());
            let (before, with) = (&text[..at], &text[..=at]);
            assert!(
                matches!(
                    RawJson::parse(before),
                    Ok(_) | Err(SyntaxError::UnexpectedEnd)
                ),
                "at {at}: {}",
                shown()
            );
            assert_eq!(
                RawJson::parse(with),
                Err(SyntaxError::At(at)),
                "{}",
                shown()
            );
            assert_ne!(
                oracle_error(before, &repair(before)),
                Some("malformed"),
                "before {at}: {}",
                shown()
            );
            assert_eq!(
                oracle_error(with, &repair(with)),
                Some("malformed"),
                "with {at}: {}",
                shown()
            );
        }
    }
}
