//! Durable jobs: queued in the caller's transaction, claimed by a lease, retried with a growing
//! delay, given up aloud.

pub mod store;
