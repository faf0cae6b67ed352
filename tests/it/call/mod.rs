//! The states of a call, without a network: what it asks for after each event, and what it reports.
//! A script of responses stands in for the network; a transcript records the steps.

mod responses;
mod scenario;

mod body_kind;
mod budget;
mod empty_answer;
mod equal_names;
mod fallback;
mod first_chunk;
mod health;
mod limits;
mod limits_by_cut;
mod other_fields;
mod other_formats;
mod passthrough;
mod reasoning;
mod renegotiation;
mod report;
mod requests;
mod retry;
mod targets;
mod tool_call_text;
