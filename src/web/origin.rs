//! Where a request comes from, as the browser says it: changes are taken from our own pages only.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, Method, header},
};

use super::{state::AppState, urls::route};

/// What the browser says of the page that asks: `same-origin`, `cross-site`, `none`, …
pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a request would change something and does not come from our own pages.
pub(crate) fn is_foreign_post(state: &AppState, request: &Request, is_api: bool) -> bool {
    // Platforms post these two from their own pages; what they post is signed.
    let is_platform_post = matches!(request.uri().path(), route::LTI_LOGIN | route::LTI_LAUNCH);
    changes_something(request.method())
        && !is_platform_post
        && !is_ours(request.headers(), &state.config.origin(), is_api)
}

/// Whether requests of this method may change something.
pub(crate) fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Whether a post comes from our own pages, or brings a credential that no page sends unasked.
///
/// A call of the API without either header comes from no browser's page: forms cannot send
/// JSON, and a script of another site always bears its origin.
pub(crate) fn is_ours(headers: &HeaderMap, origin: &str, is_api: bool) -> bool {
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
    use axum::http::HeaderValue;

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
}
