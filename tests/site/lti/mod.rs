//! What platforms call: each row of the conformance list has its test, named after the row.

mod embed;
mod frames;
mod keys;
