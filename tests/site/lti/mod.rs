//! What platforms call: each row of the conformance list has its test, named after the row.

mod crowd;
mod deep_linking;
mod embed;
mod frames;
mod gradebook;
mod identity;
mod invitation;
mod keys;
mod message;
mod registration;
mod roles;
mod roster;
mod row;
mod times;
mod transport;
