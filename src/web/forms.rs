//! Forms that other sites post: pairs in their order, doubled ones kept, so that they can be seen.

use axum::http::{HeaderMap, StatusCode, header};
use url::form_urlencoded;

use super::error::PageError;

/// The pairs of a query or of a body.
pub(crate) fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

/// The pairs of a body, which must say that it holds some; an empty one holds none.
pub(crate) fn body_pairs(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Vec<(String, String)>, PageError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        Ok(pairs(body))
    } else {
        Err(PageError::from_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }
}

/// The one value of a name; `None` when there is none, or several.
pub(crate) fn single<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = pairs.iter().filter(|(key, _)| key == name);
    let (_, value) = values.next()?;
    (values.next().is_none() && !value.is_empty()).then_some(value)
}
