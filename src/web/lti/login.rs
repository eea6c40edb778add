//! `GET` and `POST /lti/login`: a platform announces somebody.

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};

use super::LaunchRefusal;
use crate::{
    lti::{
        self,
        login::{self, LoginError, LoginRequest, LoginSecrets},
    },
    sealing,
    web::{
        error::PageError, forms, layers::FrameAncestor, session::cookie, state::AppState,
        urls::route,
    },
};

/// Sends the browser back to the platform, which then says who it is.
pub(crate) async fn begin(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let mut pairs = forms::pairs(query.unwrap_or_default().as_bytes());
    pairs.extend(forms::body_pairs(&headers, &body)?);
    let request = LoginRequest::from_pairs(&pairs).map_err(LaunchRefusal::from)?;
    request
        .check_target(&state.config.api_url)
        .map_err(LaunchRefusal::from)?;
    let _turn = state.queue.turn().await.map_err(PageError::internal)?;
    let mut conn = state.db.acquire().await?;
    let known =
        lti::store::list_platforms_of(&mut conn, &request.issuer, request.client_id.as_deref())
            .await?;
    let origin = known.first().and_then(|platform| platform.origins().next());
    let platform = match login::choose_platform(known) {
        Ok(platform) => platform,
        Err(error) => return Ok(refuse(error, origin)),
    };
    let now = state.clock.now();
    if state.limits.logins.take(platform.id, now).is_err() {
        return Err(LaunchRefusal::from(LoginError::TooMany).into());
    }
    let secrets = LoginSecrets::random().map_err(PageError::internal)?;
    login::store::insert_login(&mut conn, platform.id, &request, &secrets, now).await?;
    conn.keep().await?;
    let redirect_uri = state.config.absolute(route::LTI_LAUNCH);
    let address = login::authorization_address(&platform, &request, &secrets, &redirect_uri)
        .map_err(PageError::internal)?;
    let cookie = cookie::write_framed(
        &state.config,
        &cookie_name(&secrets.state),
        &secrets.cookie,
        u32::try_from(login::LIFETIME.whole_seconds()).unwrap_or(0),
    );
    Ok((
        [(header::SET_COOKIE, cookie)],
        Redirect::to(address.as_str()),
    )
        .into_response())
}

/// The page of a refusal. A platform that waits for its approval may show it in its frame: its
/// admin, who looks there, learns what is missing.
fn refuse(error: LoginError, origin: Option<String>) -> Response {
    let ancestor = match error {
        LoginError::InactivePlatform => origin.map(FrameAncestor),
        _ => None,
    };
    let mut response = PageError::from(LaunchRefusal::from(error)).into_response();
    if let Some(ancestor) = ancestor {
        response.extensions_mut().insert(ancestor);
    }
    response
}

/// The name of the cookie that binds a login to its browser: two logins in one browser do not
/// meet.
pub(super) fn cookie_name(state: &str) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let hash = sealing::hash(state);
    format!("l-{}", BASE64_URL_SAFE_NO_PAD.encode(&hash[..6]))
}
