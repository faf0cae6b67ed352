//! A target of a call.

use crate::error::{Code, Error, Result};
use crate::routing::health::Health;
use crate::routing::route::Route;

/// A resolved target: its route, and the compartment that the call is authorized against.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where its requests go.
    pub route: Route,
    /// Its compartment's OCID.
    pub compartment_id: Option<String>,
    /// What earlier calls found out about it, where it is one of several.
    pub health: Option<Health>,
}

impl Candidate {
    /// The compartment, for requests that name it.
    pub(crate) fn require_compartment(&self) -> Result<&str> {
        let compartment = self.compartment_id.as_deref().filter(|id| !id.is_empty());
        compartment.ok_or_else(|| {
            let message = "OCI authorizes a call against a compartment, and none is configured";
            Error::new(Code::MissingCompartment, message).with_hint(
                "set `compartmentId` to the OCID of the compartment that holds the endpoint or may \
                 use the model",
            )
        })
    }
}
