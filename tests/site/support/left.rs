//! A test that leaves scores behind which nobody has sent has not looked at them: it fails.

use std::sync::atomic::{AtomicBool, Ordering};

use mini_site::clock::Clock;
use sqlx::{Connection, PgConnection, PgPool, postgres::PgConnectOptions};
use time::OffsetDateTime;

/// Looks, when it is dropped, for scores that are due. Class lists are left aside: every teacher
/// who comes asks for one, and losing the request loses nothing.
pub(super) struct LeftJobs {
    pool: PgPool,
    clock: Clock,
    may_stay: AtomicBool,
}

impl LeftJobs {
    pub(super) fn new(pool: &PgPool, clock: &Clock) -> Self {
        Self {
            pool: pool.clone(),
            clock: clock.clone(),
            may_stay: AtomicBool::new(false),
        }
    }

    /// The test is about something else.
    pub(super) fn may_stay(&self) {
        self.may_stay.store(true, Ordering::SeqCst);
    }
}

impl Drop for LeftJobs {
    fn drop(&mut self) {
        if std::thread::panicking() || self.may_stay.load(Ordering::SeqCst) {
            return;
        }
        let options = self.pool.connect_options().as_ref().clone();
        let now = self.clock.now();
        // A thread of its own: the one of the test cannot wait for a connection here.
        let look = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(count(&options, now))
        });
        let left = look.join().expect("it does not panic");
        assert!(
            left == 0,
            "{left} scores are due and nobody has sent them: call site.drain_outbox(), or site.leaves_jobs()"
        );
    }
}

/// None where the database, or its schema, is gone already.
async fn count(options: &PgConnectOptions, now: OffsetDateTime) -> i64 {
    let Ok(mut conn) = PgConnection::connect_with(options).await else {
        return 0;
    };
    let due = "SELECT count(*) FROM internal.outbox
        WHERE kind = 'score' AND given_up_at IS NULL AND due_at <= $1";
    let left = sqlx::query_scalar(due).bind(now).fetch_one(&mut conn).await;
    drop(conn.close().await);
    left.unwrap_or(0)
}
