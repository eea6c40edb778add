//! `GET /embed?token=…`: a signed token in the address of a frame opens a session, without LTI.

use axum::{
    extract::{RawQuery, State},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use sqlx::Connection;
use time::OffsetDateTime;

use super::{
    error::PageError,
    forms, landing,
    limits::{Cost, Sender},
    lti::LaunchRefusal,
    session::{
        SessionData, cookie,
        launch::{ABSOLUTE_LIFETIME, LaunchSession, Ticket, binding_cookie},
    },
    state::AppState,
    urls::{self, Urls},
};
use crate::{
    embed::{self, EmbedToken, TokenError},
    learner,
    lti::{Role, launch::Wanted},
    sealing,
};

/// Opens the session of whom the token names.
pub(crate) async fn open(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let Some(secret) = &state.config.embed_token_secret else {
        return Err(PageError::NotFound);
    };
    let pairs = forms::pairs(query.unwrap_or_default().as_bytes());
    let text = forms::single(&pairs, "token").ok_or(PageError::BadRequest)?;
    let now = state.clock.now();
    let token = embed::verify(text, secret, now).map_err(LaunchRefusal::from)?;
    let sender = || Sender::of_person(&token.moodle_user_id);
    state.limits.count(sender, Cost::Write, now)?;
    let unique = sealing::random::<32>().map_err(PageError::internal)?;
    let ticket = Ticket::of_launch(&state.config, &[&unique]);
    match Box::pin(record(&state, &token, &ticket, now, Mode::Writing)).await {
        Err(PageError::ReadOnly { .. }) => {
            state.read_only.note_refusal();
            let reading = record(&state, &token, &ticket, now, Mode::ReadOnly);
            if let Opened::Page(address) = Box::pin(reading).await? {
                return Ok(Redirect::to(&address).into_response());
            }
        }
        recorded => {
            recorded?;
        }
    }
    let (name, value) = binding_cookie(&state.config, ticket.handle(&state.config));
    let max_age = u32::try_from(ABSOLUTE_LIFETIME.whole_seconds()).unwrap_or(0);
    let cookie = cookie::write_framed(&state.config, &name, &value, max_age);
    let address = urls::entry(ticket.as_str());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&address)).into_response())
}

/// Whether learners are written down.
#[derive(Clone, Copy)]
enum Mode {
    Writing,
    /// Whoever is known gets a session, which is in no dump and made again; others read without one.
    ReadOnly,
}

/// What a token opened.
enum Opened {
    Session,
    /// A page, without a session.
    Page(String),
}

/// Uses the token up where it may be used once, recognises the learner, writes the session.
async fn record(
    state: &AppState,
    token: &EmbedToken,
    ticket: &Ticket,
    now: OffsetDateTime,
    mode: Mode,
) -> Result<Opened, PageError> {
    let wanted = Wanted::from_path(token.target.as_deref().unwrap_or("/"));
    let scope = wanted.find(&state.catalogue).map_err(LaunchRefusal::from)?;
    let _turn = state.queue.turn().await.map_err(PageError::internal)?;
    let mut conn = state.db.acquire().await?;
    let mut transaction = conn.begin().await?;
    if let Some(id) = &token.id
        && !embed::store::insert_used_token(&mut transaction, id, token.expires_at).await?
    {
        return Err(LaunchRefusal::from(TokenError::Used).into());
    }
    let learner = match mode {
        Mode::Writing => {
            let (email, name) = (token.email.as_deref(), token.name.as_deref());
            let id = &token.moodle_user_id;
            let (learner, _) =
                learner::store::upsert_learner(&mut transaction, id, email, name).await?;
            Some(learner)
        }
        Mode::ReadOnly => {
            learner::store::find_learner(&mut transaction, None, &token.moodle_user_id).await?
        }
    };
    let Some(learner) = learner else {
        return Ok(Opened::Page(Urls::default().of(scope)));
    };
    let landing = landing::find(&mut transaction, state, scope, learner.id).await?;
    let session = SessionData {
        learner: learner.id,
        launch: Some(LaunchSession::new(now, landing, Role::Learner)),
    };
    let id = ticket.handle(&state.config);
    state.sessions.write(&mut transaction, id, &session).await?;
    transaction.commit().await?;
    conn.keep().await?;
    Ok(Opened::Session)
}
