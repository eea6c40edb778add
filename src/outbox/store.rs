//! The SQL of `outbox`, and all of it.
