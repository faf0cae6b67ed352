//! The life of one call, as a state machine without I/O: it is given what happened and answers what
//! to do next. A shell sends, waits and reads, and supplies the time in milliseconds.

mod chat;
mod headers;
mod machine;
mod random;
mod recovery;
mod report;
mod retry_after;
mod settings;
mod step;
mod targets;

pub use machine::Call;
pub use report::{Attempt, Report};
pub use settings::Settings;
pub use step::{Clock, PreparedRequest, ResponseHead, Status, Step};
