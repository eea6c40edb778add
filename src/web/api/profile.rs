//! `POST /api/auth/profile`: create or find a profile.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Body, bearer, verified};
use crate::{
    learner::{self, Learner, MoodleUserId},
    web::{
        error::{ApiError, ErrorBody, PageError},
        limits::Cost,
        session::{self, cookie},
        state::AppState,
    },
};

/// Whose profile is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileRequest {
    /// Their identifier at the platform, 1 to 255 characters; the `sub` of the token.
    // Something that shows, and no control character.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"
    )]
    pub moodle_user_id: String,
    /// Their e-mail address, if it is to be kept; with a token, the one that it signs.
    #[schema(max_length = 320)]
    pub email: Option<String>,
}

/// A profile.
#[derive(Debug, Serialize, ToSchema)]
pub struct Profile {
    /// Our key.
    pub id: Uuid,
    /// Their identifier at the platform.
    pub moodle_user_id: String,
    /// Their e-mail address, when it is known.
    #[schema(required)]
    pub email: Option<String>,
    /// Their name, when it is known.
    #[schema(required)]
    pub name: Option<String>,
}

impl From<&Learner> for Profile {
    fn from(learner: &Learner) -> Self {
        Self {
            id: learner.id.0,
            moodle_user_id: learner.moodle_user_id.clone(),
            email: learner.email.clone(),
            name: learner.name.clone(),
        }
    }
}

/// Creates or finds a profile.
///
/// Only with a valid token, or in development, where a session is opened as well.
#[utoipa::path(
    post,
    path = "/api/auth/profile",
    request_body = ProfileRequest,
    responses(
        (status = 201, description = "The profile was made", body = Profile),
        (status = 200, description = "The profile was there", body = Profile),
        (status = 400, description = "The body is no JSON", body = ErrorBody),
        (status = 401, description = "No valid token", body = ErrorBody),
        (status = 403, description = "The token says otherwise, or the page is another site's", body = ErrorBody),
        (status = 413, description = "The body is over 64 KiB", body = ErrorBody),
        (status = 415, description = "The body is not said to be JSON", body = ErrorBody),
        (status = 422, description = "A field does not fit", body = ErrorBody),
        (status = 429, description = "Too many at once; Retry-After says when to go on", body = ErrorBody),
        (status = 503, description = "Nothing can be written at the moment; Retry-After says when", body = ErrorBody),
    ),
    security(("token" = [])),
)]
pub(crate) async fn create(
    State(state): State<AppState>,
    headers: HeaderMap,
    Body(request): Body<ProfileRequest>,
) -> Result<Response, ApiError> {
    let wanted = MoodleUserId::try_from(request.moodle_user_id.as_str()).map_err(|_| {
        let message = "L’identifiant doit compter de 1 à 255 caractères lisibles.";
        unfit(message).on("moodle_user_id")
    })?;
    let (email, name) = match bearer(&headers) {
        Some(token) => signed_facts(&state, token, &wanted, request.email.as_deref())?,
        None if state.config.dev_login => (request.email, None),
        None => return Err(ApiError::from(&PageError::NoSession { unsaved: None })),
    };
    if email.as_ref().is_some_and(|email| !is_email(email)) {
        return Err(unfit("L’adresse électronique est mal formée.").on("email"));
    }
    let mut conn = state.db.acquire().await?;
    let (learner, is_new) =
        learner::store::upsert_learner(&mut conn, &wanted, email.as_deref(), name.as_deref())
            .await?;
    conn.keep().await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let id = learner.id;
    let mut response = (status, Json(Profile::from(&learner))).into_response();
    if state.config.dev_login {
        let session = session::start(&state, id).await?;
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookie::write(&state.config, session));
    }
    Ok(response)
}

/// E-mail and name as the token signs them; what the body says must agree.
fn signed_facts(
    state: &AppState,
    token: &str,
    wanted: &MoodleUserId,
    email: Option<&str>,
) -> Result<(Option<String>, Option<String>), ApiError> {
    let token = verified(state, token, Cost::Write)?;
    let foreign = |message| ApiError::new(StatusCode::FORBIDDEN, "foreign_token", message);
    if token.moodle_user_id != *wanted {
        return Err(foreign("Le jeton est celui d’une autre personne.").on("moodle_user_id"));
    }
    if email.is_some() && email != token.email.as_deref() {
        let message = "L’adresse doit être celle que le jeton porte, ou manquer.";
        return Err(foreign(message).on("email"));
    }
    Ok((token.email, token.name))
}

fn unfit(message: &'static str) -> ApiError {
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message)
}

/// Whether a text can be an address: something on both sides of one `@`, nothing invisible.
fn is_email(text: &str) -> bool {
    let sides = text.split_once('@');
    text.chars().count() <= 320
        && !text
            .chars()
            .any(|letter| letter.is_control() || letter.is_whitespace())
        && sides.is_some_and(|(local, host)| {
            !local.is_empty() && !host.is_empty() && !host.contains('@')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_sides_and_nothing_invisible() {
        assert!(is_email("élodie@univ.fr"));
        for text in [
            "",
            "camille",
            "@univ.fr",
            "camille@",
            "a@b@c",
            "a b@c",
            "a@b\n",
            &"a@".repeat(200),
        ] {
            assert!(!is_email(text), "{text:?}");
        }
    }
}
