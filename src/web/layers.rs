//! What happens around every handler, outermost first: request id and log line, security
//! headers, the page of an error, the time limit, the origin of posts.

use std::{fmt, time::Duration};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};

use super::{
    error::{ApiError, Cause, PageError},
    frame::Frame,
    pages,
    session::urls_of,
    state::AppState,
};

/// A request that takes longer is answered with a 503.
const TIME_LIMIT: Duration = Duration::from_millis(2_800);

/// Where the id of a request is told to the one who asked.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Names one request in the answer and in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId(u32);

impl RequestId {
    fn random() -> Self {
        // Only a name: without randomness two requests would share one.
        Self(getrandom::u32().unwrap_or_default())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}-{:04x}", self.0 >> 16, self.0 & 0xffff)
    }
}

/// Gives the request an id and writes its one log line: route, status, duration, id, cause.
pub(crate) async fn log(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = state.clock.now();
    let id = RequestId::random();
    request.extensions_mut().insert(id);
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    let id = id.to_string();
    if let Ok(value) = HeaderValue::try_from(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let duration_ms = ((state.clock.now() - started).as_seconds_f64() * 1e6).round() / 1e3;
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let status = response.status().as_u16();
    if status < 500 {
        tracing::info!(%method, route, status, duration_ms, request_id = id, "request answered");
    } else {
        let cause = cause_of(&response)
            .map(|cause| chain(cause.as_ref()))
            .unwrap_or_default();
        tracing::error!(%method, route, status, duration_ms, request_id = id, cause, "request failed");
    }
    response
}

fn cause_of(response: &Response) -> Option<Cause> {
    let extensions = response.extensions();
    let of_page = extensions.get::<PageError>().and_then(PageError::cause);
    of_page
        .or_else(|| extensions.get::<ApiError>().and_then(ApiError::cause))
        .cloned()
}

/// An error and those behind it, on one line.
fn chain(error: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// What browsers are told about pages: no foreign script, no foreign frame, no copy kept.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
        font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let is_html = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if is_html {
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        );
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Assets say themselves how long they live; all else is somebody's own.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-store"));
    response
}

/// Writes the page, or the JSON object, of an error that a handler or a layer left bare.
pub(crate) async fn explain(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let urls = urls_of(request.extensions());
    let id = request.extensions().get::<RequestId>().copied();
    let is_api = request.uri().path().starts_with("/api/");
    let response = next.run(request).await;
    let status = response.status();
    let is_told = response.headers().contains_key(header::CONTENT_TYPE)
        && response.extensions().get::<PageError>().is_none()
        && !is_plain_text(response.headers());
    if !status.is_client_error() && !status.is_server_error() || is_told {
        return response;
    }
    let error = response
        .extensions()
        .get::<PageError>()
        .cloned()
        .unwrap_or_else(|| PageError::from_status(status));
    let mut told = if is_api {
        ApiError::from(&error).into_response()
    } else {
        let id = id.map(|id| id.to_string()).unwrap_or_default();
        let frame = Frame::bare(&state, urls.clone());
        let html = pages::error::render(frame, &error.failure(&urls), &id);
        let html = html.unwrap_or_else(|_| LAST_RESORT.to_owned());
        (error.status(), Html(html)).into_response()
    };
    if let Some(allow) = response.headers().get(header::ALLOW) {
        told.headers_mut().insert(header::ALLOW, allow.clone());
    }
    if matches!(error, PageError::Unavailable(_)) {
        told.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    told.extensions_mut().insert(error);
    told
}

/// What is shown when even the page of an error cannot be rendered.
const LAST_RESORT: &str = "<!DOCTYPE html><html lang=\"fr\"><meta charset=\"utf-8\">\
    <title>Erreur</title><p>Une erreur s’est produite de notre côté. <a href=\"/\">Aller à l’accueil du cours</a></p>";

/// The framework's own refusals are sentences in English, as plain text.
fn is_plain_text(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/plain"))
}

/// Answers 503 when a request takes too long; what it was doing is rolled back.
pub(crate) async fn limit_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(TIME_LIMIT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => PageError::Unavailable(None).into_response(),
    }
}

/// Refuses changes of state that do not come from our own pages.
pub(crate) async fn refuse_foreign_posts(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let is_safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let is_api = request.uri().path().starts_with("/api/");
    let origin = state.config.api_url.origin().ascii_serialization();
    if is_safe || is_ours(request.headers(), &origin, is_api) {
        next.run(request).await
    } else {
        PageError::ForeignPost.into_response()
    }
}

/// Whether a post comes from our own pages, or brings a credential that no page sends unasked.
///
/// A call of the API without either header comes from no browser's page: forms cannot send
/// JSON, and a script of another site always bears its origin.
fn is_ours(headers: &HeaderMap, origin: &str, is_api: bool) -> bool {
    if is_api && headers.contains_key(header::AUTHORIZATION) {
        return true;
    }
    match (headers.get(SEC_FETCH_SITE), headers.get(header::ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(from)) => from == origin,
        (None, None) => is_api,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: &str = "https://cours.example.org";

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_browser_word_on_the_site_wins_over_the_origin() {
        let cross = headers(&[(SEC_FETCH_SITE, "cross-site"), (header::ORIGIN, US)]);
        assert!(!is_ours(&cross, US, false));
        let same_site = headers(&[(SEC_FETCH_SITE, "same-site")]);
        assert!(!is_ours(&same_site, US, false));
        assert!(is_ours(
            &headers(&[(SEC_FETCH_SITE, "same-origin")]),
            US,
            false
        ));
    }

    #[test]
    fn an_older_browser_is_judged_by_the_origin() {
        assert!(is_ours(&headers(&[(header::ORIGIN, US)]), US, false));
        assert!(!is_ours(
            &headers(&[(header::ORIGIN, "https://evil.example")]),
            US,
            false
        ));
        assert!(!is_ours(&headers(&[(header::ORIGIN, "null")]), US, false));
        assert!(!is_ours(&headers(&[]), US, false));
    }

    #[test]
    fn a_token_in_a_header_of_the_api_comes_from_anywhere() {
        let foreign = [
            (SEC_FETCH_SITE, "cross-site"),
            (header::AUTHORIZATION, "Bearer x"),
        ];
        assert!(is_ours(&headers(&foreign), US, true));
        assert!(!is_ours(&headers(&foreign), US, false));
        assert!(!is_ours(&headers(&foreign[..1]), US, true));
    }

    #[test]
    fn a_request_id_reads_in_two_halves() {
        assert_eq!(RequestId(0x7f3a_91c2).to_string(), "7f3a-91c2");
    }
}
