//! What platforms call: each row of the conformance list has its test, named after the row.

mod crowd;
mod deep_linking;
mod embed;
mod frames;
mod gradebook;
mod identity;
mod invitation;
mod keys;
mod log;
mod login;
mod message;
mod registration;
mod refusal;
mod roles;
mod roster;
mod row;
mod state;
mod times;
mod transport;
mod token;

pub(crate) use frames::root_of;
