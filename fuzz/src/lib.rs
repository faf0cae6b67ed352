//! The targets, which the integration tests share: see `tests/it/fuzz`.

#![allow(dead_code, unused_imports)]

#[path = "../../tests/it/support/mod.rs"]
mod support;
#[path = "../../tests/it/fuzz/targets/mod.rs"]
pub mod targets;
