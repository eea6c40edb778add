//! What a launch gives the outbox to do: scores that a gradebook does not show yet, and a class
//! list that is old when somebody who may see it comes.

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::{
    catalogue::Scope,
    learner::LearnerId,
    lti::{
        ContextId, Platform,
        launch::{Launch, Message, store::KeptLink},
        roster,
    },
    progress::grading::{self, Opening},
    web::state::AppState,
};

/// What the launch became in the database.
#[derive(Clone, Copy)]
pub(super) struct Recorded<'a> {
    pub(super) platform: &'a Platform,
    pub(super) launch: &'a Launch,
    pub(super) learner: LearnerId,
    pub(super) context: Option<ContextId>,
    pub(super) activity: Option<(KeptLink, Scope)>,
}

/// Queues it, in the transaction of the launch; tells whether there is anything to do.
pub(super) async fn queue(
    conn: &mut PgConnection,
    state: &AppState,
    recorded: &Recorded<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let Recorded {
        platform, launch, ..
    } = recorded;
    let mut has_jobs = false;
    if let (Message::ResourceLink(told), Some((kept, scope))) = (&launch.message, recorded.activity)
    {
        let opening = Opening {
            platform,
            link: kept.id,
            is_changed: kept.is_changed,
            line_item: told.gradebook.as_ref().map(|column| &column.line_item_url),
            scope,
            learner: recorded.learner,
            role: launch.role,
        };
        has_jobs |= grading::enrol(conn, &state.catalogue, &opening, now).await?;
    }
    if let Some(context) = recorded.context.filter(|_| launch.role.can_see_class()) {
        has_jobs |= roster::request(conn, platform.id, context, now).await?;
    }
    Ok(has_jobs)
}
