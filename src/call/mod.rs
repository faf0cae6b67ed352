//! The life of one call.

mod machine;
mod report;

pub use machine::{Call, Next, Now, Outgoing, Response, Settings, Standing};
pub use report::{Attempt, Report};
