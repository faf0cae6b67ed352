//! The life of one call.

mod machine;
mod report;

pub(crate) use machine::path_for;
pub use machine::{Call, Next, Now, Outgoing, Response, Settings, Standing};
pub use report::{Attempt, Report};
