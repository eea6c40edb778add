//! The address of a database, as an operator gives it to a command.

use std::fmt;

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::Url;

use super::Secret;

/// Where a database is: for ourselves, and for PostgreSQL's own programs.
#[derive(Clone)]
pub struct DatabaseAddress {
    /// For ourselves.
    pub options: PgConnectOptions,
    /// What else PostgreSQL's programs are told, by the variables of libpq.
    certificates: Vec<(&'static str, String)>,
    password: Option<Secret>,
    /// Whether the password stood in the command line, for others to see.
    pub is_exposed: bool,
}

/// Why an argument is no address.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// The variable that was named holds nothing.
    #[error(
        "the variable {0} is not set; give an address, or the name of a variable that holds one"
    )]
    Unset(String),
    /// What stands there lends a session of PostgreSQL for one transaction only.
    #[error(
        "{0} leads to a pooler (DATABASE_POOL_MODE=transaction), and this command needs PostgreSQL itself; put its own address into another variable, and give the name of that one"
    )]
    Pooled(String),
    /// It is no address. It may hold a password: it is not repeated.
    #[error(
        "{0} is no PostgreSQL address; write postgresql://user:password@host:5432/database?sslmode=verify-full"
    )]
    Malformed(String),
    /// It names several servers. It may hold a password: it is not repeated.
    #[error("{0} names several servers; {ONE_SERVER}")]
    SeveralServers(String),
}

/// What to do with an address of several servers, which libpq takes.
pub(super) const ONE_SERVER: &str = "name the one that accepts writes alone; after a switch to its replica, write that one's address and restart";

/// Whether an address has several servers, as libpq takes them: `a:5432,b:5432`, or `?host=a,b`.
pub(super) fn has_several_servers(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // A password may hold a comma.
    let servers = authority.rsplit('@').next().unwrap_or_default();
    let options = rest.split_once('?').map_or("", |(_, options)| options);
    let mut pairs = url::form_urlencoded::parse(options.as_bytes());
    let is_server = |name: &str| matches!(name, "host" | "hostaddr" | "port");
    servers.contains(',') || pairs.any(|(name, value)| is_server(&name) && value.contains(','))
}

impl DatabaseAddress {
    /// What an operator typed: an address, or the name of a variable (of the environment or of
    /// `.env`) that holds one, so that no password stands in the list of processes.
    ///
    /// # Errors
    /// [`AddressError`].
    pub fn from_argument(text: &str) -> Result<Self, AddressError> {
        if text.contains("://") {
            let mut address = Self::checked(text, "the argument")?;
            address.is_exposed = address.password.is_some();
            return Ok(address);
        }
        // A file that cannot be read is told by what it was to hold.
        dotenvy::dotenv().ok();
        let value = variable(text);
        if value.trim().is_empty() {
            return Err(AddressError::Unset(text.to_owned()));
        }
        if text == "DATABASE_URL" && is_pooled() {
            return Err(AddressError::Pooled(text.to_owned()));
        }
        Self::checked(value.trim(), text)
    }

    fn checked(text: &str, source: &str) -> Result<Self, AddressError> {
        if has_several_servers(text) {
            return Err(AddressError::SeveralServers(source.to_owned()));
        }
        Self::parse(text).ok_or_else(|| AddressError::Malformed(source.to_owned()))
    }

    /// The address that a text holds.
    pub fn parse(text: &str) -> Option<Self> {
        let options: PgConnectOptions = text.parse().ok()?;
        let url = Url::parse(text).ok()?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return None;
        }
        let certificates = url.query_pairs().filter_map(|(name, value)| {
            let variable = match &*name {
                "sslrootcert" => "PGSSLROOTCERT",
                "sslcert" => "PGSSLCERT",
                "sslkey" => "PGSSLKEY",
                _ => return None,
            };
            Some((variable, value.into_owned()))
        });
        let password = url.password().map(decoded).or_else(|| {
            let mut pairs = url.query_pairs();
            let (_, value) = pairs.find(|(name, _)| name == "password")?;
            Some(value.into_owned())
        });
        Some(Self {
            certificates: certificates.collect(),
            password: password.as_deref().map(Secret::from_text),
            is_exposed: false,
            options,
        })
    }

    /// Variables of libpq that lead its programs to this database, the password among them: an
    /// environment, unlike a command line, is read by its own account only.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let options = &self.options;
        let host = match options.get_socket() {
            Some(folder) => folder.to_string_lossy().into_owned(),
            None => options.get_host().to_owned(),
        };
        let mut variables = vec![
            ("PGHOST", host),
            ("PGPORT", options.get_port().to_string()),
            ("PGUSER", options.get_username().to_owned()),
            ("PGDATABASE", self.database().to_owned()),
            ("PGSSLMODE", ssl_mode(options.get_ssl_mode()).to_owned()),
        ];
        variables.extend(self.certificates.iter().cloned());
        if let Some(password) = &self.password {
            let text = String::from_utf8_lossy(password.bytes()).into_owned();
            variables.push(("PGPASSWORD", text));
        }
        variables
    }

    fn database(&self) -> &str {
        let user = self.options.get_username();
        self.options.get_database().unwrap_or(user)
    }
}

/// Names the database without user or password.
impl fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (database, port) = (self.database(), self.options.get_port());
        match self.options.get_socket() {
            Some(folder) => write!(f, "{database} at {}:{port}", folder.display()),
            None => write!(f, "{database} at {}:{port}", self.options.get_host()),
        }
    }
}

impl fmt::Debug for DatabaseAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseAddress({self})")
    }
}

/// Whether the address of the site is that of a pooler in transaction mode.
fn is_pooled() -> bool {
    variable("DATABASE_POOL_MODE").trim() == "transaction"
}

/// What a variable holds; nothing when it is not set.
fn variable(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "src/config is the one place that reads it"
    )]
    std::env::var(name).unwrap_or_default()
}

/// `%20` → a blank.
fn decoded(text: &str) -> String {
    // A plus is a plus here, unlike in a form.
    let pair = format!("v={}", text.replace('+', "%2B"));
    let (_, value) = url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .unwrap_or_default();
    value.into_owned()
}

fn ssl_mode(mode: PgSslMode) -> &'static str {
    match mode {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "postgresql://site:hu%2Bsh%20%40+1@db.example.org:5433/cours?sslmode=verify-full&sslrootcert=/etc/ca.pem";

    fn told(address: &DatabaseAddress, name: &str) -> Option<String> {
        let mut variables = address.variables().into_iter();
        variables
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    #[test]
    fn the_programs_of_postgresql_are_led_to_the_same_place() {
        let address = DatabaseAddress::parse(ADDRESS).expect("an address");
        for (name, value) in [
            ("PGHOST", "db.example.org"),
            ("PGPORT", "5433"),
            ("PGUSER", "site"),
            ("PGDATABASE", "cours"),
            ("PGSSLMODE", "verify-full"),
            ("PGSSLROOTCERT", "/etc/ca.pem"),
            ("PGPASSWORD", "hu+sh @+1"),
        ] {
            assert_eq!(told(&address, name).as_deref(), Some(value), "{name}");
        }
        let socket = DatabaseAddress::parse("postgres://site@localhost:5432/cours?host=/run/pg");
        let socket = socket.expect("an address");
        assert_eq!(told(&socket, "PGHOST").as_deref(), Some("/run/pg"));
        assert_eq!(told(&socket, "PGPASSWORD"), None);
    }

    #[test]
    fn a_password_is_neither_shown_nor_taken_from_the_command_line_without_a_word() {
        let address = DatabaseAddress::from_argument(ADDRESS).expect("an address");
        assert!(address.is_exposed);
        assert_eq!(
            format!("{address} {address:?}"),
            "cours at db.example.org:5433 DatabaseAddress(cours at db.example.org:5433)"
        );
        let error = DatabaseAddress::from_argument("mysql://site:hush@host/cours").err();
        assert!(!error.expect("no PostgreSQL").to_string().contains("hush"));
        let error = DatabaseAddress::from_argument("postgres://site:hush@a,b/cours").err();
        assert_eq!(
            error,
            Some(AddressError::SeveralServers("the argument".to_owned()))
        );
        let error = DatabaseAddress::from_argument("NOT_SET_ANYWHERE").err();
        assert_eq!(
            error,
            Some(AddressError::Unset("NOT_SET_ANYWHERE".to_owned()))
        );
    }
}
