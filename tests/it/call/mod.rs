//! The states of a call, without a network: what it asks for after each event, and what it reports.
//! A script of responses stands in for the network; a transcript records the steps.

mod responses;
mod scenario;

mod body_kind;
mod fallback;
mod first_chunk;
mod limits;
mod limits_by_cut;
mod passthrough;
mod renegotiation;
mod report;
mod requests;
mod retry;
mod targets;
mod tool_call_text;
