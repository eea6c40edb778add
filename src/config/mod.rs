//! Settings: the raw environment in, a checked [`Config`] out.
//!
//! Every problem is reported at once, with the variable's name, what was found and how to
//! mend it; secrets never print. Nothing else reads the environment.

mod address;
mod directus;
mod raw;
mod secret;

use std::{collections::HashMap, net::SocketAddr};

use sqlx::postgres::PgConnectOptions;
use url::Url;

use raw::Raw;

pub use address::{AddressError, DatabaseAddress};
pub use directus::Directus;
pub use secret::Secret;

/// Variables that the program reads, in the order of `.env.example`.
pub const VARIABLES: [&str; 18] = [
    "DATABASE_URL",
    "DATABASE_MAX_CONNECTIONS",
    "DATABASE_POOL_MODE",
    "PORT",
    "BIND_ADDRESS",
    "API_URL",
    "APP_ENV",
    "SECRET_KEY",
    "EMBED_TOKEN_SECRET",
    "EMBED_ORIGINS",
    "LTI_ALLOW_PRIVATE_NETWORKS",
    "DEV_LOGIN",
    "CORS_ORIGINS",
    "RETENTION_MONTHS",
    "DIRECTUS_URL",
    "DIRECTUS_TOKEN",
    "LOG_FORMAT",
    "LOG_LEVEL",
];

/// Checked settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where PostgreSQL is.
    pub database: PgConnectOptions,
    /// Connections this process opens at most.
    pub database_max_connections: u32,
    /// What stands between the program and PostgreSQL.
    pub database_pool_mode: PoolMode,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The public address of the site; every absolute URL is built from it.
    pub api_url: Url,
    /// Production unless said otherwise.
    pub environment: Environment,
    /// Signs and encrypts; in development a constant stands in for it.
    pub secret_key: Secret,
    /// Checks iframe tokens; `None` closes that entrance.
    pub embed_token_secret: Option<Secret>,
    /// Origins whose pages may hold the site in a frame with a signed token, without LTI.
    pub embed_origins: Vec<String>,
    /// Whether platforms may live on private addresses, and on http there.
    pub lti_allow_private_networks: bool,
    /// Whether `?moodle_user_id=` opens a session.
    pub dev_login: bool,
    /// Origins whose pages may call the JSON API, as browsers write them.
    pub cors_origins: Vec<String>,
    /// Learners without activity for so many months are erased; `None` erases nobody.
    pub retention_months: Option<u16>,
    /// The Directus that shows our tables; it is told when the schema may have changed.
    pub directus: Option<Directus>,
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

/// How long a connection keeps the same session of PostgreSQL; the words are those of PgBouncer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PoolMode {
    /// As long as it lives: no pooler, or one in session mode.
    Session,
    /// For the length of a transaction.
    Transaction,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// One sentence a line, for eyes.
    Text,
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
            database_pool_mode: raw.pool_mode(),
            listen: SocketAddr::new(raw.bind_address(environment), port),
            secret_key: raw.secret_key(environment),
            embed_token_secret: raw.embed_token_secret(),
            embed_origins: raw.origins("EMBED_ORIGINS"),
            lti_allow_private_networks: raw
                .parsed("LTI_ALLOW_PRIVATE_NETWORKS", "true or false")
                .unwrap_or(false),
            dev_login: raw.dev_login(environment, &api_url),
            cors_origins: raw.origins("CORS_ORIGINS"),
            retention_months: raw.retention_months(),
            directus: Directus::read(&mut raw, "DIRECTUS_URL", "DIRECTUS_TOKEN"),
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

    /// The public address of a path of this site.
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.origin())
    }

    /// The origin of this site, as browsers write it.
    pub fn origin(&self) -> String {
        self.api_url.origin().ascii_serialization()
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
    fn a_pooler_is_named_in_its_own_words_or_refused() {
        let config = with("DATABASE_POOL_MODE", "transaction").expect("a sound environment");
        assert_eq!(config.database_pool_mode, PoolMode::Transaction);
        let config = with("DATABASE_POOL_MODE", "").expect("a sound environment");
        assert_eq!(config.database_pool_mode, PoolMode::Session);
        assert!(refused("DATABASE_POOL_MODE", "statement").contains("write transaction when"));
    }

    #[test]
    fn an_address_of_several_servers_is_refused_and_says_which_one_to_name() {
        for several in [
            "postgresql://site:hush@a.example.org,b.example.org/site",
            "postgresql://site:hush@a.example.org:5432,b.example.org:5432/site",
            "postgresql://a.example.org,b.example.org/site?target_session_attrs=read-write",
            "postgresql:///site?host=a.example.org,b.example.org",
            "postgresql://site@localhost/site?host=/run/a%2C/run/b",
        ] {
            let told = refused("DATABASE_URL", several);
            assert!(told.contains("several servers; name the one"), "{told}");
            assert!(!told.contains("hush"), "{told}");
        }
        for one in [
            "postgresql://site:hu,sh@a.example.org/site?options=-c%20DateStyle=ISO,DMY",
            "postgresql://site@localhost/a,b?host=/run/postgresql",
        ] {
            assert_eq!(refused("DATABASE_URL", one), "accepted", "{one}");
        }
    }

    #[test]
    fn the_number_of_connections_has_bounds() {
        assert!(refused("DATABASE_MAX_CONNECTIONS", "0").contains("1 to 500"));
        assert!(refused("DATABASE_MAX_CONNECTIONS", "ten").contains("1 to 500"));
    }

    #[test]
    fn learners_are_kept_until_a_number_of_months_is_given_and_no_number_erases_them_at_once() {
        let months = |value| with("RETENTION_MONTHS", value).map(|config| config.retention_months);
        assert_eq!(months(""), Ok(None));
        assert_eq!(months("24"), Ok(Some(24)));
        for nonsense in ["0", "-3", "601", "two years", "24 months", "1.5"] {
            let told = refused("RETENTION_MONTHS", nonsense);
            let found = format!("RETENTION_MONTHS: “{nonsense}” was found, a number of months");
            assert!(told.contains(&found), "{told}");
        }
    }
}
