//! The parameter tables, and the page that is generated from them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::generated::check_generated;
use oci_genai_edge::openai::parameters::{Neutral, Parameter, PARAMETERS};
use oci_genai_edge::wire::parameters::Rule;
use oci_genai_edge::wire::{WireFormat, FORMATS};

/// The wire formats that have a table.
fn native() -> impl Iterator<Item = &'static WireFormat> {
    FORMATS
        .into_iter()
        .filter(|format| format.api_format.is_some())
}

fn cell(format: &WireFormat, parameter: &Parameter) -> String {
    let name = parameter.name;
    match format.rule(name) {
        Rule::Field(field) => format!("`{field}`"),
        Rule::Enum(field, words) => format!("`{field}`: {}", words.join(", ")),
        Rule::Translated(how) => how.to_owned(),
        Rule::Ignored(why) => format!("not sent: {why}"),
        Rule::Unsupported(hint) => {
            let unless = match parameter.neutral {
                Neutral::Never => String::new(),
                Neutral::Boolean(value) => format!(" unless {value}"),
                Neutral::Number(value) => format!(" unless {value}"),
                Neutral::Empty => " unless empty".to_owned(),
                Neutral::Words(words) => format!(" unless {}", words.join(" or ")),
                Neutral::ListOf(word) => format!(" unless [\"{word}\"]"),
            };
            format!("**rejected**{unless}: {hint}")
        }
    }
}

fn page() -> String {
    let mut page = String::from(
        "# What each parameter becomes\n\n\
         Printed from the tables in `src/wire` by `tests/it/tables.rs`; the tests hold both equal.\n\n\
         - A name in code is the field of OCI's request that gets the value, after a check of its kind.\n\
         - **rejected**: the call fails with `invalid_request` before anything is sent. `param` names the\n  \
           parameter, `hint` the alternative.\n\
         - *not sent*: it does not change the answer.\n\
         - A parameter that is not in this table is rejected by name: it might change the answer, and OCI rejects\n  \
           requests with unknown keys without naming them.\n\
         - null counts as absent.\n\
         - On the openai transport everything passes as it is, except `oci.*`, which is rejected there,\n  \
           `annotations` of a message that are empty, which are left out,\n  \
           and `stream_options.include_usage`, which is always set.\n\n",
    );
    let names: Vec<_> = native().map(|format| format.name).collect();
    writeln!(page, "| parameter | {} |", names.join(" | ")).unwrap();
    writeln!(page, "|{}", "---|".repeat(names.len() + 1)).unwrap();
    for parameter in PARAMETERS {
        let cells: Vec<_> = native()
            .map(|format| cell(format, parameter).replace('|', "\\|"))
            .collect();
        writeln!(page, "| `{}` | {} |", parameter.name, cells.join(" | ")).unwrap();
    }
    page
}

#[test]
fn parameters_md_matches_the_tables() {
    check_generated("docs/parameters.md", &page());
}

#[test]
fn rows_are_unique_and_registered() {
    for format in native() {
        let rows: Vec<_> = format.rows().map(|(name, _)| *name).collect();
        let distinct: BTreeSet<_> = rows.iter().collect();
        assert_eq!(rows.len(), distinct.len(), "{}", format.name);
        for name in rows {
            assert!(Parameter::find(name).is_some(), "{name} of {}", format.name);
        }
    }
}
