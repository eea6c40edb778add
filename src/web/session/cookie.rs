//! The session's id in a cookie, for a page alone in its tab.

use axum::http::{HeaderMap, HeaderValue, header};
use tower_sessions::session::Id;

use crate::config::Config;

/// Name of the cookie on https, where the browser holds it to this host and path.
const SECURE_NAME: &str = "__Host-session";

/// Name of the cookie on http, which only localhost may use.
const PLAIN_NAME: &str = "session";

/// The browser keeps the cookie this long; what counts is the expiry in the database.
const MAX_AGE_SECONDS: u32 = 400 * 24 * 3600;

/// The session id that the browser brings.
pub(crate) fn read(config: &Config, headers: &HeaderMap) -> Option<Id> {
    let name = name(config);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim_ascii().split_once('='))
        .find(|(key, _)| *key == name)
        .and_then(|(_, value)| value.parse().ok())
}

/// The header that gives the browser a session id.
pub(crate) fn write(config: &Config, id: Id) -> HeaderValue {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let text = format!(
        "{}={id}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        name(config)
    );
    HeaderValue::try_from(text).expect("a name, an id in base64 and constants are visible ASCII")
}

fn name(config: &Config) -> &'static str {
    if config.is_https() {
        SECURE_NAME
    } else {
        PLAIN_NAME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(api_url: &str) -> Config {
        let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let variables = [
            ("API_URL", api_url),
            ("DATABASE_URL", "postgres://localhost/none"),
            ("SECRET_KEY", key),
        ];
        let variables = variables
            .map(|(name, value)| (name, value.to_owned()))
            .into();
        Config::from_variables(&variables).expect("a sound environment")
    }

    fn headers(cookies: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(cookies))])
    }

    #[test]
    fn what_is_written_is_read_again() {
        for api_url in ["https://cours.example.org", "http://localhost:3000"] {
            let config = config(api_url);
            let id = Id::default();
            let written = write(&config, id);
            let pair = written
                .to_str()
                .expect("visible ASCII")
                .split(';')
                .next()
                .expect("a pair");
            let headers = HeaderMap::from_iter([(
                header::COOKIE,
                HeaderValue::try_from(pair).expect("ASCII"),
            )]);
            assert_eq!(read(&config, &headers), Some(id));
        }
    }

    #[test]
    fn the_cookie_is_held_to_this_host_on_https() {
        let written = write(&config("https://cours.example.org"), Id::default());
        let text = written.to_str().expect("visible ASCII");
        assert!(text.starts_with("__Host-session="));
        assert!(text.ends_with("; HttpOnly; SameSite=Lax; Secure"));
    }

    #[test]
    fn other_cookies_and_broken_ids_are_nobody() {
        let config = config("http://localhost:3000");
        assert_eq!(read(&config, &headers("a=b; session=short; x")), None);
        assert_eq!(
            read(&config, &headers("othersession=AAAAAAAAAAAAAAAAAAAAAA")),
            None
        );
        assert_eq!(read(&config, &HeaderMap::new()), None);
    }
}
