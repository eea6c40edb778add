//! Settings: the raw environment in, a checked [`Config`] out.
//!
//! Every problem is reported at once, with the variable's name, what was found and how to
//! mend it; secrets never print. Nothing else reads the environment.

use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use sqlx::postgres::PgConnectOptions;
use url::{Host, Url};

/// Variables that the program reads, in the order of `.env.example`.
pub const VARIABLES: [&str; 12] = [
    "DATABASE_URL",
    "DATABASE_MAX_CONNECTIONS",
    "PORT",
    "BIND_ADDRESS",
    "API_URL",
    "APP_ENV",
    "SECRET_KEY",
    "EMBED_TOKEN_SECRET",
    "DEV_LOGIN",
    "CORS_ORIGINS",
    "LOG_FORMAT",
    "LOG_LEVEL",
];

/// Bytes that a secret holds at least.
const SECRET_BYTES: usize = 32;

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where PostgreSQL is.
    pub database: PgConnectOptions,
    /// Connections this process opens at most.
    pub database_max_connections: u32,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The public address of the site; every absolute URL is built from it.
    pub api_url: Url,
    /// Production unless said otherwise.
    pub environment: Environment,
    /// Signs and encrypts; `None` only in development.
    pub secret_key: Option<Secret>,
    /// Checks iframe tokens; `None` closes that entrance.
    pub embed_token_secret: Option<Secret>,
    /// Whether `?moodle_user_id=` opens a session.
    pub dev_login: bool,
    /// Origins whose pages may call the JSON API, as browsers write them.
    pub cors_origins: Vec<String>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, as `tracing` filters them.
    pub log_level: String,
}

/// Where the program runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Environment {
    /// For learners: the safe default.
    Production,
    /// On the machine of an author or a developer.
    Development,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// One sentence a line, for eyes.
    Text,
}

/// A secret: its bytes never print.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A secret whose bytes are those of a text.
    pub fn from_text(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// The bytes, for the one that signs or checks with them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Everything that is wrong with the environment.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
#[error("{} problem{} in the environment:\n{}", .0.len(), if .0.len() > 1 { "s" } else { "" }, list(.0))]
pub struct ConfigError(pub Vec<Problem>);

/// One thing that is wrong with the environment.
#[derive(Debug, Eq, PartialEq)]
pub struct Problem {
    /// Name of the variable.
    pub variable: &'static str,
    /// What was found and how to mend it.
    pub sentence: String,
}

fn list(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| format!("  {}: {}", problem.variable, problem.sentence))
        .collect();
    lines.join("\n")
}

impl Config {
    /// Reads `.env`, then the environment, which wins over it.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn from_env() -> Result<Self, ConfigError> {
        if let Err(error) = dotenvy::dotenv()
            && !error.not_found()
        {
            let sentence = format!(
                "the file cannot be read ({}); mend that line",
                described(&error)
            );
            return Err(ConfigError(vec![Problem {
                variable: ".env",
                sentence,
            }]));
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads it"
        )]
        let read = |name: &&'static str| std::env::var(name).ok().map(|value| (*name, value));
        Self::from_variables(&VARIABLES.iter().filter_map(read).collect())
    }

    /// Checks variables given by hand, as tests do.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn from_variables(variables: &HashMap<&'static str, String>) -> Result<Self, ConfigError> {
        let mut raw = Raw {
            variables,
            problems: Vec::new(),
        };
        let environment = raw.environment();
        let port = raw.parsed("PORT", "a port from 0 to 65535").unwrap_or(3000);
        let api_url = raw.api_url(environment, port);
        let config = Self {
            database: raw.database(environment),
            database_max_connections: raw.max_connections(),
            listen: SocketAddr::new(raw.bind_address(environment), port),
            secret_key: raw.secret_key(environment),
            embed_token_secret: raw.embed_token_secret(),
            dev_login: raw.dev_login(environment, &api_url),
            cors_origins: raw.cors_origins(),
            log_format: raw.log_format(environment),
            log_level: raw.get("LOG_LEVEL").unwrap_or("info,sqlx=warn").to_owned(),
            api_url,
            environment,
        };
        if raw.problems.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(raw.problems))
        }
    }

    /// Whether this is the machine of an author or a developer.
    pub fn is_development(&self) -> bool {
        self.environment == Environment::Development
    }

    /// Whether browsers reach the site over https, so that cookies can be `Secure`.
    pub fn is_https(&self) -> bool {
        self.api_url.scheme() == "https"
    }
}

/// What is wrong with `.env`, without the line itself: it may hold a secret.
fn described(error: &dotenvy::Error) -> String {
    match error {
        dotenvy::Error::LineParse(_, index) => {
            format!("a value is ill-formed near character {index}")
        }
        dotenvy::Error::Io(error) => error.to_string(),
        _ => "it is ill-formed".to_owned(),
    }
}

/// The variables as found, and what was wrong with them so far.
struct Raw<'a> {
    variables: &'a HashMap<&'static str, String>,
    problems: Vec<Problem>,
}

impl<'a> Raw<'a> {
    /// The value of a variable; an empty one counts as unset.
    fn get(&self, name: &'static str) -> Option<&'a str> {
        self.variables
            .get(name)
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    fn refuse(&mut self, variable: &'static str, sentence: impl Into<String>) {
        self.problems.push(Problem {
            variable,
            sentence: sentence.into(),
        });
    }

    fn parsed<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<T> {
        let value = self.get(name)?;
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.refuse(name, format!("“{value}” was found, {expected} is expected"));
        }
        parsed
    }

    fn environment(&mut self) -> Environment {
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

    fn database(&mut self, environment: Environment) -> PgConnectOptions {
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
        value.parse().unwrap_or_else(|_| {
            // The value holds a password: it is not repeated.
            self.refuse(
                "DATABASE_URL",
                format!("the value is no PostgreSQL address; {hint}"),
            );
            PgConnectOptions::new_without_pgpass()
        })
    }

    fn max_connections(&mut self) -> u32 {
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

    fn bind_address(&mut self, environment: Environment) -> IpAddr {
        let default = match environment {
            Environment::Production => Ipv4Addr::UNSPECIFIED,
            Environment::Development => Ipv4Addr::LOCALHOST,
        };
        self.parsed("BIND_ADDRESS", "an IP address such as 0.0.0.0 or ::")
            .unwrap_or(default.into())
    }

    fn api_url(&mut self, environment: Environment, port: u16) -> Url {
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

    fn secret_key(&mut self, environment: Environment) -> Option<Secret> {
        let name = "SECRET_KEY";
        let hint = "make one with: openssl rand -base64 32";
        let Some(value) = self.get(name) else {
            if environment == Environment::Production {
                self.refuse(name, format!("it is not set; {hint}"));
            }
            return None;
        };
        match BASE64_STANDARD.decode(value) {
            Ok(bytes) if bytes.len() >= SECRET_BYTES => Some(Secret(bytes)),
            Ok(bytes) => {
                let found = bytes.len();
                self.refuse(
                    name,
                    format!("it holds {found} bytes, {SECRET_BYTES} or more are needed; {hint}"),
                );
                None
            }
            Err(_) => {
                self.refuse(name, format!("the value is not base64; {hint}"));
                None
            }
        }
    }

    fn embed_token_secret(&mut self) -> Option<Secret> {
        let name = "EMBED_TOKEN_SECRET";
        let value = self.get(name)?;
        if value.len() < SECRET_BYTES {
            let found = value.len();
            self.refuse(name, format!("it holds {found} bytes, {SECRET_BYTES} or more are needed; make one with: openssl rand -base64 32"));
            return None;
        }
        Some(Secret::from_text(value))
    }

    fn dev_login(&mut self, environment: Environment, api_url: &Url) -> bool {
        let name = "DEV_LOGIN";
        let is_open = self.parsed(name, "true or false").unwrap_or(false);
        if is_open && environment == Environment::Production {
            self.refuse(name, "it lets anyone in as anyone and is refused in production; remove it, or set APP_ENV=development");
        } else if is_open && !is_localhost(api_url) {
            self.refuse(name, "it lets anyone in as anyone and is refused when API_URL is not localhost; remove it");
        }
        is_open
    }

    fn cors_origins(&mut self) -> Vec<String> {
        let name = "CORS_ORIGINS";
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

    fn log_format(&mut self, environment: Environment) -> LogFormat {
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
fn is_localhost(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

    fn production() -> HashMap<&'static str, String> {
        HashMap::from([
            (
                "DATABASE_URL",
                "postgresql://site:hush@db.example.org/site".to_owned(),
            ),
            ("API_URL", "https://cours.example.org".to_owned()),
            ("SECRET_KEY", KEY.to_owned()),
        ])
    }

    fn with(name: &'static str, value: &str) -> Result<Config, ConfigError> {
        let mut variables = production();
        variables.insert(name, value.to_owned());
        Config::from_variables(&variables)
    }

    /// The problems found when one variable of a sound environment takes this value.
    fn refused(name: &'static str, value: &str) -> String {
        with(name, value).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
    }

    #[test]
    fn production_is_the_default_and_listens_to_the_world() {
        let config = Config::from_variables(&production()).expect("a sound environment");
        assert_eq!(config.environment, Environment::Production);
        assert_eq!(config.listen.to_string(), "0.0.0.0:3000");
        assert!(!config.dev_login);
        assert!(config.is_https());
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let variables = HashMap::from([
            ("PORT", "http".to_owned()),
            ("SECRET_KEY", "c2hvcnQ=".to_owned()),
            ("LOG_FORMAT", "xml".to_owned()),
        ]);
        let error = Config::from_variables(&variables).expect_err("nothing is right");
        let names: Vec<_> = error.0.iter().map(|problem| problem.variable).collect();
        assert_eq!(
            names,
            [
                "PORT",
                "API_URL",
                "DATABASE_URL",
                "SECRET_KEY",
                "LOG_FORMAT"
            ]
        );
        assert!(
            error
                .to_string()
                .starts_with("5 problems in the environment:\n  PORT: “http” was found")
        );
    }

    #[test]
    fn secrets_are_repeated_neither_in_errors_nor_in_debug_output() {
        let mut variables = production();
        variables.insert("DATABASE_URL", "hush-hush".to_owned());
        variables.insert("SECRET_KEY", "!hush!".to_owned());
        variables.insert("EMBED_TOKEN_SECRET", "hush".to_owned());
        let error = Config::from_variables(&variables).expect_err("three wrong secrets");
        assert_eq!(error.0.len(), 3);
        assert!(!error.to_string().contains("hush"));
        let config = with("EMBED_TOKEN_SECRET", &"hush".repeat(8)).expect("a sound environment");
        assert!(
            !format!("{:?}{:?}", config.secret_key, config.embed_token_secret).contains("104, 117")
        );
        assert_eq!(
            format!("{:?}", config.embed_token_secret),
            "Some(Secret(…))"
        );
    }

    #[test]
    fn an_address_without_https_is_refused_unless_it_is_localhost() {
        assert!(refused("API_URL", "http://cours.example.org").contains("is not https"));
        assert!(refused("API_URL", "https://example.org/cours").contains("leave out the path"));
        assert!(refused("API_URL", "cours.example.org").contains("is no address"));
        assert_eq!(refused("API_URL", "http://localhost:3000"), "accepted");
        assert_eq!(refused("API_URL", "http://127.0.0.1:3000"), "accepted");
    }

    #[test]
    fn the_development_login_is_refused_in_production_and_on_public_addresses() {
        assert!(refused("DEV_LOGIN", "true").contains("refused in production"));
        let mut variables = production();
        variables.extend([
            ("DEV_LOGIN", "true".to_owned()),
            ("APP_ENV", "development".to_owned()),
        ]);
        let error = Config::from_variables(&variables).expect_err("a public address");
        assert!(error.to_string().contains("API_URL is not localhost"));
        variables.insert("API_URL", "http://localhost:3000".to_owned());
        assert!(
            Config::from_variables(&variables)
                .expect("a sound environment")
                .dev_login
        );
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        let config = with(
            "CORS_ORIGINS",
            "https://a.example.org, https://B.example.org:8443",
        );
        let origins = config.expect("a sound environment").cors_origins;
        assert_eq!(
            origins,
            ["https://a.example.org", "https://b.example.org:8443"]
        );
        assert!(refused("CORS_ORIGINS", "*").contains("is no origin"));
        assert!(refused("CORS_ORIGINS", "https://a.example.org/page").contains("is no origin"));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        assert!(refused("SECRET_KEY", "").contains("it is not set"));
        assert_eq!(refused("PORT", " "), "accepted");
    }

    #[test]
    fn the_number_of_connections_has_bounds() {
        assert!(refused("DATABASE_MAX_CONNECTIONS", "0").contains("1 to 500"));
        assert!(refused("DATABASE_MAX_CONNECTIONS", "ten").contains("1 to 500"));
    }
}
