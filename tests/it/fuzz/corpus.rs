//! The committed corpora. `UPDATE=1 cargo test --test it fuzz` writes the generated part of them;
//! inputs that once broke a rule stand beside it under names of their own.

use std::fs;
use std::path::{Path, PathBuf};

use super::targets::Target;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a target's corpus and of its fixtures, in the order of their names.
pub fn inputs_of(target: &Target) -> Vec<(String, Vec<u8>)> {
    let fixtures = target.fixtures.iter();
    let folders = std::iter::once(format!("fuzz/corpus/{}", target.name))
        .chain(fixtures.map(|name| format!("tests/fixtures/{name}")));
    let mut paths: Vec<PathBuf> = folders
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            (name, fs::read(path).unwrap())
        })
        .collect()
}
