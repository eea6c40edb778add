//! The SQL of what a launch tells: deployment, course over there, activity, membership.
//!
//! A launch that tells nothing new of what a whole class shares writes nothing of it: it would
//! hold the row until its end, and a lecture hall would pass one by one.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Context, ResourceLink};
use crate::{
    catalogue::Scope,
    learner::LearnerId,
    lti::{DeploymentId, Platform, Role},
};

/// Our own key of a course over there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct ContextId(pub Uuid);

/// Our own key of an activity placed over there.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct ResourceLinkId(pub Uuid);

/// Finds the deployment or records it, pending unless the platform accepts new ones; tells
/// whether it is approved.
///
/// # Errors
/// Those of the database.
pub async fn upsert_deployment(
    conn: &mut PgConnection,
    platform: &Platform,
    external_id: &str,
) -> sqlx::Result<(DeploymentId, bool)> {
    let status = if platform.accepts_new_deployments {
        "approved"
    } else {
        "pending"
    };
    // The update that changes nothing makes the row come back that another launch has just made.
    let row = sqlx::query!(
        r#"
        WITH found AS (
            SELECT id, status FROM lti_deployments WHERE platform_id = $1 AND external_id = $2
        ), made AS (
            INSERT INTO lti_deployments (platform_id, external_id, status)
            SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM found)
            ON CONFLICT ON CONSTRAINT deployment_once_per_platform DO UPDATE SET external_id = excluded.external_id
            RETURNING id, status
        )
        SELECT id AS "id!", status = 'approved' AS "is_approved!" FROM (TABLE found UNION ALL TABLE made) AS kept
        "#,
        platform.id.0,
        external_id,
        status,
    )
    .fetch_one(conn)
    .await?;
    Ok((DeploymentId(row.id), row.is_approved))
}

/// Finds or makes the course over there; what the launch tells of it replaces what was known.
///
/// `tells_services` is whether no address of a class list means that there is none: only the
/// launch of an activity tells (Moodle's deep linking says nothing of it).
///
/// # Errors
/// Those of the database.
pub async fn upsert_context(
    conn: &mut PgConnection,
    deployment: DeploymentId,
    context: &Context,
    tells_services: bool,
) -> sqlx::Result<ContextId> {
    sqlx::query_scalar!(
        r#"
        WITH found AS (
            SELECT id FROM lti_contexts
            WHERE deployment_id = $1 AND external_id = $2
              AND (label, title) IS NOT DISTINCT FROM (coalesce($3, label), coalesce($4, title))
              AND memberships_url IS NOT DISTINCT FROM coalesce($5, CASE WHEN NOT $6 THEN memberships_url END)
        ), written AS (
            INSERT INTO lti_contexts AS known (deployment_id, external_id, label, title, memberships_url)
            SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (SELECT FROM found)
            ON CONFLICT ON CONSTRAINT context_once_per_deployment DO UPDATE
            SET label = coalesce(excluded.label, known.label), title = coalesce(excluded.title, known.title),
                memberships_url = coalesce(
                    excluded.memberships_url,
                    CASE WHEN NOT $6 THEN known.memberships_url END
                )
            RETURNING id
        )
        SELECT id AS "id!" FROM (TABLE found UNION ALL TABLE written) AS kept
        "#,
        deployment.0,
        context.id,
        context.label,
        context.title,
        context.memberships_url.as_ref().map(url::Url::as_str),
        tells_services,
    )
    .fetch_one(conn)
    .await
    .map(ContextId)
}

/// An activity as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct KeptLink {
    /// Our own key of it.
    pub id: ResourceLinkId,
    /// Whether its column, or what it opens, is another one than before; also when it is new.
    pub is_changed: bool,
}

/// Finds or makes the activity; what the launch tells of it replaces what was known.
///
/// # Errors
/// Those of the database.
pub async fn upsert_resource_link(
    conn: &mut PgConnection,
    deployment: DeploymentId,
    context: Option<ContextId>,
    link: &ResourceLink,
    scope: Scope,
) -> sqlx::Result<KeptLink> {
    let gradebook = link.gradebook.as_ref();
    let row = sqlx::query!(
        r#"
        WITH found AS (
            SELECT id, (scope, scope_id, line_item_url) IS DISTINCT FROM ($5, $6, $7) AS is_changed,
                   (context_id, title, can_read_results) IS DISTINCT FROM ($2, coalesce($4, title), $8) AS is_renamed
            FROM lti_resource_links WHERE deployment_id = $1 AND external_id = $3
        ), written AS (
            INSERT INTO lti_resource_links AS known
                (deployment_id, context_id, external_id, title, scope, scope_id, line_item_url, can_read_results)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8
            WHERE NOT EXISTS (SELECT FROM found WHERE NOT is_changed AND NOT is_renamed)
            ON CONFLICT ON CONSTRAINT resource_link_once_per_deployment DO UPDATE
            SET context_id = excluded.context_id, title = coalesce(excluded.title, known.title),
                scope = excluded.scope, scope_id = excluded.scope_id,
                line_item_url = excluded.line_item_url, can_read_results = excluded.can_read_results
            RETURNING id
        )
        SELECT id AS "id!", coalesce(is_changed, true) AS "is_changed!"
        FROM found FULL JOIN written USING (id)
        "#,
        deployment.0,
        context.map(|context| context.0),
        link.id,
        link.title,
        scope.kind(),
        scope.id(),
        gradebook.map(|gradebook| gradebook.line_item_url.as_str()),
        gradebook.is_some_and(|gradebook| gradebook.can_read_results),
    )
    .fetch_one(conn)
    .await?;
    Ok(KeptLink {
        id: ResourceLinkId(row.id),
        is_changed: row.is_changed,
    })
}

/// What is known of a launch without writing anything down.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownLaunch {
    /// Whether the deployment is approved; `None` when it was never recorded.
    pub is_approved: Option<bool>,
    /// The course over there.
    pub context: Option<ContextId>,
    /// The activity.
    pub resource_link: Option<ResourceLinkId>,
}

/// Finds deployment, course over there and activity by their identifiers.
///
/// # Errors
/// Those of the database.
pub async fn find_known_launch(
    conn: &mut PgConnection,
    platform: &Platform,
    deployment: &str,
    context: Option<&str>,
    resource_link: Option<&str>,
) -> sqlx::Result<KnownLaunch> {
    let row = sqlx::query!(
        r#"
        SELECT deployment.status = 'approved' AS "is_approved!", context.id AS "context?", link.id AS "link?"
        FROM lti_deployments AS deployment
        LEFT JOIN lti_contexts AS context
            ON context.deployment_id = deployment.id AND context.external_id = $3
        LEFT JOIN lti_resource_links AS link
            ON link.deployment_id = deployment.id AND link.external_id = $4
        WHERE deployment.platform_id = $1 AND deployment.external_id = $2
        "#,
        platform.id.0,
        deployment,
        context,
        resource_link,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map_or_else(KnownLaunch::default, |row| KnownLaunch {
        is_approved: Some(row.is_approved),
        context: row.context.map(ContextId),
        resource_link: row.link.map(ResourceLinkId),
    }))
}

/// Notes that somebody came to a course over there, and as what.
///
/// # Errors
/// Those of the database.
pub async fn upsert_membership(
    conn: &mut PgConnection,
    context: ContextId,
    learner: LearnerId,
    role: Role,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "INSERT INTO lti_memberships (context_id, user_id, role, role_source, launched_at)
         VALUES ($1, $2, $3, 'launch', $4)
         ON CONFLICT ON CONSTRAINT membership_once_per_context DO UPDATE
         SET role = excluded.role, role_source = 'launch', is_active = true, launched_at = excluded.launched_at",
        context.0,
        learner.0,
        role.as_str(),
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
