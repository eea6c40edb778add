//! Style-sheets, scripts, fonts and pictures: compiled in, already compressed.
//!
//! The table is written by `build/assets.rs`. Templates ask [`address`] for the hashed
//! address of an asset; [`serve`] answers `GET /assets/{*path}`.

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Assets that are also served under their own name, for pages that are not ours.
const STABLE: &[&str] = &["img/favicon.svg", "js/progress-api.js"];

const FOR_A_YEAR: &str = "public, max-age=31536000, immutable";
const FOR_AN_HOUR: &str = "public, max-age=3600";

/// Where assets are mounted.
const PREFIX: &str = "/assets/";

/// One asset with its compressed forms.
#[derive(Debug)]
pub struct Asset {
    /// Its name in the sources: `css/site.css`.
    pub logical: &'static str,
    /// Its public address, which changes with its content: `/assets/css/site-1a2b3c4d5e.css`.
    pub address: &'static str,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The body as it is.
    pub identity: &'static [u8],
    /// The body by gzip, when that is smaller.
    pub gzip: Option<&'static [u8]>,
    /// The body by brotli, when that is smaller.
    pub brotli: Option<&'static [u8]>,
}

/// The public address of an asset by its name in the sources.
///
/// An unknown name gives an address where nothing is: a fault of ours, found by the test
/// that follows every asset of every page, and no reason to lose the page.
pub fn address(logical: &str) -> &'static str {
    find(logical).map_or("/assets/unknown", |asset| asset.address)
}

/// The address of an asset that is served under its own name as well, for what outlives a version.
pub fn stable_address(logical: &str) -> String {
    format!("{PREFIX}{logical}")
}

/// All assets, sorted by name.
pub fn all() -> &'static [Asset] {
    ASSETS
}

/// `GET /assets/{*path}`
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    if let Some(asset) = find_hashed(&path) {
        return (cache(FOR_A_YEAR), asset.body(&headers)).into_response();
    }
    if let Some(asset) = find(&path).filter(|asset| STABLE.contains(&asset.logical)) {
        let shared = [(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))];
        return (cache(FOR_AN_HOUR), shared, asset.body(&headers)).into_response();
    }
    (StatusCode::NOT_FOUND, "Ce fichier n’existe pas, ou plus.\n").into_response()
}

fn cache(policy: &'static str) -> [(HeaderName, HeaderValue); 1] {
    [(CACHE_CONTROL, HeaderValue::from_static(policy))]
}

fn find(logical: &str) -> Option<&'static Asset> {
    let rank = ASSETS
        .binary_search_by(|asset| asset.logical.cmp(logical))
        .ok()?;
    ASSETS.get(rank)
}

/// The asset of a name with its hash, `css/site-1a2b3c4d5e.css`, if that is the current one.
fn find_hashed(name: &str) -> Option<&'static Asset> {
    let (stem, extension) = name.rsplit_once('.')?;
    let (stem, _) = stem.rsplit_once('-')?;
    let asset = find(&format!("{stem}.{extension}"))?;
    (asset.address.strip_prefix(PREFIX) == Some(name)).then_some(asset)
}

impl Asset {
    /// The best form that the browser takes, with the headers that say so.
    fn body(&self, request: &HeaderMap) -> Response {
        let coded = [("br", self.brotli), ("gzip", self.gzip)]
            .into_iter()
            .filter_map(|(name, body)| {
                Some((name, body?)).filter(|(name, _)| accepts(request, name))
            });
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(self.content_type)),
            (VARY, HeaderValue::from_static("accept-encoding")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        match coded.into_iter().next() {
            Some((name, body)) => (
                headers,
                [(CONTENT_ENCODING, HeaderValue::from_static(name))],
                body,
            )
                .into_response(),
            None => (headers, self.identity).into_response(),
        }
    }
}

/// Whether `Accept-Encoding` allows a coding: named or by `*`, and not with a quality of 0.
fn accepts(request: &HeaderMap, coding: &str) -> bool {
    let values = request
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut by_star = false;
    for element in values.flat_map(|value| value.split(',')) {
        let mut parts = element.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
        let is_wanted = quality.is_none_or(|q| q.parse::<f32>().is_ok_and(|q| q > 0.0));
        if name.eq_ignore_ascii_case(coding) {
            return is_wanted;
        }
        by_star |= name == "*" && is_wanted;
    }
    by_star
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;

    async fn ask(method: &str, address: &str, accept: Option<&str>) -> (Response<()>, Vec<u8>) {
        let mut request = Request::builder().method(method).uri(address);
        if let Some(accept) = accept {
            request = request.header(ACCEPT_ENCODING, accept);
        }
        let request = request
            .body(Body::empty())
            .expect("a request of a test is well formed");
        let router = Router::new().route("/assets/{*path}", get(serve));
        let answer = router
            .oneshot(request)
            .await
            .expect("a router always answers");
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX)
            .await
            .expect("the body is in memory");
        (Response::from_parts(parts, ()), body.to_vec())
    }

    fn header(answer: &Response<()>, name: HeaderName) -> Option<&str> {
        answer
            .headers()
            .get(name)
            .map(|value| value.to_str().expect("our headers are ASCII"))
    }

    #[test]
    fn the_table_is_sorted_by_logical_name() {
        assert!(all().is_sorted_by(|a, b| a.logical < b.logical));
        assert!(!all().is_empty());
    }

    #[test]
    fn every_asset_is_found_by_both_of_its_names() {
        for asset in all() {
            let name = asset
                .address
                .strip_prefix(PREFIX)
                .expect("an address begins with the prefix");
            assert_eq!(
                find_hashed(name).map(|found| found.logical),
                Some(asset.logical)
            );
            assert_eq!(address(asset.logical), asset.address);
        }
    }

    #[tokio::test]
    async fn the_smallest_accepted_form_is_sent() {
        let asset = find("css/site.css").expect("the site has a style-sheet");
        let brotli = asset.brotli.expect("text is compressed").to_vec();
        let gzip = asset.gzip.expect("text is compressed").to_vec();
        assert!(brotli.len() < gzip.len() && gzip.len() < asset.identity.len());
        for (accept, coding, body) in [
            (Some("gzip, deflate, br, zstd"), Some("br"), brotli.clone()),
            (Some("gzip, br;q=0"), Some("gzip"), gzip.clone()),
            (Some("GZIP;q=0.5"), Some("gzip"), gzip),
            (Some("*"), Some("br"), brotli.clone()),
            (Some("*;q=0.1, identity"), Some("br"), brotli),
            (Some("br;q=0, *;q=0"), None, asset.identity.to_vec()),
            (
                Some("br; q=0.000, gzip; q=0"),
                None,
                asset.identity.to_vec(),
            ),
            (Some(""), None, asset.identity.to_vec()),
            (None, None, asset.identity.to_vec()),
        ] {
            let (answer, sent) = ask("GET", asset.address, accept).await;
            assert_eq!(answer.status(), StatusCode::OK, "{accept:?}");
            assert_eq!(header(&answer, CONTENT_ENCODING), coding, "{accept:?}");
            assert_eq!(sent, body, "{accept:?}");
            assert_eq!(header(&answer, CACHE_CONTROL), Some(FOR_A_YEAR));
            assert_eq!(header(&answer, VARY), Some("accept-encoding"));
            assert_eq!(header(&answer, X_CONTENT_TYPE_OPTIONS), Some("nosniff"));
            assert_eq!(
                header(&answer, CONTENT_TYPE),
                Some("text/css; charset=utf-8")
            );
            assert_eq!(header(&answer, ACCESS_CONTROL_ALLOW_ORIGIN), None);
        }
    }

    #[tokio::test]
    async fn head_tells_the_length_and_sends_nothing() {
        let asset = find("css/site.css").expect("the site has a style-sheet");
        let (answer, sent) = ask("HEAD", asset.address, None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(sent.is_empty());
        let length = asset.identity.len().to_string();
        assert_eq!(
            header(&answer, axum::http::header::CONTENT_LENGTH),
            Some(length.as_str())
        );
    }

    #[tokio::test]
    async fn unknown_and_outdated_names_are_not_found() {
        for name in [
            "css/site.css",
            "css/site-0000000000.css",
            "nothing",
            "js/../css/site.css",
            "-.css",
        ] {
            let (answer, body) = ask("GET", &format!("/assets/{name}"), None).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{name}");
            assert_eq!(
                header(&answer, CONTENT_TYPE),
                Some("text/plain; charset=utf-8")
            );
            assert_eq!(header(&answer, CACHE_CONTROL), None);
            assert!(!body.is_empty());
        }
    }

    #[tokio::test]
    async fn the_script_for_other_sites_keeps_its_name() {
        let (answer, body) = ask("GET", "/assets/js/progress-api.js", None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!body.is_empty());
        assert_eq!(header(&answer, CACHE_CONTROL), Some(FOR_AN_HOUR));
        assert_eq!(header(&answer, ACCESS_CONTROL_ALLOW_ORIGIN), Some("*"));
    }
}
