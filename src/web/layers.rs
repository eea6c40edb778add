//! What happens around every handler: the origin of posts, the time limit, the page of an error,
//! security headers, the log line.
//!
//! One layer does all of it, in the order in which it reads: each layer of its own would cost
//! every request some microseconds.

use std::{
    fmt,
    future::Future,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use time::OffsetDateTime;

use super::{
    error::{ApiError, Cause, PageError},
    frame::Frame,
    framing::Exception,
    origin, pages,
    session::urls_of,
    state::AppState,
    urls::{self, Urls},
};

/// A request that takes longer is answered with a 503.
const TIME_LIMIT: Duration = Duration::from_millis(2_800);

/// The same where a platform lets people in: for an answer of the platform, or in a queue.
const ENTRANCE_TIME_LIMIT: Duration = Duration::from_secs(12);

/// Where the id of a request is told to the one who asked.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request in the answer and in the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestId(u32);

impl RequestId {
    /// The next id; the first one differs from start to start.
    fn next() -> Self {
        static COUNT: LazyLock<AtomicU32> =
            LazyLock::new(|| AtomicU32::new(getrandom::u32().unwrap_or_default()));
        // An odd multiplier visits every number once, and neighbours do not look alike.
        Self(
            COUNT
                .fetch_add(1, Ordering::Relaxed)
                .wrapping_mul(0x9e37_79b1),
        )
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}-{:04x}", self.0 >> 16, self.0 & 0xffff)
    }
}

/// What is known of a request before it is answered.
struct Asked {
    started: OffsetDateTime,
    id: RequestId,
    method: Method,
    route: Option<MatchedPath>,
    urls: Urls,
    is_api: bool,
}

/// All that happens around a handler.
pub(crate) async fn around(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let asked = Asked {
        started: state.clock.now(),
        id: RequestId::next(),
        method: request.method().clone(),
        route: request.extensions().get().cloned(),
        urls: urls_of(request.extensions()),
        is_api: request.uri().path().starts_with("/api/"),
    };
    request.extensions_mut().insert(asked.id);
    let is_entrance = urls::is_entrance(request.uri().path());
    let response = if origin::is_foreign_post(&state, &request, asked.is_api) {
        PageError::ForeignPost.into_response()
    } else {
        let limit = if is_entrance {
            ENTRANCE_TIME_LIMIT
        } else {
            TIME_LIMIT
        };
        limit_time(limit, next.run(request)).await
    };
    let mut response = explain(&state, &asked, response);
    secure(&state, asked.started, &mut response).await;
    if let Ok(value) = HeaderValue::try_from(asked.id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    log(&state, &asked, &response);
    response
}

/// Writes the one log line of a request: route, status, duration, id, cause.
fn log(state: &AppState, asked: &Asked, response: &Response) {
    let Asked {
        started,
        id,
        method,
        route,
        ..
    } = asked;
    let duration_ms = ((state.clock.now() - *started).as_seconds_f64() * 1e6).round() / 1e3;
    let route = route.as_ref().map_or("-", MatchedPath::as_str);
    let status = response.status().as_u16();
    let check = response.extensions().get().and_then(PageError::code);
    let cause = cause_of(response).map(chain);
    if let Some(check) = check {
        tracing::warn!(%method, route, status, duration_ms, request_id = %id, check, cause, "request refused");
    } else if status < 500 {
        tracing::info!(%method, route, status, duration_ms, request_id = %id, "request answered");
    } else {
        let cause = cause.unwrap_or_default();
        tracing::error!(%method, route, status, duration_ms, request_id = %id, cause, "request failed");
    }
}

fn cause_of(response: &Response) -> Option<&Cause> {
    let extensions = response.extensions();
    let of_page = extensions.get::<PageError>().and_then(PageError::cause);
    of_page.or_else(|| extensions.get::<ApiError>().and_then(ApiError::cause))
}

/// An error and those behind it, on one line.
fn chain(error: &Cause) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Where the forms of a page post to, besides this site.
#[derive(Clone, Debug)]
pub(crate) struct FormTarget(pub(crate) String);

/// An origin whose pages may hold this one in a frame, besides those that may hold all.
#[derive(Clone, Debug)]
pub(crate) struct FrameAncestor(pub(crate) String);

/// What browsers are told about pages: no foreign script, no unknown frame, no copy kept.
async fn secure(state: &AppState, now: OffsetDateTime, response: &mut Response) {
    let is_html = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    if is_html {
        let extensions = response.extensions();
        let exception = Exception {
            form_target: extensions.get().map(|FormTarget(url)| url.as_str()),
            ancestor: extensions
                .get()
                .map(|FrameAncestor(origin)| origin.as_str()),
        };
        let policy = state
            .framing
            .policy(&state.config, &state.db, now, exception)
            .await;
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    // Assets say themselves how long they live; all else is somebody's own.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private, no-store"));
}

/// Writes the page, or the JSON object, of an error that a handler or a layer left bare.
fn explain(state: &AppState, asked: &Asked, response: Response) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let is_told = response.headers().contains_key(header::CONTENT_TYPE)
        && response.extensions().get::<PageError>().is_none()
        && !is_plain_text(response.headers());
    if is_told {
        return response;
    }
    let error = response
        .extensions()
        .get::<PageError>()
        .cloned()
        .unwrap_or_else(|| PageError::from_status(status));
    if matches!(error, PageError::ReadOnly { .. }) {
        state.read_only.note_refusal();
    }
    let mut told = if asked.is_api {
        ApiError::from(&error).into_response()
    } else {
        let urls = error.urls(asked.urls.clone());
        let failure = error.failure(&urls);
        let frame = Frame::bare(state, urls);
        let html = pages::error::render(frame, &failure, &asked.id.to_string());
        let html = html.unwrap_or_else(|_| LAST_RESORT.to_owned());
        (error.status(), Html(html)).into_response()
    };
    if let Some(allow) = response.headers().get(header::ALLOW) {
        told.headers_mut().insert(header::ALLOW, allow.clone());
    }
    if let Some(seconds) = error.retry_after_seconds() {
        told.headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    told.extensions_mut().insert(error);
    if let Some(ancestor) = response.extensions().get::<FrameAncestor>() {
        told.extensions_mut().insert(ancestor.clone());
    }
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
async fn limit_time(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    let late = |_| PageError::Unavailable(None).into_response();
    tokio::time::timeout(limit, answer)
        .await
        .unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_reads_in_two_halves() {
        assert_eq!(RequestId(0x7f3a_91c2).to_string(), "7f3a-91c2");
    }
}
