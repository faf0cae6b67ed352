//! The Responses API in front of a chat.

mod events;
mod replay;
mod requests;
