//! People and platforms that are known twice, because a Moodle changed its user ids, its address or
//! its registration: learners are merged, platforms moved.
//!
//! All acts work in the caller's transaction, which a dry run rolls back. They return counts, never
//! a name. Many are done by a few statements, whatever their number.

pub mod address;
pub mod learners;
pub mod places;
pub mod platforms;
pub mod renumbering;

use uuid::Uuid;

pub use address::{Readdressed, readdress};
pub use learners::{MergeError, Merged, merge};
pub use places::Places;
pub use platforms::{MoveError, Moved, move_platform};
pub use renumbering::{FileError, RenumberedId, read_renumbering, renumber};

/// Rows that go, each with the one that is kept; no row stands in it twice.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pairs {
    /// Ids of rows that go.
    pub gone: Vec<Uuid>,
    /// Ids of rows that are kept, in the same order.
    pub kept: Vec<Uuid>,
}

impl Pairs {
    /// One pair.
    pub fn one(gone: Uuid, kept: Uuid) -> Self {
        Self {
            gone: vec![gone],
            kept: vec![kept],
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty()
    }
}

impl FromIterator<(Uuid, Uuid)> for Pairs {
    fn from_iter<T: IntoIterator<Item = (Uuid, Uuid)>>(pairs: T) -> Self {
        let (gone, kept) = pairs.into_iter().unzip();
        Self { gone, kept }
    }
}
