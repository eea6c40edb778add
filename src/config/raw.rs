//! The checks, variable by variable: what was found, what is expected, how to mend it.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use sqlx::postgres::PgConnectOptions;
use url::{Host, Url};

use super::{
    Environment, LogFormat, PoolMode, Problem, Secret,
    address::{ONE_SERVER, has_several_servers},
};

/// Bytes that a secret holds at least.
const SECRET_BYTES: usize = 32;

/// The variables as found, and what was wrong with them so far.
pub(super) struct Raw<'a> {
    pub(super) variables: &'a HashMap<&'static str, String>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Raw<'a> {
    /// The value of a variable; an empty one counts as unset.
    pub(super) fn get(&self, name: &'static str) -> Option<&'a str> {
        self.variables
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    pub(super) fn refuse(&mut self, variable: &'static str, sentence: impl Into<String>) {
        self.problems.push(Problem {
            variable,
            sentence: sentence.into(),
        });
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<T> {
        let value = self.get(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.refuse(name, format!("“{value}” was found, {expected} is expected"));
        }
        parsed
    }

    pub(super) fn environment(&mut self) -> Environment {
        match self.get("APP_ENV") {
            None | Some("production") => Environment::Production,
            Some("development") => Environment::Development,
            Some(other) => {
                let found = format!("“{other}” was found; write production or development");
                self.refuse("APP_ENV", found);
                Environment::Production
            }
        }
    }

    pub(super) fn database(&mut self, environment: Environment) -> PgConnectOptions {
        let hint = "write postgresql://user:password@host:5432/database?sslmode=verify-full";
        let Some(value) = self.get("DATABASE_URL") else {
            let why = match environment {
                Environment::Production => "it is not set",
                Environment::Development => {
                    "it is not set (bin/dev starts a private PostgreSQL and sets it)"
                }
            };
            self.refuse("DATABASE_URL", format!("{why}; {hint}"));
            return PgConnectOptions::new_without_pgpass();
        };
        // The value holds a password: it is not repeated.
        let fault = if has_several_servers(value) {
            format!("it names several servers; {ONE_SERVER}")
        } else {
            match value.parse() {
                Ok(options) => return options,
                Err(_) => format!("the value is no PostgreSQL address; {hint}"),
            }
        };
        self.refuse("DATABASE_URL", fault);
        PgConnectOptions::new_without_pgpass()
    }

    pub(super) fn max_connections(&mut self) -> u32 {
        let name = "DATABASE_MAX_CONNECTIONS";
        let count = self.parsed(name, "a number from 1 to 500").unwrap_or(10);
        if !(1..=500).contains(&count) {
            self.refuse(
                name,
                format!("“{count}” was found, a number from 1 to 500 is expected"),
            );
        }
        count
    }

    pub(super) fn pool_mode(&mut self) -> PoolMode {
        match self.get("DATABASE_POOL_MODE") {
            None | Some("session") => PoolMode::Session,
            Some("transaction") => PoolMode::Transaction,
            Some(other) => {
                let expected = "write transaction when a pooler in transaction mode stands before PostgreSQL, else leave it out";
                self.refuse(
                    "DATABASE_POOL_MODE",
                    format!("“{other}” was found; {expected}"),
                );
                PoolMode::Session
            }
        }
    }

    /// Never 0: nobody is to be erased while they read.
    pub(super) fn retention_months(&mut self) -> Option<u16> {
        let value = self.get("RETENTION_MONTHS")?;
        let months = value
            .parse()
            .ok()
            .filter(|months| (1..=600).contains(months));
        if months.is_none() {
            let expected = "a number of months from 1 to 600 is expected, such as 24; leave it out to erase nobody";
            self.refuse(
                "RETENTION_MONTHS",
                format!("“{value}” was found, {expected}"),
            );
        }
        months
    }

    pub(super) fn bind_address(&mut self, environment: Environment) -> IpAddr {
        let default = match environment {
            Environment::Production => Ipv4Addr::UNSPECIFIED,
            Environment::Development => Ipv4Addr::LOCALHOST,
        };
        self.parsed("BIND_ADDRESS", "an IP address such as 0.0.0.0 or ::")
            .unwrap_or(default.into())
    }

    pub(super) fn api_url(&mut self, environment: Environment, port: u16) -> Url {
        let name = "API_URL";
        let local = Url::parse(&format!("http://localhost:{port}")).expect("this is an address");
        let Some(value) = self.get(name) else {
            if environment == Environment::Production {
                self.refuse(name, "it is not set; write the public address of the site, such as https://cours.univ.fr");
            }
            return local;
        };
        let Some(url) = Url::parse(value).ok().filter(Url::has_host) else {
            self.refuse(
                name,
                format!("“{value}” is no address; write it whole, such as https://cours.univ.fr"),
            );
            return local;
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_localhost(&url)) {
            self.refuse(
                name,
                format!("“{value}” is not https; only localhost may do without"),
            );
        } else if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            self.refuse(name, format!("“{value}” goes beyond the host; leave out the path: the site has a host of its own"));
        } else if !url.username().is_empty() || url.password().is_some() {
            self.refuse(
                name,
                "a user name or a password stands in the address; leave them out",
            );
        }
        url
    }

    pub(super) fn secret_key(&mut self, environment: Environment) -> Secret {
        let name = "SECRET_KEY";
        let hint = "make one with: openssl rand -base64 32";
        let stand_in = Secret::from_text("in development this is no secret");
        let Some(value) = self.get(name) else {
            if environment == Environment::Production {
                self.refuse(name, format!("it is not set; {hint}"));
            }
            return stand_in;
        };
        match BASE64_STANDARD.decode(value) {
            Ok(bytes) if bytes.len() >= SECRET_BYTES => return Secret(bytes),
            Ok(bytes) => {
                let found = bytes.len();
                self.refuse(
                    name,
                    format!("it holds {found} bytes, {SECRET_BYTES} or more are needed; {hint}"),
                );
            }
            Err(_) => self.refuse(name, format!("the value is not base64; {hint}")),
        }
        stand_in
    }

    pub(super) fn embed_token_secret(&mut self) -> Option<Secret> {
        let name = "EMBED_TOKEN_SECRET";
        let value = self.get(name)?;
        if value.len() < SECRET_BYTES {
            let found = value.len();
            self.refuse(name, format!("it holds {found} bytes, {SECRET_BYTES} or more are needed; make one with: openssl rand -base64 32"));
            return None;
        }
        Some(Secret::from_text(value))
    }

    pub(super) fn dev_login(&mut self, environment: Environment, api_url: &Url) -> bool {
        let name = "DEV_LOGIN";
        let is_open = self.parsed(name, "true or false").unwrap_or(false);
        if is_open && environment == Environment::Production {
            self.refuse(name, "it lets anyone in as anyone and is refused in production; remove it, or set APP_ENV=development");
        } else if is_open && !is_localhost(api_url) {
            self.refuse(name, "it lets anyone in as anyone and is refused when API_URL is not localhost; remove it");
        }
        is_open
    }

    /// A list of origins, as browsers write them.
    pub(super) fn origins(&mut self, name: &'static str) -> Vec<String> {
        let mut origins = Vec::new();
        for item in self
            .get(name)
            .unwrap_or_default()
            .split([',', ' '])
            .filter(|item| !item.is_empty())
        {
            match Url::parse(item) {
                Ok(url) if url.origin().is_tuple() && url.path() == "/" && !item.ends_with('/') => {
                    origins.push(url.origin().ascii_serialization());
                }
                _ => self.refuse(name, format!("“{item}” is no origin; write it like https://moodle.univ.fr, several separated by commas")),
            }
        }
        origins
    }

    pub(super) fn log_format(&mut self, environment: Environment) -> LogFormat {
        match (self.get("LOG_FORMAT"), environment) {
            (Some("json"), _) | (None, Environment::Production) => LogFormat::Json,
            (Some("text"), _) | (None, Environment::Development) => LogFormat::Text,
            (Some(other), _) => {
                self.refuse(
                    "LOG_FORMAT",
                    format!("“{other}” was found; write json or text"),
                );
                LogFormat::Json
            }
        }
    }
}

/// Whether an address stays on this machine.
pub(super) fn is_localhost(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
