//! `GET /.well-known/jwks.json`: our public keys, for platforms.

use axum::{Json, extract::State, http::header, response::IntoResponse};
use serde_json::json;

use crate::{
    lti::keys,
    web::{error::PageError, state::AppState},
};

/// How long a platform may remember them; a key is published far longer before it signs.
const FOR_AN_HOUR: &str = "public, max-age=3600";

/// The keys that are published now (RFC 7517, section 5).
pub(crate) async fn show(State(state): State<AppState>) -> Result<impl IntoResponse, PageError> {
    let secret = &state.config.secret_key;
    let keys = keys::published(&state.db, secret, state.clock.now()).await?;
    Ok((
        [(header::CACHE_CONTROL, FOR_AN_HOUR)],
        Json(json!({ "keys": keys })),
    ))
}
