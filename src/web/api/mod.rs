//! The JSON API, on the same functions as the pages; described by [`document`].

pub mod profile;
pub mod progress;

use axum::{
    Json,
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{
    error::{ApiError, PageError},
    limits::{Cost, Sender},
    session::CurrentLearner,
    state::AppState,
};
use crate::{
    embed::{self, EmbedToken, TokenError},
    learner::{self, LearnerId},
};

/// Describes the API for programs; served at `/api/openapi.json`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "mini-site",
        description = "Progress of learners in the course: modules > sequences > grains.",
        license(name = "MIT", identifier = "MIT"),
    ),
    paths(profile::create, progress::read, progress::record),
    modifiers(&Credentials),
)]
struct Document;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT");
        let cookie = ApiKey::Cookie(ApiKeyValue::new("session"));
        components.add_security_scheme("token", SecurityScheme::Http(bearer.build()));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// The description of the API.
pub(crate) async fn document() -> impl IntoResponse {
    Json(Document::openapi())
}

/// A JSON body, its faults told as the API tells them.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

fn refusal(rejection: &JsonRejection) -> ApiError {
    let status = rejection.status();
    match rejection {
        JsonRejection::MissingJsonContentType(_) => ApiError::new(
            status,
            "not_json",
            "L’en-tête Content-Type doit être application/json.",
        ),
        JsonRejection::JsonDataError(error) => {
            let message = format!("Le corps ne convient pas : {}", error.body_text());
            ApiError::new(status, "invalid_body", message)
        }
        JsonRejection::JsonSyntaxError(_) => ApiError::new(
            status,
            "malformed_json",
            "Le corps n’est pas du JSON bien formé.",
        ),
        _ => ApiError::from(&PageError::from_status(status)),
    }
}

/// The learner a call is about: from a token, or else from a session.
pub(crate) struct Caller(pub(crate) LearnerId);

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Some(token) = bearer(&parts.headers) else {
            let CurrentLearner(learner) =
                <CurrentLearner as FromRequestParts<AppState>>::from_request_parts(parts, state)
                    .await?;
            return Ok(Self(learner));
        };
        let token = verified(state, token, Cost::of(&parts.method, parts.uri.path()))?;
        let mut conn = state.db.acquire().await?;
        let found = learner::store::find_learner_id(&mut conn, &token.moodle_user_id).await?;
        conn.keep().await?;
        let no_profile = "Aucun profil pour ce jeton : appelez d’abord POST /api/auth/profile.";
        found
            .map(Self)
            .ok_or_else(|| ApiError::new(StatusCode::UNAUTHORIZED, "no_profile", no_profile))
    }
}

/// The token of an `Authorization: Bearer …` header (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Checks a token with the secret of the configuration, and counts the request of whom it names.
fn verified(state: &AppState, token: &str, cost: Cost) -> Result<EmbedToken, ApiError> {
    let refused = |message| ApiError::new(StatusCode::UNAUTHORIZED, "invalid_token", message);
    let Some(secret) = &state.config.embed_token_secret else {
        return Err(refused(
            "Ce site n’accepte pas de jeton : EMBED_TOKEN_SECRET n’y est pas défini.",
        ));
    };
    let now = state.clock.now();
    let token = embed::verify(token, secret, now).map_err(|error| {
        refused(match error {
            TokenError::TooLong(_) => "Le jeton est trop long.",
            TokenError::Signature(_) => "Le jeton est mal formé, ou signé avec un autre secret.",
            TokenError::Expired => "Le jeton a expiré.",
            TokenError::TooFarAhead => {
                "Le jeton vit trop longtemps : exp doit tomber dans les 12 heures."
            }
            TokenError::Subject(_) => "Le jeton ne nomme personne : sub est vide ou mal formé.",
            TokenError::Claim(_) => "Un texte du jeton est trop long ou mal formé.",
            TokenError::Used => "Le jeton a déjà servi.",
        })
    })?;
    let sender = || Sender::of_person(&token.moodle_user_id);
    state.limits.count(sender, cost, now)?;
    Ok(token)
}
