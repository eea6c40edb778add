//! The SQL of changed addresses, and all of it. Only what begins with the whole old address changes:
//! `https://moodle.univ.fr` is not the beginning of `https://moodle.univ.fr.example.org`.

use sqlx::PgConnection;

use crate::lti::PlatformId;

/// Changes the addresses of a platform itself.
///
/// # Errors
/// Those of the database.
pub async fn readdress_platform(
    conn: &mut PgConnection,
    platform: PlatformId,
    old: &str,
    new: &str,
) -> sqlx::Result<u64> {
    sqlx::query!(
        r#"
        UPDATE lti_platforms AS platform
        SET issuer = changed.addresses[1], authorization_url = changed.addresses[2], token_url = changed.addresses[3],
            jwks_url = changed.addresses[4], token_audience = changed.addresses[5]
        FROM lti_platforms AS known CROSS JOIN LATERAL (
            SELECT array_agg(CASE WHEN address = $2 OR starts_with(address, $2 || '/')
                                  THEN $3 || substr(address, length($2) + 1) ELSE address END ORDER BY rank)
            FROM unnest(ARRAY[known.issuer, known.authorization_url, known.token_url, known.jwks_url, known.token_audience])
                WITH ORDINALITY AS one (address, rank)
        ) AS changed (addresses)
        WHERE platform.id = $1 AND known.id = $1 AND known.issuer <> changed.addresses[1]
        "#,
        platform.0,
        old,
        new,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Changes where class lists are read.
///
/// # Errors
/// Those of the database.
pub async fn readdress_contexts(
    conn: &mut PgConnection,
    platform: PlatformId,
    old: &str,
    new: &str,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE lti_contexts SET memberships_url = $3 || substr(memberships_url, length($2) + 1)
         WHERE starts_with(memberships_url, $2 || '/')
           AND deployment_id IN (SELECT id FROM lti_deployments WHERE platform_id = $1)",
        platform.0,
        old,
        new,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Changes where gradebook columns are.
///
/// # Errors
/// Those of the database.
pub async fn readdress_links(
    conn: &mut PgConnection,
    platform: PlatformId,
    old: &str,
    new: &str,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE lti_resource_links SET line_item_url = $3 || substr(line_item_url, length($2) + 1)
         WHERE starts_with(line_item_url, $2 || '/')
           AND deployment_id IN (SELECT id FROM lti_deployments WHERE platform_id = $1)",
        platform.0,
        old,
        new,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}

/// Changes the columns that accepted grades: they are the same, and hold them still.
///
/// # Errors
/// Those of the database.
pub async fn readdress_scores(
    conn: &mut PgConnection,
    platform: PlatformId,
    old: &str,
    new: &str,
) -> sqlx::Result<u64> {
    sqlx::query!(
        "UPDATE internal.lti_scores AS score
         SET line_item_url = $3 || substr(score.line_item_url, length($2) + 1)
         FROM lti_resource_links AS link JOIN lti_deployments AS deployment ON deployment.id = deployment_id
         WHERE link.id = resource_link_id AND platform_id = $1 AND starts_with(score.line_item_url, $2 || '/')",
        platform.0,
        old,
        new,
    )
    .execute(conn)
    .await
    .map(|done| done.rows_affected())
}
