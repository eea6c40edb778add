//! Read-only mode: the data stay as they are while they move to another server.
//!
//! The switch is a row of the database, and triggers refuse the changes (see its migration): an
//! instance that has not heard of it yet, Directus and a console are held all the same. Here it is
//! turned and read, and its refusal is recognised; `web` remembers it for the banner of pages.

pub mod store;

use sqlx::{Connection as _, PgConnection};
use time::{Duration, OffsetDateTime};

/// The switch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Switch {
    /// Whether changes are refused.
    pub is_on: bool,
    /// When it was turned last, UTC; `None` when it never was.
    pub changed_at: Option<OffsetDateTime>,
}

/// Why the switch was not turned; nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// Somebody has been writing for as long as the switch may wait.
    #[error(
        "a change has been under way for {} s and is not committed; see pg_stat_activity, then try again",
        .0.whole_seconds()
    )]
    Busy(Duration),
    /// The database cannot be read or written.
    #[error("the switch cannot be read or turned")]
    Database(#[from] sqlx::Error),
}

/// Turns the switch, and tells how it stands then.
///
/// Changes under way are waited for, as long as `patience`; those who come meanwhile wait behind. Once it is on, what was acknowledged is committed, and what
/// comes later is refused.
///
/// # Errors
/// [`SwitchError`]; nothing has changed then.
pub async fn set(
    conn: &mut PgConnection,
    is_on: bool,
    patience: Duration,
) -> Result<Switch, SwitchError> {
    let mut transaction = conn.begin().await?;
    store::limit_lock_wait(&mut transaction, patience).await?;
    let turned = store::set_switch(&mut transaction, is_on).await;
    turned.map_err(|error| {
        // lock_not_available.
        if has_code(&error, "55P03") {
            SwitchError::Busy(patience)
        } else {
            error.into()
        }
    })?;
    let switch = store::find_switch(&mut transaction).await?;
    transaction.commit().await?;
    Ok(switch)
}

/// Whether an error says that the database is in read-only mode: ours, or that of a server which
/// accepts nothing at the moment.
pub fn is_refusal(error: &sqlx::Error) -> bool {
    // read_only_sql_transaction.
    has_code(error, "25006")
}

fn has_code(error: &sqlx::Error, code: &str) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|found| found == code)
}
