//! Connections and migrations: the door to PostgreSQL, without a query of any domain.
//!
//! Nothing here or above relies on the state of a session, so locks are those of transactions. Only
//! sqlx does, by its prepared statements; what [`Database`] does about it behind a pooler in
//! transaction mode stands there.

mod kept;
pub mod store;

use std::{future::Future, time::Duration};

use sqlx::{
    PgPool,
    error::DatabaseError,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgDatabaseError, PgPoolOptions, PgSeverity},
};
use tokio::time::{sleep, timeout};

pub use kept::{Connection, Database};

use crate::config::{Config, PoolMode};

/// How long a request waits for a free connection.
pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

/// A connection that rested longer is asked for a sign of life before it is used.
const RESTED: Duration = Duration::from_secs(1);

/// How long [`insist`] tries; whoever stops the program waits that long for jobs under way.
const INSISTENCE: Duration = Duration::from_secs(2);

/// Between two attempts of [`insist`].
const PAUSE: Duration = Duration::from_millis(100);

/// The migrations of `migrations/`, compiled in; the lock is taken by [`migrate`].
///
/// A migration that the database has and this binary has not is ignored: during a change of
/// version the older binary may have to start on the newer schema.
pub static MIGRATOR: Migrator = Migrator {
    locking: false,
    ignore_missing: true,
    ..sqlx::migrate!("./migrations")
};

/// A pool that opens its connections when they are first needed.
fn pool(config: &Config) -> PgPool {
    PgPoolOptions::new()
        .max_connections(config.database_max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // A round trip before each query would cost a quarter of the speed; one before
        // the use of a rested connection finds those that died with a restarted server.
        .test_before_acquire(false)
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for > RESTED {
                    sqlx::Connection::ping(conn).await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options(config))
}

fn options(config: &Config) -> PgConnectOptions {
    let options = config.database.clone();
    match config.database_pool_mode {
        PoolMode::Session => options,
        // A statement is never met again, and PgBouncer refuses settings that it does not know.
        PoolMode::Transaction => options.statement_cache_capacity(0).extra_float_digits(None),
    }
}

/// Brings the schema up to date, in one transaction and under a lock: of two instances
/// that start together one waits for the other.
///
/// # Errors
/// When the database cannot be reached or a migration fails; nothing is changed then.
pub async fn migrate(db: &Database) -> Result<(), MigrateError> {
    let mut transaction = db.begin().await?;
    store::lock_migrations(&mut transaction).await?;
    store::mark_migrating(&mut transaction).await?;
    MIGRATOR.run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// Versions of the migrations that the database lacks.
///
/// # Errors
/// When the database cannot be read.
pub async fn missing_migrations(db: &Database) -> sqlx::Result<Vec<String>> {
    let mut conn = db.acquire().await?;
    let applied = store::list_applied_migrations(&mut conn).await?;
    conn.keep().await?;
    let ups = MIGRATOR
        .iter()
        .filter(|migration| migration.migration_type.is_up_migration());
    Ok(ups
        .filter(|migration| !applied.contains(&migration.version))
        .map(|migration| migration.version.to_string())
        .collect())
}

/// Does again, for a moment, what may be done twice and must not be lost: the database may be
/// starting again, or have cut its connections.
///
/// # Errors
/// That of an attempt that did not fail for the database being away; else that time is up.
pub async fn insist<T, F>(act: impl Fn() -> F) -> sqlx::Result<T>
where
    F: Future<Output = sqlx::Result<T>>,
{
    let attempts = async {
        loop {
            match act().await {
                Err(error)
                    if is_unreachable(&error) && !matches!(error, sqlx::Error::PoolClosed) =>
                {
                    sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    };
    timeout(INSISTENCE, attempts)
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Whether an error says that the database is away or has no room, rather than that something is wrong.
pub fn is_unreachable(error: &sqlx::Error) -> bool {
    if is_unnamed_pooler(error) {
        return false;
    }
    match error {
        sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::WorkerCrashed => true,
        // Class 08: connection; 57P: the server is going down or coming up;
        // class 53: no connection, no room on the disk, no memory left. PostgreSQL, appendix A.
        // XX: its own fault; when that ends the connection, such as for a disk without room
        // where a new one writes a file, another connection may fare better.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            let is_of = |class: &str| code.starts_with(class);
            ["08", "53", "57P"].into_iter().any(is_of) || is_of("XX") && ends_connection(&**error)
        }),
        _ => false,
    }
}

fn ends_connection(error: &dyn DatabaseError) -> bool {
    error
        .try_downcast_ref::<PgDatabaseError>()
        .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// Whether an error comes of a pooler in transaction mode that the settings do not name.
fn is_unnamed_pooler(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else {
        return false;
    };
    match error.code().as_deref() {
        // duplicate_prepared_statement, invalid_sql_statement_name.
        Some("42P05" | "26000") => true,
        // PgBouncer refuses what it would have to set anew for each transaction.
        Some("08P01") => error.message().starts_with("unsupported startup parameter"),
        _ => false,
    }
}

/// What an operator does about an error at the first use of the database.
pub fn remedy(error: &sqlx::Error) -> &'static str {
    if is_unnamed_pooler(error) {
        "a pooler in transaction mode seems to stand before PostgreSQL: set DATABASE_POOL_MODE=transaction"
    } else {
        "check DATABASE_URL"
    }
}
