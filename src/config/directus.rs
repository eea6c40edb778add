//! The Directus beside the site: its address, and a token for it; both or neither.

use url::Url;

use super::{
    Secret,
    raw::{Raw, is_localhost},
};

/// Where Directus is, and the right to tell it something.
#[derive(Clone, Debug)]
pub struct Directus {
    /// Its address, https unless it is on this machine; it may have a path.
    pub url: Url,
    /// Token of one of its administrators.
    pub token: Secret,
}

impl Directus {
    /// Reads the two variables; `None` when both are unset, or when something is wrong with them.
    pub(super) fn read(
        raw: &mut Raw<'_>,
        address: &'static str,
        secret: &'static str,
    ) -> Option<Self> {
        match (raw.get(address), raw.get(secret)) {
            (None, None) => None,
            (Some(value), Some(token)) => {
                let url = checked(value);
                if let Err(fault) = &url {
                    raw.refuse(address, fault.as_str());
                }
                let is_sound = token.bytes().all(|byte| byte.is_ascii_graphic());
                if !is_sound {
                    raw.refuse(
                        secret,
                        "the value holds blanks or letters that no token has",
                    );
                }
                let token = Secret::from_text(token);
                url.ok().filter(|_| is_sound).map(|url| Self { url, token })
            }
            (None, Some(_)) => missing(raw, address, secret),
            (Some(_), None) => missing(raw, secret, address),
        }
    }
}

fn missing(raw: &mut Raw<'_>, name: &'static str, other: &str) -> Option<Directus> {
    raw.refuse(
        name,
        format!("it is not set, {other} is; set both or neither"),
    );
    None
}

fn checked(value: &str) -> Result<Url, String> {
    let Some(url) = Url::parse(value).ok().filter(Url::has_host) else {
        return Err(format!(
            "“{value}” is no address; write it whole, such as https://directus.univ.fr"
        ));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a user name or a password stands in the address; leave them out".to_owned());
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && is_localhost(&url)) {
        return Err(format!(
            "“{value}” is not https; only localhost may do without"
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "“{value}” goes beyond the path; leave out what follows it"
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The Directus of these values, or every problem in one text.
    fn read(address: &str, secret: &str) -> Result<Option<Directus>, String> {
        let variables = HashMap::from([("URL", address.to_owned()), ("TOKEN", secret.to_owned())]);
        let mut raw = Raw {
            variables: &variables,
            problems: Vec::new(),
        };
        let found = Directus::read(&mut raw, "URL", "TOKEN");
        let problems: Vec<_> = raw
            .problems
            .iter()
            .map(|problem| format!("{}: {}", problem.variable, problem.sentence))
            .collect();
        if problems.is_empty() {
            Ok(found)
        } else {
            Err(problems.join("; "))
        }
    }

    #[test]
    fn an_address_and_a_token_come_together_or_not_at_all() {
        let known = read("https://directus.example.org/base", "hush").expect("both are sound");
        let known = known.expect("a Directus");
        assert_eq!(known.url.as_str(), "https://directus.example.org/base");
        assert_eq!(known.token.bytes(), b"hush");
        assert!(read("", "").expect("neither").is_none());
        assert!(
            read("https://directus.example.org", "").is_err_and(|told| told.starts_with("TOKEN"))
        );
        assert!(read("", "hush").is_err_and(|told| told.starts_with("URL")));
    }

    #[test]
    fn an_address_without_https_is_refused_unless_it_is_localhost() {
        assert!(read("http://localhost:8055", "hush").is_ok());
        for (address, told) in [
            ("http://directus.example.org", "is not https"),
            ("directus.example.org", "is no address"),
            ("https://me:hidden@directus.example.org", "leave them out"),
            ("https://directus.example.org?a=b", "leave out what follows"),
        ] {
            let error = read(address, "hush").expect_err(told);
            assert!(error.contains(told), "{told}: {error}");
            assert!(
                !error.contains("hidden") && !error.contains("hush"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_token_that_fits_no_header_is_refused_and_not_repeated() {
        let error = read("https://directus.example.org", "hu\nsh").expect_err("a line break");
        assert!(
            error.starts_with("TOKEN") && !error.contains("hu"),
            "{error}"
        );
    }
}
