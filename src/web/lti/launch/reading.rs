//! A launch in read-only mode: nobody and nothing is written down, the course opens for reading.
//!
//! Whoever is known gets a session, which is written all the same: it is in no dump, and made
//! again by the next launch. Whoever comes for the first time reads without one; their next launch,
//! once the move is over, makes them known.

use axum::response::{IntoResponse, Redirect, Response};
use sqlx::Connection;
use time::OffsetDateTime;

use super::{
    Posted, answer,
    record::{session_of, wanted_scope},
    refused,
};
use crate::{
    catalogue::Scope,
    learner,
    lti::{
        Platform,
        launch::{Launch, LaunchError, Message, store as launches},
        login::store as logins,
    },
    web::{
        error::PageError,
        landing,
        session::{SessionData, launch::LaunchSession},
        state::AppState,
        urls::{Urls, route},
    },
};

/// A verified launch.
#[derive(Clone, Copy)]
pub(super) struct Came<'a> {
    pub(super) platform: &'a Platform,
    pub(super) launch: &'a Launch,
    pub(super) is_cookie_bound: bool,
    /// UTC.
    pub(super) now: OffsetDateTime,
}

/// Opens a session for whoever is known, or leads others to the page that they asked for.
pub(super) async fn open(
    state: &AppState,
    posted: &Posted<'_>,
    came: Came<'_>,
) -> Result<Response, PageError> {
    let Came {
        platform,
        launch,
        now,
        ..
    } = came;
    let scope = wanted_scope(state, launch)?;
    let _turn = state.queue.turn().await.map_err(PageError::internal)?;
    let mut conn = state.db.acquire().await?;
    let mut transaction = conn.begin().await?;
    let known = launches::find_known_launch(
        &mut transaction,
        platform,
        &launch.deployment,
        launch.context.as_ref().map(|context| context.id.as_str()),
        match &launch.message {
            Message::ResourceLink(link) => Some(link.id.as_str()),
            Message::DeepLinking(_) => None,
        },
    )
    .await?;
    if !known
        .is_approved
        .unwrap_or(platform.accepts_new_deployments)
    {
        return Err(refused(LaunchError::DeploymentPending));
    }
    let platform_id = Some(platform.id.0);
    let learner =
        learner::store::find_learner(&mut transaction, platform_id, &launch.subject).await?;
    let Some(learner) = learner else {
        let address = Urls::default().of(scope.unwrap_or(Scope::Course));
        return Ok(Redirect::to(&address).into_response());
    };
    let landing = match scope {
        Some(scope) => landing::find(&mut transaction, state, scope, learner.id).await?,
        None => route::LTI_DEEP_LINKING.to_owned(),
    };
    let hash = &posted.token_hash;
    let is_bound = came.is_cookie_bound;
    // Of two that came together, the other one has opened this session a moment ago.
    if logins::mark_login_consumed(&mut transaction, posted.state, hash, is_bound, now).await? {
        let session = LaunchSession {
            context: known.context,
            resource_link: known.resource_link,
            ..session_of(platform, launch, is_bound, landing, now)
        };
        let data = SessionData {
            learner: learner.id,
            launch: Some(session),
        };
        let id = posted.ticket(state).handle(&state.config);
        state.sessions.write(&mut transaction, id, &data).await?;
    }
    transaction.commit().await?;
    conn.keep().await?;
    Ok(answer(state, posted))
}
