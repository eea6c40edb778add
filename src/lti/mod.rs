//! LTI 1.3 as a tool, without a page in it.
//!
//! What a platform tells is checked here, by pure functions where it can be; what is asked of
//! a platform goes through `client.rs`. The pages of it are `web/lti`.
//! <https://www.imsglobal.org/spec/lti/v1p3>

pub mod access;
pub mod claims;
pub mod client;
pub mod deep_linking;
pub mod gradebook;
pub mod key_cache;
pub mod key_set;
pub mod keys;
pub mod launch;
pub mod login;
mod network;
pub mod platform;
pub mod registration;
mod role;
pub mod roster;
pub mod services;
pub mod store;

pub use launch::store::{ContextId, ResourceLinkId};
pub use platform::{Deployment, DeploymentId, GradePolicy, Platform, PlatformId, PlatformStatus};
pub use role::Role;
