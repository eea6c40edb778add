//! Lists that come in pages, each naming the next one in its header `Link` (RFC 8288).

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use super::{Failure, ServiceRequest, Services, judge};
use crate::{
    lti::{Platform, client::PlatformAnswer},
    outbox::Postponement,
};

/// How many pages of one list are read at most.
pub(in crate::lti) const MAX_PAGES: usize = 50;

/// Reads a list page by page until its end, until `read` has enough (it says `false`), or until
/// [`MAX_PAGES`] are read; tells whether the end was reached.
///
/// # Errors
/// The failure of the first page that fails, or that `read` cannot read.
pub(in crate::lti) async fn walk(
    services: &Services,
    platform: &Platform,
    mut request: ServiceRequest<'_>,
    mut read: impl FnMut(&PlatformAnswer) -> Result<bool, serde_json::Error>,
) -> Result<bool, Failure> {
    for _ in 0..MAX_PAGES {
        let answer = services.call(platform, &request).await?;
        judge(&answer, services.now())?;
        let wants_more = read(&answer).map_err(|_| {
            Failure::Later(Postponement::of_job(
                "the platform answers with no such list",
            ))
        })?;
        match next(&answer.headers, &request.url) {
            None => return Ok(true),
            Some(_) if !wants_more => return Ok(false),
            Some(url) => request.url = url,
        }
    }
    Ok(false)
}

/// The address of the next page.
fn next(headers: &HeaderMap, base: &Url) -> Option<Url> {
    let values = headers.get_all(LINK).iter();
    let target = values
        .filter_map(|value| value.to_str().ok())
        .find_map(next_of)?;
    base.join(target).ok()
}

/// The target of the link that bears the relation `next`: `<…>; rel="next", <…>; rel="last"`.
fn next_of(value: &str) -> Option<&str> {
    value.split('<').skip(1).find_map(|link| {
        let (target, parameters) = link.split_once('>')?;
        let is_next = parameters.split([';', ',']).any(|parameter| {
            let Some((name, value)) = parameter.split_once('=') else {
                return false;
            };
            let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("rel")
                && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
        });
        is_next.then_some(target)
    })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn found(value: &'static str) -> Option<String> {
        let headers = HeaderMap::from_iter([(LINK, HeaderValue::from_static(value))]);
        let base = Url::parse("https://moodle.test/a/b?c=d").expect("an address");
        next(&headers, &base).map(String::from)
    }

    #[test]
    fn the_next_page_is_found_among_several_links() {
        let moodle = r#"<https://moodle.test/memberships?limit=2&from=2>; rel="next""#;
        assert_eq!(
            found(moodle).as_deref(),
            Some("https://moodle.test/memberships?limit=2&from=2")
        );
        for value in [
            "</p?x=1,2>; rel=next",
            r#"</q>; rel="last", </p?x=1,2>; title="a"; rel="next""#,
            r#"</p?x=1,2>; rel="prefetch next", </q>; rel=first"#,
        ] {
            assert_eq!(
                found(value).as_deref(),
                Some("https://moodle.test/p?x=1,2"),
                "{value}"
            );
        }
    }

    #[test]
    fn without_such_a_link_there_is_no_next_page() {
        for value in [
            r#"</q>; rel="last""#,
            "",
            "rel=next",
            "</q",
            "</q>; title=next",
        ] {
            assert_eq!(found(value), None, "{value}");
        }
    }
}
