//! Where a call goes: identifiers, regions, addresses, and the route that follows from a model id.
//!
//! Pure: no network, no clock.

pub mod action;
pub mod base_url;
pub mod candidate;
pub mod finding;
pub mod health;
pub mod learned;
pub mod model_id;
pub mod ocid;
pub mod options;
pub mod region;
pub mod route;
pub mod serving;
pub mod shared;

pub use action::Action;
#[cfg(all(feature = "js", target_arch = "wasm32"))]
pub(crate) use base_url::host_of;
pub use base_url::BaseUrl;
pub use candidate::Candidate;
pub use finding::Finding;
pub use health::{Health, Strategy};
pub use learned::LearnedFormats;
pub use model_id::ModelId;
pub use ocid::Ocid;
pub use options::{RouteOverrides, RoutingOptions};
pub use region::{Realm, Region};
pub use route::{Route, RouteDescription};
pub use serving::{ApiFormat, ServingMode, Transport};
pub use shared::Shared;
