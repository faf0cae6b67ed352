//! `docs/parameters.md` is printed from the wires' own tables. `UPDATE=1 cargo test --test it parameters` writes it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use oci_genai_edge::wire::parameters::{table, Harmless, Kind, Row, Rule};
use oci_genai_edge::wire::Wire;

const WIRES: [Wire; 3] = [Wire::Generic, Wire::Cohere, Wire::CohereV2];

/// In the order in which the tables first name them.
fn names() -> Vec<&'static str> {
    let mut seen = BTreeSet::new();
    WIRES
        .into_iter()
        .flat_map(table)
        .map(|row| row.0)
        .filter(|name| seen.insert(*name))
        .collect()
}

fn cell(wire: Wire, name: &str) -> String {
    match table(wire).find(|row| row.0 == name) {
        None => panic!("{name} stands in no row of the {} table", wire.name()),
        Some(Row(_, Rule::Becomes(oci, kind))) => match kind {
            Kind::Word(words) => format!("`{oci}`: {}", words.join(", ")),
            _ => format!("`{oci}`"),
        },
        Some(Row(_, Rule::Built(what))) => (*what).to_owned(),
        Some(Row(_, Rule::Dropped(why))) => format!("not sent: {why}"),
        Some(Row(_, Rule::Refused(why, harmless))) => match harmless {
            Harmless::Never => format!("**refused**: {why}"),
            Harmless::False => format!("**refused** unless false: {why}"),
            Harmless::True => format!("**refused** unless true: {why}"),
            Harmless::One => format!("**refused** unless 1: {why}"),
            Harmless::Zero => format!("**refused** unless 0: {why}"),
            Harmless::Empty => format!("**refused** unless empty: {why}"),
            Harmless::Words([]) => format!("**refused** unless [\"text\"]: {why}"),
            Harmless::Words(words) => format!("**refused** unless {}: {why}", words.join(" or ")),
        },
    }
}

fn document() -> String {
    let mut page = String::from(
        "# What each parameter becomes\n\n\
         Printed from the tables in `src/wire/*.rs` by `tests/parameters.rs`; the tests hold both equal.\n\n\
         - A name in code is the field of OCI's request that gets the value, after a check of its kind.\n\
         - **refused**: the call fails with `invalid_request` before anything is sent. `param` names the parameter, `hint` the way out.\n\
         - *not sent*: it changes nothing in the answer.\n\
         - A parameter that stands in no row is refused by name: nobody can know that it changes nothing, and OCI refuses unknown keys\n  \
           without saying which.\n\
         - null counts as absent.\n\
         - On the openai transport everything passes as it is, but for `oci.*`, which is refused there, and\n  \
           `stream_options.include_usage`, which is always asked for.\n\n\
         | parameter | GENERIC | COHERE | COHEREV2 |\n|---|---|---|---|\n",
    );
    for name in names() {
        let [generic, cohere, cohere_v2] = WIRES.map(|wire| cell(wire, name));
        let [generic, cohere, cohere_v2] =
            [generic, cohere, cohere_v2].map(|cell| cell.replace('|', "\\|"));
        writeln!(page, "| `{name}` | {generic} | {cohere} | {cohere_v2} |").unwrap();
    }
    page
}

#[test]
fn the_page_is_what_the_tables_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/parameters.md");
    let page = document();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/parameters.md is not what the tables say: UPDATE=1 cargo test --test it parameters"
    );
}

#[test]
fn no_row_stands_twice() {
    for wire in WIRES {
        let all: Vec<_> = table(wire).map(|row| row.0).collect();
        let distinct: BTreeSet<_> = all.iter().collect();
        assert_eq!(all.len(), distinct.len(), "{}", wire.name());
    }
}
