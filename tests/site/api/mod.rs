//! The JSON API.

mod profile;
pub(crate) mod progress;
