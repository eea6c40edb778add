//! Cookies: the session of a page alone in its tab, and those of a launch in a frame.
//!
//! A frame's cookie is `SameSite=None; Partitioned`: of the two attributes, one lets it into the
//! frame of another site, the other keeps it there (CHIPS).

use axum::http::{HeaderMap, HeaderValue, header};
use tower_sessions::session::Id;

use crate::config::Config;

/// Before the name of each cookie on https: the browser holds it to this host and path.
const PREFIX: &str = "__Host-";

/// Name of the session in a tab.
const SESSION: &str = "session";

/// The browser keeps the session of a tab this long; what counts is the expiry in the database.
const MAX_AGE_SECONDS: u32 = 400 * 24 * 3600;

/// The session id that the browser brings.
pub(crate) fn read(config: &Config, headers: &HeaderMap) -> Option<Id> {
    find(config, headers, SESSION)?.parse().ok()
}

/// The header that gives the browser a session id.
pub(crate) fn write(config: &Config, id: Id) -> HeaderValue {
    set(
        config,
        SESSION,
        &id.to_string(),
        MAX_AGE_SECONDS,
        "SameSite=Lax",
    )
}

/// The header that gives the browser a cookie for a page in the frame of another site.
pub(crate) fn write_framed(
    config: &Config,
    name: &str,
    value: &str,
    max_age_seconds: u32,
) -> HeaderValue {
    // Browsers take `None` and `Partitioned` with `Secure` only, which http on localhost has not.
    let site = if config.is_https() {
        "SameSite=None; Partitioned"
    } else {
        "SameSite=Lax"
    };
    set(config, name, value, max_age_seconds, site)
}

/// The value of a cookie of ours.
pub(crate) fn find<'a>(config: &Config, headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let prefix = prefix(config);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim_ascii().split_once('='))
        .find(|(key, _)| key.strip_prefix(prefix) == Some(name))
        .map(|(_, value)| value)
}

fn set(config: &Config, name: &str, value: &str, max_age_seconds: u32, site: &str) -> HeaderValue {
    let secure = if config.is_https() { "; Secure" } else { "" };
    let text = format!(
        "{}{name}={value}; Path=/; Max-Age={max_age_seconds}; HttpOnly; {site}{secure}",
        prefix(config)
    );
    HeaderValue::try_from(text).expect("a name, a value in base64 and constants are visible ASCII")
}

fn prefix(config: &Config) -> &'static str {
    if config.is_https() { PREFIX } else { "" }
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
