//! What a verified launch writes, in one transaction: all of it, or nothing.

use sqlx::{Connection, PgConnection};
use time::OffsetDateTime;

use super::{
    Posted,
    jobs::{self, Recorded},
    refused,
};
use crate::{
    catalogue::Scope,
    learner::{self, Learner},
    lti::{
        ContextId, DeploymentId, Platform, Role,
        launch::{
            Launch, LaunchError, Message,
            store::{self as launches, KeptLink},
        },
        login::store as logins,
    },
    web::{
        error::PageError,
        landing,
        session::{
            SessionData,
            launch::{Binding, LaunchSession},
        },
        state::AppState,
        urls::route,
    },
};

/// What an activity became in the database.
#[derive(Default)]
struct Opened {
    activity: Option<(KeptLink, Scope)>,
    landing: String,
}

/// Takes the login, recognises everybody, writes the session.
pub(super) async fn open(
    state: &AppState,
    posted: &Posted<'_>,
    platform: &Platform,
    launch: &Launch,
    is_cookie_bound: bool,
    now: OffsetDateTime,
) -> Result<(), PageError> {
    let scope = wanted_scope(state, launch)?;
    let turn = state.queue.turn().await.map_err(PageError::internal)?;
    let mut conn = state.db.acquire().await?;
    let mut transaction = conn.begin().await?;
    let (deployment, is_approved) =
        launches::upsert_deployment(&mut transaction, platform, &launch.deployment).await?;
    if !is_approved {
        // It stays recorded for the admin; once they agree, the same launch goes on.
        transaction.commit().await?;
        conn.keep().await?;
        return Err(refused(LaunchError::DeploymentPending));
    }
    let hash = &posted.token_hash;
    if !logins::mark_login_consumed(&mut transaction, posted.state, hash, is_cookie_bound, now)
        .await?
    {
        transaction.rollback().await?;
        conn.keep().await?;
        drop(turn);
        // Of two that came together, the other one has opened the session a moment ago.
        return is_same_launch(state, posted).await;
    }
    let learner = learner::store::upsert_platform_learner(
        &mut transaction,
        platform.id.0,
        &launch.subject,
        launch.told(),
    )
    .await?;
    let context = record_context(&mut transaction, deployment, launch, &learner, now).await?;
    let opened = record_message(
        &mut transaction,
        state,
        deployment,
        context,
        launch,
        scope,
        &learner,
    )
    .await?;
    let session = SessionData {
        learner: learner.id,
        launch: Some(LaunchSession {
            context,
            resource_link: opened.activity.map(|(kept, _)| kept.id),
            ..session_of(platform, launch, is_cookie_bound, opened.landing, now)
        }),
    };
    let id = posted.ticket(state).handle(&state.config);
    state.sessions.write(&mut transaction, id, &session).await?;
    let recorded = Recorded {
        platform,
        launch,
        learner: learner.id,
        context,
        activity: opened.activity,
    };
    let has_jobs = jobs::queue(&mut transaction, state, &recorded, now).await?;
    transaction.commit().await?;
    conn.keep().await?;
    if has_jobs {
        state.courier.wake();
    }
    Ok(())
}

/// The session of a launch, as far as its token tells it. A browser that brought the cookie of the
/// login keeps that of the session too, and must show it at the one-time address already.
pub(super) fn session_of(
    platform: &Platform,
    launch: &Launch,
    is_cookie_bound: bool,
    landing: String,
    now: OffsetDateTime,
) -> LaunchSession {
    let (is_graded, deep_linking) = match &launch.message {
        Message::ResourceLink(link) => (Some(link.gradebook.is_some()), None),
        Message::DeepLinking(settings) => (None, Some(settings.clone())),
    };
    LaunchSession {
        is_framed: launch.presentation.is_framed,
        return_url: launch.presentation.return_url.clone(),
        platform: Some(platform.id),
        deployment: Some(launch.deployment.clone()),
        is_graded,
        deep_linking,
        binding: if is_cookie_bound {
            Binding::Cookie
        } else {
            Binding::Undecided
        },
        ..LaunchSession::new(now, landing, launch.role)
    }
}

/// The part of the course that is asked for, before anything is written.
pub(super) fn wanted_scope(state: &AppState, launch: &Launch) -> Result<Option<Scope>, PageError> {
    match &launch.message {
        Message::DeepLinking(_) if !launch.role.can_place_activities() => {
            Err(refused(LaunchError::RoleTooLow))
        }
        Message::DeepLinking(_) => Ok(None),
        Message::ResourceLink(link) => match link.wanted.find(&state.catalogue) {
            Ok(scope) => Ok(Some(scope)),
            Err(LaunchError::UnknownScope { asked }) => {
                let asked = asked.filter(|_| launch.role == Role::Teacher);
                Err(refused(LaunchError::UnknownScope { asked }))
            }
            Err(error) => Err(refused(error)),
        },
    }
}

async fn record_context(
    conn: &mut PgConnection,
    deployment: DeploymentId,
    launch: &Launch,
    learner: &Learner,
    now: OffsetDateTime,
) -> sqlx::Result<Option<ContextId>> {
    let Some(context) = &launch.context else {
        return Ok(None);
    };
    let tells_services = matches!(launch.message, Message::ResourceLink(_));
    let id = launches::upsert_context(conn, deployment, context, tells_services).await?;
    launches::upsert_membership(conn, id, learner.id, launch.role, now).await?;
    Ok(Some(id))
}

async fn record_message(
    conn: &mut PgConnection,
    state: &AppState,
    deployment: DeploymentId,
    context: Option<ContextId>,
    launch: &Launch,
    scope: Option<Scope>,
    learner: &Learner,
) -> Result<Opened, PageError> {
    let (Message::ResourceLink(link), Some(scope)) = (&launch.message, scope) else {
        return Ok(Opened {
            landing: route::LTI_DEEP_LINKING.to_owned(),
            ..Opened::default()
        });
    };
    let kept = launches::upsert_resource_link(conn, deployment, context, link, scope).await?;
    Ok(Opened {
        activity: Some((kept, scope)),
        landing: landing::find(conn, state, scope, learner.id).await?,
    })
}

/// Whether the login that was taken a moment ago was taken by this very launch.
async fn is_same_launch(state: &AppState, posted: &Posted<'_>) -> Result<(), PageError> {
    let mut conn = state.db.acquire().await?;
    let login = logins::find_login(&mut conn, posted.state).await?;
    conn.keep().await?;
    match login.and_then(|login| login.consumption) {
        Some(done) if done.token_hash == posted.token_hash => Ok(()),
        Some(_) => Err(refused(LaunchError::Replay)),
        None => Err(refused(LaunchError::StateExpired)),
    }
}
