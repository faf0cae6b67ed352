//! A target of a call.

use crate::routing::route::Route;

/// A resolved target: its route, and the compartment that the call is authorized against.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where its requests go.
    pub route: Route,
    /// Its compartment's OCID.
    pub compartment_id: Option<String>,
}
