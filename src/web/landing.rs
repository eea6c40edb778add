//! The page that a launch, or a signed token, opens first.

use sqlx::PgConnection;

use super::{state::AppState, urls::Urls};
use crate::{catalogue::Scope, learner::LearnerId, progress};

/// The address of a scope, below the root of the session to come.
///
/// The course as a whole opens where the learner stopped: reloading Moodle's page is a new
/// launch, and must not lead back to the top.
///
/// # Errors
/// Those of the database.
pub(crate) async fn find(
    conn: &mut PgConnection,
    state: &AppState,
    scope: Scope,
    learner: LearnerId,
) -> sqlx::Result<String> {
    let urls = Urls::default();
    if scope != Scope::Course {
        return Ok(urls.of(scope));
    }
    let catalogue = &state.catalogue;
    let done = progress::store::find_completions(conn, catalogue, learner).await?;
    let next = done.next(catalogue).filter(|_| done.of_course().done > 0);
    Ok(next.map_or_else(|| urls.home(), |place| urls.grain(place.grain.id)))
}
