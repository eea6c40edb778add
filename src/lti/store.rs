//! The SQL of platforms and of what their launches tell.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Deployment, Platform, PlatformId, PlatformStatus, platform::GradePolicy};

/// A row of `lti_platforms`.
struct PlatformRow {
    id: Uuid,
    name: String,
    issuer: String,
    client_id: String,
    authorization_url: String,
    token_url: String,
    jwks_url: String,
    token_audience: Option<String>,
    service_hosts: Option<String>,
    status: String,
    accepts_new_deployments: bool,
    grade_policy: String,
    lowers_grades: bool,
}

impl From<PlatformRow> for Platform {
    fn from(row: PlatformRow) -> Self {
        let hosts = row.service_hosts.unwrap_or_default();
        Self {
            id: PlatformId(row.id),
            name: row.name,
            issuer: row.issuer,
            client_id: row.client_id,
            authorization_url: row.authorization_url,
            token_url: row.token_url,
            jwks_url: row.jwks_url,
            token_audience: row.token_audience,
            service_hosts: hosts.split_whitespace().map(str::to_owned).collect(),
            status: PlatformStatus::from_text(&row.status),
            accepts_new_deployments: row.accepts_new_deployments,
            grade_policy: GradePolicy::from_text(&row.grade_policy),
            lowers_grades: row.lowers_grades,
        }
    }
}

/// All platforms, the oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list_platforms(conn: &mut PgConnection) -> sqlx::Result<Vec<Platform>> {
    let rows = sqlx::query_as!(
        PlatformRow,
        "SELECT id, name, issuer, client_id, authorization_url, token_url, jwks_url, token_audience,
                service_hosts, status, accepts_new_deployments, grade_policy, lowers_grades
         FROM lti_platforms ORDER BY created_at, id"
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Platform::from).collect())
}

/// The platforms of an issuer: the one of `client_id`, or without it all of them.
///
/// # Errors
/// Those of the database.
pub async fn list_platforms_of(
    conn: &mut PgConnection,
    issuer: &str,
    client_id: Option<&str>,
) -> sqlx::Result<Vec<Platform>> {
    let rows = sqlx::query_as!(
        PlatformRow,
        "SELECT id, name, issuer, client_id, authorization_url, token_url, jwks_url, token_audience,
                service_hosts, status, accepts_new_deployments, grade_policy, lowers_grades
         FROM lti_platforms WHERE issuer = $1 AND client_id = coalesce($2, client_id)",
        issuer,
        client_id,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(Platform::from).collect())
}

/// The platform of this key.
///
/// # Errors
/// Those of the database.
pub async fn find_platform(
    conn: &mut PgConnection,
    id: PlatformId,
) -> sqlx::Result<Option<Platform>> {
    let row = sqlx::query_as!(
        PlatformRow,
        "SELECT id, name, issuer, client_id, authorization_url, token_url, jwks_url, token_audience,
                service_hosts, status, accepts_new_deployments, grade_policy, lowers_grades
         FROM lti_platforms WHERE id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Platform::from))
}

/// All deployments of all platforms, the oldest first.
///
/// # Errors
/// Those of the database.
pub async fn list_deployments(conn: &mut PgConnection) -> sqlx::Result<Vec<Deployment>> {
    let rows = sqlx::query!(
        "SELECT platform_id, external_id, status FROM lti_deployments ORDER BY created_at, id"
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Deployment {
            platform: PlatformId(row.platform_id),
            external_id: row.external_id,
            is_approved: row.status == "approved",
        })
        .collect())
}

/// Lets a platform open the course, or no longer.
///
/// # Errors
/// Those of the database.
pub async fn mark_platform(
    conn: &mut PgConnection,
    id: PlatformId,
    status: PlatformStatus,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE lti_platforms SET status = $2 WHERE id = $1",
        id.0,
        status.as_str()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Approves the deployments of a platform that wait for it, and returns how many they were.
///
/// # Errors
/// Those of the database.
pub async fn mark_deployments_approved(
    conn: &mut PgConnection,
    platform: PlatformId,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE lti_deployments SET status = 'approved' WHERE platform_id = $1 AND status = 'pending'",
        platform.0
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}
