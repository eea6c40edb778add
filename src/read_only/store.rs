//! The SQL of the switch, and all of it; its guards stand in the migration.

use sqlx::PgConnection;
use time::Duration;

use super::Switch;

/// How the switch stands.
///
/// # Errors
/// Those of the database.
pub async fn find_switch(conn: &mut PgConnection) -> sqlx::Result<Switch> {
    let row = sqlx::query!("SELECT is_on, changed_at FROM internal.read_only")
        .fetch_optional(conn)
        .await?;
    Ok(row.map_or_else(Switch::default, |row| Switch {
        is_on: row.is_on,
        changed_at: Some(row.changed_at),
    }))
}

/// Lets no statement of this transaction wait for a lock longer than `patience`.
///
/// # Errors
/// Those of the database.
pub(super) async fn limit_lock_wait(
    conn: &mut PgConnection,
    patience: Duration,
) -> sqlx::Result<()> {
    let limit = format!("{}ms", patience.whole_milliseconds());
    sqlx::query!("SELECT set_config('lock_timeout', $1, true)", limit)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Turns the switch, once the changes under way are committed or rolled back.
///
/// # Errors
/// Those of the database.
pub(super) async fn set_switch(conn: &mut PgConnection, is_on: bool) -> sqlx::Result<()> {
    sqlx::query!("SELECT internal.set_read_only($1)", is_on)
        .execute(conn)
        .await?;
    Ok(())
}
