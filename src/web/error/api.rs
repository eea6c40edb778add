//! An error as the JSON API tells it.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{Cause, PageError};

/// Why the JSON API refuses, or fails.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    body: Refusal,
    retry_after_seconds: Option<u32>,
    cause: Option<Cause>,
}

/// What a caller of the API reads of an error.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Refusal {
    /// Stable word for programs.
    pub code: &'static str,
    /// A sentence in French for people.
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
    /// The field that is wrong, when one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub field: Option<&'static str>,
}

/// The envelope of every error of the API.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    /// What is wrong.
    pub error: Refusal,
}

impl ApiError {
    /// A refusal with its stable code and a sentence.
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let body = Refusal {
            code,
            message: message.into(),
            field: None,
        };
        Self {
            status,
            body,
            retry_after_seconds: None,
            cause: None,
        }
    }

    /// Names the field that is wrong.
    pub(crate) fn on(mut self, field: &'static str) -> Self {
        self.body.field = Some(field);
        self
    }

    /// The error behind it.
    pub(crate) fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }
}

impl From<&PageError> for ApiError {
    fn from(error: &PageError) -> Self {
        let (code, message) = match error {
            PageError::NotFound => ("not_found", "Il n’y a rien à cette adresse."),
            PageError::Retired => ("grain_retired", "Ce grain ne fait plus partie du cours."),
            PageError::NoSession { .. } => (
                "unauthenticated",
                "Aucune session : ouvrez le cours depuis Moodle, ou joignez un jeton.",
            ),
            PageError::OutOfFrame => (
                "out_of_frame",
                "Cette session ne vaut que dans la page où elle a été ouverte.",
            ),
            PageError::NotTeacher => (
                "not_a_teacher",
                "Cette adresse est réservée à l’équipe enseignante du cours.",
            ),
            PageError::Refused(_) => ("refused", "La demande de la plateforme est refusée."),
            PageError::ForeignPost => (
                "foreign_origin",
                "La requête ne vient pas d’une page de ce site.",
            ),
            PageError::MethodNotAllowed => (
                "method_not_allowed",
                "Cette adresse ne prend pas cette méthode.",
            ),
            PageError::TooLarge => ("too_large", "Le corps dépasse 64 Kio."),
            PageError::UnsupportedBody => (
                "unsupported_body",
                "Le corps est d’une sorte qui n’est pas prise en charge.",
            ),
            PageError::BadRequest => ("bad_request", "La requête est mal formée."),
            PageError::ReadOnly { .. } => (
                "read_only",
                "Le cours est en lecture seule pour quelques minutes\u{a0}: rien n’a été enregistré. Réessayez un peu plus tard.",
            ),
            PageError::TooMany { .. } => (
                "too_many_requests",
                "Trop de demandes en quelques secondes\u{a0}: celle-ci n’a pas été prise en compte. Attendez un peu, puis recommencez.",
            ),
            PageError::Unavailable(_) => (
                "unavailable",
                "La base de données ne répond pas pour le moment : réessayez dans quelques minutes.",
            ),
            PageError::Internal(_) => ("internal", "Une erreur s’est produite de notre côté."),
        };
        Self {
            retry_after_seconds: error.retry_after_seconds(),
            cause: error.cause().cloned(),
            ..Self::new(error.status(), code, message)
        }
    }
}

impl<E: Into<PageError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self::from(&error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = Json(ErrorBody {
            error: self.body.clone(),
        });
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(self);
        response
    }
}
