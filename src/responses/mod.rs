//! OpenAI's Responses API, as the [Open Responses](https://www.openresponses.org) specification of
//! April 2026 has it, in front of a chat. Nothing is stored: each request has the whole
//! conversation as its input.
//!
//! A request becomes that of a chat ([`parse`]), and the chunks of the answer become the events of
//! a response, or a whole response ([`EventWriter`]).

mod conversation;
mod event_writer;
mod item;
mod refusal;
mod request;
mod response;
mod settings;
mod text;

pub use event_writer::EventWriter;
pub use request::parse;
