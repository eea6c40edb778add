//! Who is asking: a typed session over tower-sessions, kept in PostgreSQL.
//!
//! How the browser brings the id is `cookie.rs` for a tab and `launch.rs` for a frame, where
//! sessions are kept `store.rs`, what handlers ask for `extract.rs`. A page view writes nothing,
//! save one extension of the session's life at most every ten minutes.

pub mod cookie;
mod extract;
pub mod launch;
pub mod store;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tower_sessions::{Expiry, Session, session::Id};

pub use extract::{CurrentLearner, Visitor};
pub(crate) use extract::{CurrentTeacher, FramedSession, Handle, Recognised, urls_of};

use super::state::AppState;
use crate::{db, learner::LearnerId, read_only};
use launch::LaunchSession;
use store::OpenSession;

/// A session in a tab ends after this long without a page.
pub const IDLE_LIFETIME: Duration = Duration::days(7);

/// The life of a session is extended at most this often.
pub const EXTENSION_INTERVAL: Duration = Duration::minutes(10);

/// Where the one value of a session stands in its record.
const KEY: &str = "session";

/// What a session knows.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SessionData {
    /// Whose session it is.
    pub learner: LearnerId,
    /// What opened it, for a session in a frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch: Option<LaunchSession>,
}

impl SessionData {
    /// The same session, its one-time address open once more.
    pub(crate) fn reopened(&self, now: OffsetDateTime) -> Self {
        let launch = self.launch.clone().map(|launch| LaunchSession {
            entry: launch::Entry::opened(now),
            ..launch
        });
        Self {
            learner: self.learner,
            launch,
        }
    }

    /// When the session ends if nothing happens after `now`, UTC.
    fn expires_at(&self, now: OffsetDateTime) -> OffsetDateTime {
        match &self.launch {
            Some(launch) => launch.expires_at(now),
            None => now + IDLE_LIFETIME,
        }
    }
}

/// Opens a session in a tab for a learner and returns its id.
///
/// # Errors
/// Those of the store.
pub async fn start(
    state: &AppState,
    learner: LearnerId,
) -> Result<Id, tower_sessions::session::Error> {
    let data = SessionData {
        learner,
        launch: None,
    };
    let expiry = Expiry::AtDateTime(data.expires_at(state.clock.now()));
    let session = Session::new(None, Arc::new(state.sessions.clone()), Some(expiry));
    session.insert(KEY, data).await?;
    session.save().await?;
    Ok(session.id().unwrap_or_default())
}

/// The open session of this id; extends its life when that is due. Where nothing can be written
/// the page is read all the same: the next view tries again.
///
/// # Errors
/// Those of the database, when it cannot be read.
pub(crate) async fn resume(state: &AppState, id: Id) -> sqlx::Result<Option<OpenSession>> {
    let Some(session) = state.sessions.find_open(id).await? else {
        return Ok(None);
    };
    let expires_at = session.data.expires_at(state.clock.now());
    if is_extension_due(session.expires_at, expires_at) {
        match state.sessions.extend(id, expires_at).await {
            Err(error) if db::is_unreachable(&error) || read_only::is_refusal(&error) => {
                tracing::warn!(%error, "the life of a session was not extended");
            }
            done => done?,
        }
    }
    Ok(Some(session))
}

fn is_extension_due(kept: OffsetDateTime, wanted: OffsetDateTime) -> bool {
    wanted - kept >= EXTENSION_INTERVAL
}

/// The typed content of a session; `None` when an older version wrote something else.
fn data_of(value: &serde_json::Value) -> Option<SessionData> {
    SessionData::deserialize(value).ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_session_is_extended_every_ten_minutes_at_most() {
        let kept = datetime!(2026-11-29 10:00 UTC);
        assert!(!is_extension_due(kept, kept + Duration::seconds(599)));
        assert!(is_extension_due(kept, kept + Duration::minutes(10)));
    }
}
