//! The JSON API.

mod profile;
mod progress;
