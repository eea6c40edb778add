//! What can go wrong, and how it is told: a page in French or a JSON object.
//!
//! A handler returns [`PageError`] or [`ApiError`]; the response only carries it. The layer
//! in `layers.rs`, which knows the addresses and the request id, writes the page. A cause is
//! logged once, by the layer that logs the request, and never shown.

mod api;
mod cause;
mod way_back;
mod words;

use std::{error::Error, sync::Arc};

use super::{lti::LaunchRefusal, urls::Urls};
use crate::catalogue::{Grain, Place};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

pub use api::{ApiError, ErrorBody, Refusal};
pub use way_back::WayBack;

/// Why there is no page.
#[derive(Clone, Debug)]
pub enum PageError {
    /// Nothing stands at this address.
    NotFound,
    /// The grain left the course.
    Retired,
    /// There is no session (any more); `unsaved` is the grain that was to be finished.
    NoSession {
        /// The grain whose completion was not written.
        unsaved: Option<&'static Grain>,
    },
    /// The address of a session in a frame, opened elsewhere.
    OutOfFrame,
    /// A page for those who teach, in a session of somebody who does not.
    NotTeacher,
    /// A platform, or somebody in its name, is refused.
    Refused(Box<LaunchRefusal>),
    /// A post that does not come from our own pages.
    ForeignPost,
    /// The address does not take this method.
    MethodNotAllowed,
    /// The body is over the limit.
    TooLarge,
    /// The body is of a kind that is not taken.
    UnsupportedBody,
    /// The request makes no sense.
    BadRequest,
    /// The data are being moved to another server: nothing is written at the moment.
    ReadOnly {
        /// The grain that was to be finished, or taken back.
        grain: Option<&'static Grain>,
    },
    /// One session, or one person, asks for too much at once; nothing was done.
    TooMany {
        /// When to try again.
        seconds: u32,
        /// Where.
        way_back: WayBack,
    },
    /// PostgreSQL is away, or too slow.
    Unavailable(Option<Cause>),
    /// Anything else: our fault.
    Internal(Option<Cause>),
}

/// In read-only mode, when it is worth trying again; a move takes some minutes.
const READ_ONLY_SECONDS: u32 = 120;

/// The error behind a failure, for the log alone.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// What a page says of an error.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Status of the answer.
    pub status: StatusCode,
    /// Stable name of the check that refused, when one did.
    pub code: Option<String>,
    /// Title of the page.
    pub title: String,
    /// What happened, and what is safe.
    pub lead: String,
    /// What to do, when the way out does not say it.
    pub text: Option<String>,
    /// The way onwards.
    pub way_out: Option<WayOut>,
    /// Another one, quieter.
    pub second_way_out: Option<WayOut>,
}

/// A link onwards.
#[derive(Clone, Debug)]
pub struct WayOut {
    /// What it says.
    pub label: String,
    /// Where it leads.
    pub href: String,
}

impl PageError {
    /// The learner has no session, and `place` was not marked as finished.
    pub(crate) fn unsaved(place: &Place) -> Self {
        Self::NoSession {
            unsaved: Some(place.grain),
        }
    }

    /// The same, of an action on the grain at `place`: in read-only mode the page leads back there.
    pub(crate) fn about(self, place: &Place) -> Self {
        match self {
            Self::ReadOnly { .. } => Self::ReadOnly {
                grain: Some(place.grain),
            },
            other => other,
        }
    }

    /// The error that stands for a bare status of the framework.
    pub(crate) fn from_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedBody,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable(None),
            status if status.is_client_error() => Self::BadRequest,
            _ => Self::Internal(None),
        }
    }

    /// The status that the answer bears.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Retired => StatusCode::GONE,
            Self::NoSession { .. } => StatusCode::UNAUTHORIZED,
            Self::OutOfFrame | Self::NotTeacher | Self::ForeignPost => StatusCode::FORBIDDEN,
            Self::Refused(refusal) => refusal.status,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedBody => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::ReadOnly { .. } | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// An error of ours, its cause for the log.
    pub(crate) fn internal(error: impl Error + Send + Sync + 'static) -> Self {
        Self::Internal(Some(Arc::new(error)))
    }

    /// The stable name of the check that refused, for people to forward and for the log.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(refusal) => Some(&refusal.code),
            Self::MethodNotAllowed => Some("method-not-allowed"),
            Self::TooLarge => Some("too-large"),
            Self::UnsupportedBody => Some("unsupported-body"),
            Self::ReadOnly { .. } => Some("read-only"),
            Self::TooMany { .. } => Some("too-many-requests"),
            _ => None,
        }
    }

    /// Seconds after which to try again, when that helps.
    pub(crate) fn retry_after_seconds(&self) -> Option<u32> {
        match self {
            Self::Unavailable(_) => Some(5),
            Self::ReadOnly { .. } => Some(READ_ONLY_SECONDS),
            Self::TooMany { seconds, .. } => Some(*seconds),
            Self::Refused(refusal) => refusal.retry_after_seconds,
            _ => None,
        }
    }

    /// Where to try again, when that helps.
    fn way_back(&self) -> Option<WayBack> {
        match self {
            Self::ReadOnly { grain } => grain.map(WayBack::Grain),
            Self::TooMany { way_back, .. } => Some(*way_back),
            _ => None,
        }
    }

    /// The error behind it.
    pub(crate) fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Unavailable(cause) | Self::Internal(cause) => cause.as_ref(),
            Self::Refused(refusal) => refusal.cause.as_ref(),
            _ => None,
        }
    }

    /// The addresses that the page may show: a session that may not be used leads nowhere, and its
    /// handle is not repeated.
    pub(crate) fn urls(&self, urls: Urls) -> Urls {
        match self {
            Self::NoSession { .. } | Self::OutOfFrame | Self::Refused(_) => Urls::default(),
            _ => urls,
        }
    }

    /// What the page says, its links built from `urls`.
    pub(crate) fn failure(&self, urls: &Urls) -> Failure {
        let (title, lead, text) = self.words();
        let label = match self {
            Self::OutOfFrame | Self::Refused(_) => "Lire le cours sans enregistrer",
            _ => "Aller à l’accueil du cours",
        };
        let home = WayOut {
            label: label.to_owned(),
            href: urls.home(),
        };
        let (way_out, second_way_out) = match self {
            Self::NoSession {
                unsaved: Some(grain),
            } => {
                let label = "Lire sans enregistrer".to_owned();
                (
                    Some(WayOut {
                        label,
                        href: urls.grain(grain.id),
                    }),
                    Some(home),
                )
            }
            Self::Refused(refusal) if !refusal.leads_to_course => (None, None),
            _ => match self.way_back().and_then(|page| page.way_out(urls)) {
                Some(back) => (Some(back), Some(home)),
                None => (Some(home), None),
            },
        };
        Failure {
            status: self.status(),
            code: self.code().map(str::to_owned),
            title,
            lead,
            text,
            way_out,
            second_way_out,
        }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
