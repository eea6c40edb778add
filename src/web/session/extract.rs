//! What handlers ask for: who reads the page, and who presses the button.

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{Extensions, request::Parts},
};

use super::{cookie, resume};
use crate::{
    learner::LearnerId,
    progress::{self, Standing},
    web::{error::PageError, state::AppState, urls::Urls},
};

/// Whoever reads a page: a learner with their standing, or a passer-by.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Builds the addresses of this visitor's pages.
    pub urls: Urls,
    /// Who it is and what they have done; `None` without a session.
    pub standing: Option<Standing>,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        let standing = match learner_of(parts, state).await? {
            // The one query of a page; a learner erased meanwhile is a passer-by again.
            Some(learner) => progress::find_standing(&state.db, &state.catalogue, learner).await?,
            None => None,
        };
        Ok(Self {
            urls: urls_of(&parts.extensions),
            standing,
        })
    }
}

/// The learner whose session this is; without one the answer is the 401 page.
#[derive(Clone, Copy, Debug)]
pub struct CurrentLearner(pub LearnerId);

impl FromRequestParts<AppState> for CurrentLearner {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, PageError> {
        learner_of(parts, state)
            .await?
            .map(Self)
            .ok_or(PageError::NoSession { unsaved: None })
    }
}

impl OptionalFromRequestParts<AppState> for CurrentLearner {
    type Rejection = PageError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Option<Self>, PageError> {
        Ok(learner_of(parts, state).await?.map(Self))
    }
}

/// A learner that a layer has already recognised, without a cookie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recognised(pub(crate) LearnerId);

/// Reads the typed session of a request.
async fn learner_of(parts: &Parts, state: &AppState) -> sqlx::Result<Option<LearnerId>> {
    if let Some(Recognised(learner)) = parts.extensions.get() {
        return Ok(Some(*learner));
    }
    match cookie::read(&state.config, &parts.headers) {
        Some(id) => Ok(resume(state, id).await?.map(|data| data.learner)),
        None => Ok(None),
    }
}

/// The addresses of a request: below the root that a layer has found, else plain ones.
pub(crate) fn urls_of(extensions: &Extensions) -> Urls {
    extensions.get().cloned().unwrap_or_default()
}
