//! Tests that compare the library with another implementation of the same rules.

mod ids;
