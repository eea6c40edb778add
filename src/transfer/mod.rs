//! The move to another server, and backups: dump, restore, compare.
//!
//! PostgreSQL's own programs write and read the dump; what they are given and what became of it is
//! checked here. [`Inventory`] is what a database holds, for comparison. Who keeps the data as they
//! are meanwhile is `read_only`.

mod compare;
mod dump;
mod error;
mod inventory;
mod programs;
mod rehearsal;
mod restore;
pub mod store;

pub use compare::{Comparison, Scope, compare};
pub use dump::{Dumped, dump, manifest_path};
pub use error::TransferError;
pub use inventory::{Inventory, TableFacts, read_inventory};
pub use rehearsal::{read_manifest, rehearse};
pub use restore::{Restored, restore};

/// The schemas of this program.
pub const SCHEMAS: [&str; 2] = ["public", "internal"];

/// The schema of Directus' own tables, on a database where it has one.
pub const DIRECTUS: &str = "directus";

/// Tables that live on while people read in read-only mode: nothing is lost when the last rows are
/// not carried over.
pub const LIVING: [&str; 4] = [
    "internal.sessions",
    "internal.last_visits",
    "internal.lti_logins",
    "internal.used_tokens",
];
