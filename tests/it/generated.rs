//! Files that are generated from the library's tables. The tests compare them;
//! `UPDATE=1 cargo test --test it generated` writes them.

use std::fmt::Write as _;
use std::path::Path;

use oci_genai_edge::error::Code;

/// Compares a file of the repository with its generated text, or writes it.
pub fn check_generated(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let written = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = written.lines().zip(text.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| written.lines().count().min(text.lines().count())) + 1;
    assert!(
        written == text,
        "{path} differs at line {line}: UPDATE=1 cargo test --test it generated"
    );
}

fn codes_js() -> String {
    let mut module = String::from(
        "// Printed from the table in src/error.rs by tests/it/generated.rs \
         (UPDATE=1 cargo test --test it generated).\n\
         // Do not edit.\n\
         \n\
         /**\n \
          * What each error code means over HTTP: the status and the OpenAI error type that \
          `fetch` answers\n \
          * with, and whether a later attempt may succeed.\n \
          */\n\
         export const CODES = Object.freeze({\n",
    );
    for code in Code::ALL {
        let (status, openai_type) = (code.http_status(), code.openai_type());
        let retryable = code.is_retryable();
        writeln!(
            module,
            "  {code}: {{ status: {status}, type: \"{openai_type}\", retryable: {retryable} }},"
        )
        .unwrap();
    }
    module.push_str("});\n");
    module
}

#[cfg(feature = "js")]
fn boundary_js() -> String {
    let mut module = String::from(
        "// Printed from src/js/boundary.rs by tests/it/generated.rs \
         (UPDATE=1 cargo test --test it generated).\n\
         // Do not edit.\n",
    );
    for (documentation, name, value) in oci_genai_edge::js::boundary::NUMBERS {
        writeln!(
            module,
            "\n/**{documentation} */\nexport const {name} = {value};"
        )
        .unwrap();
    }
    module
}

/// The part of `index.d.ts` between two strings.
fn section<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap() + start.len();
    &text[from..from + text[from..].find(end).unwrap()]
}

fn names_of_all_codes() -> Vec<&'static str> {
    Code::ALL.iter().map(|code| code.as_str()).collect()
}

fn index_d_ts() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/pkg/index.d.ts");
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn codes_js_matches_the_error_table() {
    check_generated("pkg/lib/codes.js", &codes_js());
}

#[cfg(feature = "js")]
#[test]
fn boundary_js_matches_the_boundary_numbers() {
    check_generated("pkg/lib/boundary.js", &boundary_js());
}

#[test]
fn the_error_code_type_lists_every_code() {
    let declarations = index_d_ts();
    let union = section(&declarations, "export type OciErrorCode =", ";");
    let members: Vec<_> = union
        .split('|')
        .map(|member| member.trim().trim_matches('"'))
        .filter(|member| !member.is_empty())
        .collect();
    assert_eq!(members, names_of_all_codes());
}

#[test]
fn the_error_code_documentation_describes_every_code_once() {
    let declarations = index_d_ts();
    let before = section(
        &declarations,
        "declare class OciError ",
        "export type OciErrorCode =",
    );
    let comment = before.rsplit_once("/**").unwrap().1;
    let rows: Vec<_> = comment
        .lines()
        .filter_map(|line| line.trim().strip_prefix("* | `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let mut described = rows.clone();
    described.sort_unstable();
    let mut expected = names_of_all_codes();
    expected.sort_unstable();
    assert_eq!(described, expected);
}

#[test]
fn gateway_only_errors_have_no_code() {
    for name in ["invalid_api_key", "not_found", "method_not_allowed"] {
        assert!(!names_of_all_codes().contains(&name), "{name}");
    }
}
