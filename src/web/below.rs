//! The same site below `/s/{handle}/`: a session in a frame, its handle in each address.
//!
//! The handle is taken off the path and the rest goes through the site's own router, so that
//! every page, form and script works there without knowing it.

use axum::{
    Router,
    extract::{Path, Request},
    http::Uri,
    response::Response,
    routing::any,
};
use tower::ServiceExt;
use tower_sessions::session::Id;

use super::{
    session::{Handle, launch::urls_of_handle},
    urls::route,
};

/// `site`, and the same below each handle.
pub(super) fn with_frames(site: Router) -> Router {
    let below = site.clone();
    let enter = move |Path(path): Path<Vec<(String, String)>>, request: Request| {
        enter(below.clone(), path, request)
    };
    Router::new()
        .route(route::FRAME_HOME, any(enter.clone()))
        .route(route::FRAME, any(enter))
        .fallback_service(site)
}

/// Sends a request on without its handle. What the outer router noted of the address, the handle
/// among it, stays behind.
async fn enter(site: Router, path: Vec<(String, String)>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let text = path.first().map_or("", |(_, handle)| handle);
    let id: Option<Id> = text.parse().ok();
    let mut inner = Request::new(body);
    *inner.method_mut() = parts.method;
    *inner.uri_mut() = without_root(&parts.uri, text);
    *inner.headers_mut() = parts.headers;
    inner.extensions_mut().insert(Handle(id));
    if let Some(id) = id {
        inner.extensions_mut().insert(urls_of_handle(id));
    }
    let Ok(response) = site.oneshot(inner).await;
    response
}

/// `/s/{handle}/grains/grain8?x` → `/grains/grain8?x`.
fn without_root(uri: &Uri, handle: &str) -> Uri {
    let root = format!("/s/{handle}");
    let rest = uri
        .path_and_query()
        .and_then(|path| path.as_str().strip_prefix(&root))
        .unwrap_or("/");
    rest.parse().unwrap_or_default()
}
