//! What handlers ask for: who reads the page, and who presses the button.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{Extensions, request::Parts},
};

use super::{cookie, resume};
use crate::{
    learner::{Learner, LearnerId},
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
            Some(learner) => {
                // The one query of a page.
                let id = learner.id;
                let completions =
                    progress::find_completions(&state.db, &state.catalogue, id).await?;
                Some(Standing {
                    learner,
                    completions,
                })
            }
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
            .map(|learner| Self(learner.id))
            .ok_or(PageError::NoSession { unsaved: None })
    }
}

impl OptionalFromRequestParts<AppState> for CurrentLearner {
    type Rejection = PageError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Option<Self>, PageError> {
        let learner = learner_of(parts, state).await?;
        Ok(learner.map(|learner| Self(learner.id)))
    }
}

/// A learner that a layer has already recognised, without a cookie.
#[derive(Clone, Debug)]
pub(crate) struct Recognised(pub(crate) Arc<Learner>);

/// Reads the typed session of a request.
async fn learner_of(parts: &Parts, state: &AppState) -> sqlx::Result<Option<Arc<Learner>>> {
    if let Some(Recognised(learner)) = parts.extensions.get() {
        return Ok(Some(learner.clone()));
    }
    match cookie::read(&state.config, &parts.headers) {
        Some(id) => resume(state, id).await,
        None => Ok(None),
    }
}

/// The addresses of a request: below the root that a layer has found, else plain ones.
pub(crate) fn urls_of(extensions: &Extensions) -> Urls {
    extensions.get().cloned().unwrap_or_default()
}
