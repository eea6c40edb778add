//! What is kept about one person: shown, exported and erased, across every table.
//!
//! What it is called on a page is `web`'s; when those who no longer come are erased, `retention`.

mod kept;
pub mod retention;
pub mod store;

use sqlx::Connection;

use crate::{db::Database, learner::LearnerId};

pub use kept::{
    Activity, Completion, Course, Grade, Kept, Origin, Profile, QueuedJob, RefusedGrade, SentGrade,
    SessionEnd,
};

/// What went with a learner, in rows; nothing of it is left.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Erased {
    /// Grains that were finished.
    pub completions: i64,
    /// Courses over there that they belonged to.
    pub courses: i64,
    /// Activities in which they were graded.
    pub grades: i64,
    /// Of these, how many have a grade that the platform took and keeps.
    pub grades_sent: i64,
    /// Jobs that waited to tell the platform a grade.
    pub queued: i64,
    /// Sessions that were open or over.
    pub sessions: i64,
}

/// Gathers all that is kept about a learner; `None` when there is no such learner (any more).
///
/// # Errors
/// Those of the database.
pub async fn collect(db: &Database, learner: LearnerId) -> sqlx::Result<Option<Kept>> {
    let mut conn = db.acquire().await?;
    let mut transaction = conn.begin().await?;
    let Some((profile, platform)) = store::find_profile(&mut transaction, learner).await? else {
        return Ok(None);
    };
    let kept = Kept {
        profile,
        platform,
        courses: store::list_courses(&mut transaction, learner).await?,
        completions: store::list_completions(&mut transaction, learner).await?,
        grades: store::list_grades(&mut transaction, learner).await?,
        queued: store::list_queued(&mut transaction, learner).await?,
        sessions: store::list_sessions(&mut transaction, learner).await?,
    };
    transaction.commit().await?;
    conn.keep().await?;
    Ok(Some(kept))
}

/// Erases a learner, in one transaction; `None` when there is no such learner (any more).
///
/// What the platform holds stays there.
///
/// # Errors
/// Those of the database, when nothing was erased.
pub async fn erase(db: &Database, learner: LearnerId) -> sqlx::Result<Option<Erased>> {
    let mut conn = db.acquire().await?;
    let mut transaction = conn.begin().await?;
    // From here on nothing is added: a row of theirs would have to share the lock.
    if !store::lock_learner(&mut transaction, learner).await? {
        return Ok(None);
    }
    let erased = store::count_kept(&mut transaction, learner).await?;
    store::delete_learner(&mut transaction, learner).await?;
    transaction.commit().await?;
    conn.keep().await?;
    Ok(Some(erased))
}
