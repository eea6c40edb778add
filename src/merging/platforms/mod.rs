//! A platform that was registered anew: all that the old registration has goes into the new one.

pub mod store;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{MergeError, Merged, Places, learners, places};
use crate::lti::{PlatformId, PlatformStatus, store::mark_platform};

/// What a move changed, in rows; « united » were known on both sides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Moved {
    /// Learners whom the other platform did not know.
    pub learners: u64,
    /// Learners whom both knew, and what came of their merge.
    pub merged: Merged,
    /// Courses and activities.
    pub places: Places,
    /// Sessions that ended.
    pub sessions: u64,
    /// Grades that are to be told again.
    pub grades: u64,
}

/// Why a platform is not moved; nothing is changed then.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Both are the same registration.
    #[error("both ids are the same platform")]
    Same,
    /// Its learners cannot be merged.
    #[error(transparent)]
    Learners(#[from] MergeError),
    /// The database cannot be read or written.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Moves all that a platform has into another registration of the same Moodle, and suspends it,
/// empty.
///
/// What bears the same identifiers over there is one: learners, courses, activities. A deployment
/// is the same when its identifier is, or when each side has a single one (a registration of Moodle
/// has one, with a number of its own). Addresses of columns and class lists are those of the old
/// registration: they are forgotten, and the next launch of each activity tells them, and sends all
/// grades of it.
///
/// # Errors
/// [`MoveError`].
pub async fn move_platform(
    conn: &mut PgConnection,
    from: PlatformId,
    into: PlatformId,
    now: OffsetDateTime,
) -> Result<Moved, MoveError> {
    if from == into {
        return Err(MoveError::Same);
    }
    store::lock_platforms(conn, from, into).await?;
    let sessions = store::delete_sessions(conn, from).await?;
    let places = places::move_places(conn, from, into).await?;
    let pairs = store::list_same_learners(conn, from, into).await?;
    let merged = learners::merge(conn, &pairs, now).await?;
    let learners = store::move_learners(conn, from, into).await?;
    store::delete_jobs(conn, from).await?;
    let grades = learners::tell_again(conn, &learners, now).await? + merged.grades;
    mark_platform(conn, from, PlatformStatus::Suspended).await?;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(Moved {
        learners: count(learners.len()),
        merged,
        places,
        sessions,
        grades,
    })
}
