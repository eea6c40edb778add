//! What handlers ask for: who reads the page, and who presses the button.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{Extensions, request::Parts},
};
use tower_sessions::session::Id;

use super::{SessionData, cookie, launch::LaunchSession, resume};
use crate::{
    learner::{Learner, LearnerId},
    lti::ContextId,
    progress::{self, Standing},
    web::{
        error::{PageError, WayBack},
        limits::{Cost, Sender, TooMany},
        state::AppState,
        urls::Urls,
    },
};

/// Whoever reads a page: a learner with their standing, or a passer-by.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Builds the addresses of this visitor's pages.
    pub urls: Urls,
    /// Who it is and what they have done; `None` without a session.
    pub standing: Option<Standing>,
    /// What their session knows; `None` without one, and for a caller of the development login.
    pub session: Option<Arc<SessionData>>,
    /// Whether nothing can be finished at the moment.
    pub is_read_only: bool,
}

impl Visitor {
    /// What opened their session, when it is one in a frame.
    pub fn launch(&self) -> Option<&LaunchSession> {
        self.session.as_ref()?.launch.as_ref()
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let urls = urls_of(&parts.extensions);
        let known = known(parts, state).await?;
        let is_read_only = state.read_only.is_on(&state.db, state.clock.now()).await;
        let Some(known) = known else {
            return Ok(Self {
                urls,
                standing: None,
                session: None,
                is_read_only,
            });
        };
        // The one query of a page.
        let id = known.learner.id;
        let completions = progress::find_completions(&state.db, &state.catalogue, id).await?;
        Ok(Self {
            urls,
            standing: Some(Standing {
                learner: known.learner,
                completions,
            }),
            session: known.session,
            is_read_only,
        })
    }
}

/// The learner whose session this is; without one the answer is the 401 page.
#[derive(Clone, Copy, Debug)]
pub struct CurrentLearner(pub LearnerId);

impl FromRequestParts<AppState> for CurrentLearner {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        known(parts, state)
            .await?
            .map(|known| Self(known.learner.id))
            .ok_or(PageError::NoSession { unsaved: None })
    }
}

impl OptionalFromRequestParts<AppState> for CurrentLearner {
    type Rejection = PageError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Option<Self>, PageError> {
        match known(parts, state).await {
            Ok(known) => Ok(known.map(|known| Self(known.learner.id))),
            // The handler says what was not saved.
            Err(PageError::NoSession { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whoever teaches, or helps to teach, in the course over there that they opened ours from; anybody
/// else gets the 403 page.
#[derive(Clone, Debug)]
pub(crate) struct CurrentTeacher {
    /// Their session, without their own progress.
    pub(crate) visitor: Visitor,
    /// What to call them.
    pub(crate) name: String,
    /// The one context that they may see.
    pub(crate) context: ContextId,
}

impl FromRequestParts<AppState> for CurrentTeacher {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let Some(Known { learner, session }) = known(parts, state).await? else {
            return Err(PageError::NoSession { unsaved: None });
        };
        let is_read_only = state.read_only.is_on(&state.db, state.clock.now()).await;
        let visitor = Visitor {
            urls: urls_of(&parts.extensions),
            standing: None,
            session,
            is_read_only,
        };
        let context = visitor.launch().and_then(LaunchSession::class);
        Ok(Self {
            name: learner.display_name(),
            context: context.ok_or(PageError::NotTeacher)?,
            visitor,
        })
    }
}

/// The session of a frame with its id, for what ends or uses up the session itself.
#[derive(Clone, Debug)]
pub(crate) struct FramedSession {
    /// Its id.
    pub(crate) id: Id,
    /// What opened it.
    pub(crate) data: Arc<SessionData>,
}

impl FromRequestParts<AppState> for FramedSession {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let over = || PageError::NoSession { unsaved: None };
        let &Handle(id) = parts.extensions.get().ok_or_else(over)?;
        let known = framed(parts, state, id).await?;
        let (Some(id), Some(data)) = (id, known.session) else {
            return Err(over());
        };
        Ok(Self { id, data })
    }
}

/// A learner that a layer has already recognised, without a cookie.
#[derive(Clone, Debug)]
pub(crate) struct Recognised(pub(crate) Arc<Learner>);

/// The handle that stood before the path of a request; `None` inside when it is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handle(pub(crate) Option<Id>);

/// Somebody who is known, and by what.
struct Known {
    learner: Arc<Learner>,
    session: Option<Arc<SessionData>>,
}

/// Reads the typed session of a request, once the request is counted.
async fn known(parts: &Parts, state: &AppState) -> Result<Option<Known>, PageError> {
    if let Some(Recognised(learner)) = parts.extensions.get() {
        return Ok(Some(Known {
            learner: learner.clone(),
            session: None,
        }));
    }
    match parts.extensions.get() {
        Some(&Handle(id)) => {
            if let Some(id) = id {
                let sender = || Sender::of_frame(&state.config, id, &parts.headers);
                count(parts, state, sender)?;
            }
            framed(parts, state, id).await.map(Some)
        }
        None => match cookie::read(&state.config, &parts.headers) {
            Some(id) => {
                count(parts, state, || Sender::of_tab(id))?;
                in_tab(state, id).await
            }
            None => Ok(None),
        },
    }
}

/// Refuses a request whose session asks for too much at once.
fn count(
    parts: &Parts,
    state: &AppState,
    sender: impl FnOnce() -> Sender,
) -> Result<(), PageError> {
    let path = parts.uri.path();
    let cost = Cost::of(&parts.method, path);
    let counted = state.limits.count(sender, cost, state.clock.now());
    counted.map_err(|TooMany { seconds }| PageError::TooMany {
        seconds,
        way_back: WayBack::from_path(&state.catalogue, path),
    })
}

/// The session of a tab. One in a frame has no business in this cookie.
async fn in_tab(state: &AppState, id: Id) -> Result<Option<Known>, PageError> {
    let session = resume(state, id).await?;
    let session = session.filter(|session| session.data.launch.is_none());
    Ok(session.map(|session| Known {
        learner: session.learner,
        session: Some(session.data),
    }))
}

/// The session of a frame; a request that may not use it gets a page that says why.
async fn framed(parts: &Parts, state: &AppState, id: Option<Id>) -> Result<Known, PageError> {
    let over = PageError::NoSession { unsaved: None };
    let Some(id) = id else {
        return Err(over);
    };
    let Some(session) = resume(state, id).await? else {
        return Err(over);
    };
    match &session.data.launch {
        Some(launch) if launch.admits(&state.config, id, &parts.headers) => Ok(Known {
            learner: session.learner,
            session: Some(session.data),
        }),
        Some(_) => Err(PageError::OutOfFrame),
        None => Err(over),
    }
}

/// The addresses of a request: below the root of its frame, else plain ones.
pub(crate) fn urls_of(extensions: &Extensions) -> Urls {
    extensions.get().cloned().unwrap_or_default()
}
