//! The addresses that platforms call: login, launch, deep linking, registration, our keys.
//!
//! What they send is checked by `crate::lti`; here it is read from requests and answered with
//! pages.

mod confirm;
pub(crate) mod deep_linking;
pub(crate) mod keys;
pub(crate) mod launch;
pub(crate) mod login;
mod picker;
mod refusal;
pub(crate) mod registration;

pub use refusal::LaunchRefusal;
