//! Errors of other modules as errors of a page: the database that is away, a limit, or our fault.

use std::sync::Arc;

use super::{PageError, WayBack};
use crate::{db, lti::keys::KeyError, read_only, web::limits::TooMany};

impl From<sqlx::Error> for PageError {
    fn from(error: sqlx::Error) -> Self {
        if read_only::is_refusal(&error) {
            return Self::ReadOnly { grain: None };
        }
        let kind = if db::is_unreachable(&error) {
            Self::Unavailable
        } else {
            Self::Internal
        };
        kind(Some(Arc::new(error)))
    }
}

impl From<KeyError> for PageError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Database(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<TooMany> for PageError {
    fn from(error: TooMany) -> Self {
        Self::TooMany {
            seconds: error.seconds,
            way_back: WayBack::Course,
        }
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        Self::Internal(Some(Arc::new(error)))
    }
}

impl From<tower_sessions::session::Error> for PageError {
    fn from(error: tower_sessions::session::Error) -> Self {
        use tower_sessions::{session::Error::Store, session_store::Error::Backend};
        let kind = if matches!(error, Store(Backend(_))) {
            Self::Unavailable
        } else {
            Self::Internal
        };
        kind(Some(Arc::new(error)))
    }
}
