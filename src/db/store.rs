//! The few statements that belong to no domain.

use sqlx::PgConnection;

/// Key of the advisory lock under which migrations run; any constant of our own.
const MIGRATION_LOCK: i64 = 0x6d69_6772_6174_6521;

/// Waits for the right to migrate, until the end of the transaction.
///
/// # Errors
/// Those of the database.
pub async fn lock_migrations(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        .execute(conn)
        .await?;
    Ok(())
}

/// Lets this transaction change the data in read-only mode: a migration belongs to the program, and
/// is applied on both sides of a move.
///
/// # Errors
/// Those of the database.
pub async fn mark_migrating(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT set_config('mini_site.is_migrating', 'on', true)")
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Asks the database for a sign of life.
///
/// # Errors
/// Those of the database.
pub async fn ping(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT 1 AS one").fetch_one(conn).await?;
    Ok(())
}

/// Versions of the migrations that were applied; none on an empty database.
///
/// # Errors
/// Those of the database.
pub async fn list_applied_migrations(conn: &mut PgConnection) -> sqlx::Result<Vec<i64>> {
    let table =
        sqlx::query_scalar!("SELECT to_regclass('_sqlx_migrations')::text").fetch_one(&mut *conn);
    if table.await?.is_none() {
        return Ok(Vec::new());
    }
    sqlx::query_scalar!("SELECT version FROM _sqlx_migrations WHERE success")
        .fetch_all(conn)
        .await
}
