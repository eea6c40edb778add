//! The development login: `?moodle_user_id=42` or the header `X-Moodle-User-Id` opens the
//! session of that learner. Mounted in development only; the configuration refuses it
//! elsewhere, and there the parameter means nothing.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderName, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use url::form_urlencoded;

use super::{
    error::PageError,
    session::{self, Recognised, cookie},
    state::AppState,
};
use crate::{
    learner::{self, Learner, MoodleUserId},
    read_only,
};

const PARAMETER: &str = "moodle_user_id";
const HEADER: HeaderName = HeaderName::from_static("x-moodle-user-id");

/// Opens the session that the address or the header asks for.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, PageError> {
    if let Some((text, clean)) = asked_in_address(request.method(), request.uri()) {
        let (_, cookie) = Box::pin(open(&state, &text)).await?;
        return Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&clean)).into_response());
    }
    let Some(value) = request.headers().get(HEADER) else {
        return Ok(next.run(request).await);
    };
    let text = value
        .to_str()
        .map_err(|_| PageError::BadRequest)?
        .to_owned();
    let (learner, cookie) = Box::pin(open(&state, &text)).await?;
    request
        .extensions_mut()
        .insert(Recognised(Arc::new(learner)));
    let mut response = next.run(request).await;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The identifier in the address of a page, and the address without it.
fn asked_in_address(method: &Method, uri: &Uri) -> Option<(String, String)> {
    if method != Method::GET || uri.path().starts_with("/api/") {
        return None;
    }
    let pairs: Vec<_> = form_urlencoded::parse(uri.query()?.as_bytes()).collect();
    let text = pairs
        .iter()
        .find(|(name, _)| name == PARAMETER)?
        .1
        .clone()
        .into_owned();
    let rest: Vec<_> = pairs
        .into_iter()
        .filter(|(name, _)| name != PARAMETER)
        .collect();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(rest)
        .finish();
    // One slash, or the browser would take `//host` for another site.
    let path = format!("/{}", uri.path().trim_start_matches('/'));
    Some((
        text,
        if query.is_empty() {
            path
        } else {
            format!("{path}?{query}")
        },
    ))
}

/// Boxed by its callers: it is rare, and would swell the future of every request.
async fn open(
    state: &AppState,
    text: &str,
) -> Result<(Learner, axum::http::HeaderValue), PageError> {
    let moodle_user_id = MoodleUserId::try_from(text).map_err(|_| PageError::BadRequest)?;
    let mut conn = state.db.acquire().await?;
    let made = learner::store::upsert_learner(&mut conn, &moodle_user_id, None, None).await;
    let learner = match made {
        Ok((learner, _)) => learner,
        // Whoever is known may still read.
        Err(error) if read_only::is_refusal(&error) => {
            let known = learner::store::find_learner(&mut conn, None, &moodle_user_id).await?;
            known.ok_or(PageError::ReadOnly { grain: None })?
        }
        Err(error) => return Err(error.into()),
    };
    conn.keep().await?;
    let id = session::start(state, learner.id).await?;
    Ok((learner, cookie::write(&state.config, id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(address: &'static str) -> Option<(String, String)> {
        asked_in_address(&Method::GET, &Uri::from_static(address))
    }

    #[test]
    fn the_identifier_is_taken_out_of_the_address() {
        let found = asked("/?moodle_user_id=42");
        assert_eq!(found, Some(("42".to_owned(), "/".to_owned())));
        let found = asked("/grains/grain8?a=1&moodle_user_id=%C3%A9%202&b=%26");
        assert_eq!(
            found,
            Some(("é 2".to_owned(), "/grains/grain8?a=1&b=%26".to_owned()))
        );
    }

    #[test]
    fn nothing_is_asked_without_the_parameter_nor_of_the_api() {
        assert_eq!(asked("/?user=42"), None);
        assert_eq!(asked("/api/progress?moodle_user_id=42"), None);
        assert_eq!(
            asked_in_address(&Method::POST, &Uri::from_static("/?moodle_user_id=42")),
            None
        );
    }

    #[test]
    fn the_address_that_is_left_stays_on_this_site() {
        let found = asked("//evil.example/?moodle_user_id=42").map(|(_, clean)| clean);
        assert!(found.is_none_or(|clean| clean.starts_with('/') && !clean.starts_with("//")));
    }
}
