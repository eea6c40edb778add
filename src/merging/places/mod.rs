//! Where a platform has placed us: deployments, courses, activities, and who belongs to them.

pub mod store;

use sqlx::PgConnection;

use crate::lti::PlatformId;

/// Courses and activities of a platform.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Courses.
    pub contexts: u64,
    /// Activities.
    pub links: u64,
}

/// Courses and activities that were moved, in rows; « united » were known on both sides.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Places {
    /// Courses over there.
    pub courses: u64,
    /// Courses over there that both knew.
    pub courses_united: u64,
    /// Activities.
    pub activities: u64,
    /// Activities that both knew.
    pub activities_united: u64,
}

/// Moves all places of a platform into another registration of the same Moodle.
///
/// # Errors
/// Those of the database.
pub async fn move_places(
    conn: &mut PgConnection,
    from: PlatformId,
    into: PlatformId,
) -> sqlx::Result<Places> {
    store::forget_context_addresses(conn, from).await?;
    store::forget_link_addresses(conn, from).await?;
    let deployments = store::list_same_deployments(conn, from, into).await?;
    let contexts = store::list_same_contexts(conn, &deployments).await?;
    let links = store::list_same_links(conn, &deployments).await?;
    let known = store::count_places(conn, from).await?;
    store::move_memberships(conn, &contexts).await?;
    store::move_scores(conn, &links).await?;
    store::move_links(conn, &deployments, &contexts, &links).await?;
    store::move_contexts(conn, &deployments, &contexts).await?;
    store::delete_deployments(conn, &deployments).await?;
    store::move_deployments(conn, from, into).await?;
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (courses_united, activities_united) = (count(contexts.gone.len()), count(links.gone.len()));
    Ok(Places {
        courses: known.contexts.saturating_sub(courses_united),
        courses_united,
        activities: known.links.saturating_sub(activities_united),
        activities_united,
    })
}
