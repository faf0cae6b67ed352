//! Where a call goes: identifiers, regions, addresses, and the route that follows from a model id.

pub mod base_url;
pub mod ocid;
pub mod region;
pub mod route;
