//! Learners without activity are erased, once a day, by one instance.
//!
//! Activity is: opening the course, finishing a grain, a session that is open, being made. What the
//! database takes for it is its function `internal.list_inactive_learners`.

pub mod store;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use sqlx::Connection;
use time::{Duration, OffsetDateTime};

use crate::{db::Database, read_only};

/// A run begins this long after the one before it; a little less than a day, so that the hour at
/// which instances look does not wander.
pub const INTERVAL: Duration = Duration::hours(23);

/// After a gap longer than this the daily run erases nobody: the site was off for a season, or the clock
/// has jumped. Whoever looks after the site has a day to set it right.
const LONGEST_GAP: Duration = Duration::days(31);

/// How many learners are erased in one transaction.
const BATCH: i64 = 200;

/// Learners without activity, by what they leave.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Inactive {
    /// How many there are.
    pub learners: i64,
    /// Of these, how many a class list alone names: they never came.
    pub never_came: i64,
    /// Grains that they have finished.
    pub completions: i64,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Run {
    /// It was done.
    Done {
        /// How many learners were erased.
        learners: u64,
    },
    /// It is not due yet, or another instance is at it.
    NotDue,
    /// It is due, but the one before it is too long ago to believe the clock at once: nobody was
    /// erased, the next run will.
    AfterGap {
        /// How many days lie between.
        days: i64,
    },
    /// In read-only mode nothing is erased.
    ReadOnly,
}

/// The moment before which the last activity of a learner must lie: so many calendar months ago.
pub fn limit(now: OffsetDateTime, months: u16) -> OffsetDateTime {
    let now_utc = Timestamp::from_second(now.unix_timestamp())
        .unwrap_or_default()
        .to_zoned(TimeZone::UTC);
    now_utc
        .checked_sub(i64::from(months).months())
        .ok()
        .and_then(|then| OffsetDateTime::from_unix_timestamp(then.timestamp().as_second()).ok())
        // Longer ago than a calendar goes: nobody.
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Counts who would be erased now; writes nothing.
///
/// # Errors
/// Those of the database.
pub async fn preview(db: &Database, now: OffsetDateTime, months: u16) -> sqlx::Result<Inactive> {
    let mut conn = db.acquire().await?;
    let inactive = store::count_inactive(&mut conn, limit(now, months), now).await?;
    conn.keep().await?;
    Ok(inactive)
}

/// Erases whoever has been without activity for `months`, if a run is due; `is_forced` runs
/// it all the same.
///
/// # Errors
/// Those of the database; what is left is erased by the next run, which is due at once.
pub async fn run(
    db: &Database,
    now: OffsetDateTime,
    months: u16,
    is_forced: bool,
) -> sqlx::Result<Run> {
    let begun_before = if is_forced { now } else { now - INTERVAL };
    let mut conn = db.acquire().await?;
    if read_only::store::find_switch(&mut conn).await?.is_on {
        conn.keep().await?;
        return Ok(Run::ReadOnly);
    }
    let last = store::find_last_run(&mut conn).await?;
    // One statement: of two instances that come together one is told that it is not due.
    let is_mine = store::claim_run(&mut conn, begun_before, now).await?;
    conn.keep().await?;
    if !is_mine {
        return Ok(Run::NotDue);
    }
    let gap = last.map_or(Duration::ZERO, |last| now - last);
    if !is_forced && gap > LONGEST_GAP {
        let days = gap.whole_days();
        return Ok(Run::AfterGap { days });
    }
    match erase_all(db, limit(now, months), now).await {
        Ok(learners) => Ok(Run::Done { learners }),
        Err(error) => {
            let mut conn = db.acquire().await?;
            store::delete_run(&mut conn, now).await?;
            conn.keep().await?;
            if read_only::is_refusal(&error) {
                return Ok(Run::ReadOnly);
            }
            Err(error)
        }
    }
}

/// Erases batch after batch, each in a transaction of its own: nobody waits long for a lock.
async fn erase_all(db: &Database, limit: OffsetDateTime, now: OffsetDateTime) -> sqlx::Result<u64> {
    let mut erased = 0;
    loop {
        let mut conn = db.acquire().await?;
        let mut transaction = conn.begin().await?;
        let batch = store::lock_inactive(&mut transaction, limit, now, BATCH).await?;
        // Asked again under the lock: whoever came back a moment ago stays.
        erased += store::delete_inactive(&mut transaction, &batch, limit, now).await?;
        transaction.commit().await?;
        conn.keep().await?;
        if batch.is_empty() {
            return Ok(erased);
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let now = datetime!(2026-03-31 10:00 UTC);
        assert_eq!(limit(now, 1), datetime!(2026-02-28 10:00 UTC));
        assert_eq!(limit(now, 24), datetime!(2024-03-31 10:00 UTC));
        assert_eq!(limit(now, 600), datetime!(1976-03-31 10:00 UTC));
    }
}
