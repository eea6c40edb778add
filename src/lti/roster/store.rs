//! The SQL of class lists, and all of it. Lists are written whole, by a few statements.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Member;
use crate::lti::{ContextId, PlatformId};

/// Whether a context has a list, and it was neither read nor asked for in vain since `limit`.
///
/// # Errors
/// Those of the database.
pub async fn is_roster_due(
    conn: &mut PgConnection,
    context: ContextId,
    limit: OffsetDateTime,
) -> sqlx::Result<bool> {
    let is_due = sqlx::query_scalar!(
        r#"
        SELECT coalesce(greatest(roster_read_at, roster_failed_at), '-infinity') <= $2 AS "is_due!"
        FROM lti_contexts WHERE id = $1 AND memberships_url IS NOT NULL
        "#,
        context.0,
        limit,
    )
    .fetch_optional(conn)
    .await?;
    Ok(is_due.unwrap_or(false))
}

/// Where the list of a context is read, and from which platform.
///
/// # Errors
/// Those of the database.
pub async fn find_source(
    conn: &mut PgConnection,
    context: ContextId,
) -> sqlx::Result<Option<(PlatformId, String)>> {
    let row = sqlx::query!(
        r#"
        SELECT platform_id, memberships_url AS "memberships_url!"
        FROM lti_contexts AS context JOIN lti_deployments AS deployment ON deployment.id = deployment_id
        WHERE context.id = $1 AND memberships_url IS NOT NULL
        "#,
        context.0,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (PlatformId(row.platform_id), row.memberships_url)))
}

/// Makes the people of a list, or takes over what it says of them; always in the same order, so
/// that two lists with the same people do not wait for one another.
///
/// # Errors
/// Those of the database.
pub async fn upsert_members(
    conn: &mut PgConnection,
    platform: PlatformId,
    members: &[Member],
) -> sqlx::Result<()> {
    let names: Vec<_> = members
        .iter()
        .map(|member| member.name.as_deref())
        .collect();
    let family_names: Vec<_> = members
        .iter()
        .map(|member| member.family_name.as_deref())
        .collect();
    let emails: Vec<_> = members
        .iter()
        .map(|member| member.email.as_deref())
        .collect();
    sqlx::query!(
        r#"
        INSERT INTO users AS known (platform_id, moodle_user_id, email, name, family_name)
        SELECT DISTINCT ON (moodle_user_id) $1::uuid, moodle_user_id, email, name, family_name
        FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS member (moodle_user_id, email, name, family_name)
        ORDER BY moodle_user_id
        ON CONFLICT ON CONSTRAINT learner_once_per_platform DO UPDATE
        SET email = coalesce(excluded.email, known.email), name = coalesce(excluded.name, known.name),
            family_name = coalesce(excluded.family_name, known.family_name)
        WHERE (known.email, known.name, known.family_name) IS DISTINCT FROM (
            coalesce(excluded.email, known.email), coalesce(excluded.name, known.name),
            coalesce(excluded.family_name, known.family_name)
        )
        "#,
        platform.0,
        &ids(members) as &[&str],
        &emails as &[Option<&str>],
        &names as &[Option<&str>],
        &family_names as &[Option<&str>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes over who belongs to a context, and as what; a role that a launch told stays.
///
/// # Errors
/// Those of the database.
pub async fn upsert_roster_memberships(
    conn: &mut PgConnection,
    platform: PlatformId,
    context: ContextId,
    members: &[Member],
) -> sqlx::Result<()> {
    let roles: Vec<_> = members.iter().map(|member| member.role.as_str()).collect();
    let are_active: Vec<_> = members.iter().map(|member| member.is_active).collect();
    sqlx::query!(
        r#"
        INSERT INTO lti_memberships AS known (context_id, user_id, role, role_source, is_active)
        SELECT DISTINCT ON (users.id) $2::uuid, users.id, member.role, 'roster', member.is_active
        FROM unnest($3::text[], $4::text[], $5::boolean[]) AS member (moodle_user_id, role, is_active)
        JOIN users ON users.platform_id = $1 AND users.moodle_user_id = member.moodle_user_id
        ORDER BY users.id
        ON CONFLICT ON CONSTRAINT membership_once_per_context DO UPDATE
        SET role = CASE known.role_source WHEN 'launch' THEN known.role ELSE excluded.role END,
            is_active = excluded.is_active
        WHERE known.is_active <> excluded.is_active
           OR (known.role_source = 'roster' AND known.role <> excluded.role)
        "#,
        platform.0,
        context.0,
        &ids(members) as &[&str],
        &roles as &[&str],
        &are_active,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that those who are not on the list have left, unless they came since `started_at`.
///
/// # Errors
/// Those of the database.
pub async fn mark_absent_inactive(
    conn: &mut PgConnection,
    platform: PlatformId,
    context: ContextId,
    members: &[Member],
    started_at: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        UPDATE lti_memberships SET is_active = false
        WHERE context_id = $2 AND is_active AND coalesce(launched_at, '-infinity') < $4
          AND user_id NOT IN (SELECT id FROM users WHERE platform_id = $1 AND moodle_user_id = ANY($3))
        "#,
        platform.0,
        context.0,
        &ids(members) as &[&str],
        started_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes when a list was read.
///
/// # Errors
/// Those of the database.
pub async fn mark_read(
    conn: &mut PgConnection,
    context: ContextId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_contexts SET roster_read_at = $2, roster_failure = NULL, roster_failed_at = NULL WHERE id = $1",
        context.0,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes why a list could not be read.
///
/// # Errors
/// Those of the database.
pub async fn mark_failed(
    conn: &mut PgConnection,
    context: ContextId,
    reason: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_contexts SET roster_failure = $2, roster_failed_at = $3 WHERE id = $1",
        context.0,
        reason,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn ids(members: &[Member]) -> Vec<&str> {
    members.iter().map(|member| member.id.as_str()).collect()
}
