//! The program itself: how it starts, refuses to start, and stops.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread,
};

use sqlx::{ConnectOptions, PgPool};

use crate::support::pooler;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mini-site");

/// The program, in an environment of its own.
pub(crate) fn program(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(arguments)
        .env_clear()
        .envs(pooler::lead(arguments, variables));
    // No `.env` of the developer is found from here.
    command.current_dir(std::env::temp_dir());
    command
}

pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    program(arguments, variables)
        .output()
        .expect("the program runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn url(pool: &PgPool) -> String {
    pool.connect_options().to_url_lossy().to_string()
}

/// A server that is up, ended with the test.
pub(crate) struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    /// Starts the program; it may still be on its way up.
    pub(crate) fn start(database: &str) -> Self {
        Self::start_with(database, ("RETENTION_MONTHS", ""))
    }

    /// The same with one variable more.
    fn start_with(database: &str, more: (&str, &str)) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = socket.local_addr().expect("an address").port();
        drop(socket);
        let mut child = program(
            &[],
            &[
                ("DATABASE_URL", database),
                ("APP_ENV", "development"),
                ("DEV_LOGIN", "true"),
                ("LTI_ALLOW_PRIVATE_NETWORKS", "true"),
                ("PORT", &port.to_string()),
                more,
            ],
        )
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        Self {
            child,
            output,
            port,
        }
    }

    /// Reads the log until a line holds these words, and returns it.
    fn wait_for(&mut self, words: &str) -> String {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let read = self.output.read_line(&mut line).expect("a line");
            assert_ne!(read, 0, "the program ended before it said “{words}”");
        }
        line
    }

    pub(crate) fn up(mut self) -> Self {
        self.wait_for("the site is up");
        self
    }

    fn terminate(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// Sends a request and leaves the answer to be read.
    fn ask(&self, method: &str, path: &str, more: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let host = format!("localhost:{}", self.port);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
             Content-Length: 0\r\nX-Moodle-User-Id: 42\r\n{more}\r\n",
        )
        .expect("a request");
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}

#[test]
fn a_wrong_environment_is_told_whole_and_ends_with_2() {
    let output = run(
        &["serve"],
        &[
            ("PORT", "http"),
            ("SECRET_KEY", "hush"),
            ("DEV_LOGIN", "true"),
        ],
    );
    assert_eq!(output.status.code(), Some(2));
    let told = text(&output.stderr);
    for variable in ["PORT", "API_URL", "DATABASE_URL", "SECRET_KEY", "DEV_LOGIN"] {
        assert!(
            told.contains(&format!("  {variable}: ")),
            "{variable}: {told}"
        );
    }
    assert!(!told.contains("hush"));
}

#[test]
fn an_unknown_command_ends_with_2() {
    assert_eq!(run(&["dance"], &[]).status.code(), Some(2));
}

#[sqlx::test(migrations = false)]
async fn check_tells_what_is_missing_until_migrate_has_run(pool: PgPool) {
    let variables = [("APP_ENV", "development"), ("DATABASE_URL", &url(&pool))];
    let before = run(&["check"], &variables);
    assert_eq!(before.status.code(), Some(1));
    assert!(
        text(&before.stderr).contains("run: mini-site migrate"),
        "{}",
        text(&before.stderr)
    );
    assert!(run(&["migrate"], &variables).status.success());
    let after = run(&["check"], &variables);
    assert!(after.status.success(), "{}", text(&after.stderr));
    assert!(text(&after.stdout).contains("29 grains"));
}

#[sqlx::test(migrations = false)]
async fn two_programs_that_start_together_on_an_empty_database_both_come_up(pool: PgPool) {
    let servers = [Server::start(&url(&pool)), Server::start(&url(&pool))];
    for server in servers {
        let server = server.up();
        assert!(answer(server.ask("GET", "/", "")).starts_with("HTTP/1.1 200"));
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn told_to_stop_it_finishes_what_is_in_flight_and_ends_with_0(pool: PgPool) {
    let mut server = Server::start(&url(&pool)).up();
    assert!(
        answer(server.ask("GET", "/", "")).starts_with("HTTP/1.1 200"),
        "the learner is made"
    );
    // The completion waits for the learner's row, which this transaction holds.
    let mut transaction = pool.begin().await.expect("a transaction");
    sqlx::query("SELECT FROM users FOR UPDATE")
        .execute(&mut *transaction)
        .await
        .expect("a lock");
    let in_flight = server.ask(
        "POST",
        "/grains/grain1/completion",
        "Sec-Fetch-Site: same-origin\r\n",
    );
    let is_waiting = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
    while !sqlx::query_scalar::<_, bool>(is_waiting)
        .fetch_one(&pool)
        .await
        .expect("a row")
    {
        tokio::task::yield_now().await;
    }
    server.terminate();
    server.wait_for("told to stop");
    transaction.commit().await.expect("the lock is let go");
    assert!(answer(in_flight).starts_with("HTTP/1.1 303"));
    assert_eq!(
        server.child.wait().expect("the program ends").code(),
        Some(0)
    );
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM progress")
        .fetch_one(&pool)
        .await
        .expect("a count");
    assert_eq!(rows, 1, "what was acknowledged is there");
}

#[test]
fn without_a_database_it_waits_and_says_so() {
    let mut server = Server::start("postgres://localhost:1/none");
    server.wait_for("the database does not answer yet");
    assert!(
        server.child.try_wait().expect("a status").is_none(),
        "it is still waiting"
    );
}

#[test]
fn while_it_waits_it_says_what_is_wrong_with_the_database() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let mut server = Server::start(&format!(
        "postgres://localhost:{port}/none?sslmode=verify-full"
    ));
    let (mut stream, _) = listener.accept().expect("a connection");
    // The answer of a PostgreSQL without TLS.
    stream.write_all(b"N").expect("an answer");
    server.wait_for("server does not support TLS");
}

#[test]
fn a_pooler_that_the_settings_do_not_name_is_told_at_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let address = format!("postgres://localhost:{port}/cours?sslmode=disable");
    let start = thread::spawn(move || {
        run(
            &["serve"],
            &[("APP_ENV", "development"), ("DATABASE_URL", &address)],
        )
    });
    let (mut stream, _) = listener.accept().expect("a connection");
    // The answer of PgBouncer; its length counts itself.
    let fields = "SFATAL\0C08P01\0Munsupported startup parameter: extra_float_digits\0\0";
    let length = u32::try_from(fields.len() + 4).expect("a short answer");
    let answer = [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat();
    stream.write_all(&answer).expect("an answer");
    let output = start.join().expect("no panic");
    let told = text(&output.stderr);
    assert!(
        told.contains("set DATABASE_POOL_MODE=transaction"),
        "{told}"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn no_line_of_the_log_names_a_person_or_a_session(pool: PgPool) {
    let mut server = Server::start(&url(&pool)).up();
    let login = answer(server.ask("GET", "/?moodle_user_id=somebody&finished=grain1", ""));
    let cookie = login
        .split("session=")
        .nth(1)
        .and_then(|rest| rest.split(';').next());
    let cookie = cookie.expect("a session").to_owned();
    answer(server.ask(
        "GET",
        "/grains/grain1",
        &format!("Cookie: session={cookie}\r\n"),
    ));
    server.terminate();
    let mut log = String::new();
    server.output.read_to_string(&mut log).expect("the log");
    assert!(
        log.contains("/grains/{id}"),
        "the template of the route is logged: {log}"
    );
    assert!(!log.contains("somebody") && !log.contains(&cookie), "{log}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_is_over_is_deleted_at_the_start(pool: PgPool) {
    let over = "
        WITH platform AS (
            INSERT INTO lti_platforms (name, issuer, client_id, authorization_url, token_url, jwks_url)
            VALUES ('Moodle', 'https://moodle.example.org', 'x', 'https://x/', 'https://x/', 'https://x/') RETURNING id
        ), login AS (
            INSERT INTO internal.lti_logins
                (state_hash, nonce_hash, cookie_hash, platform_id, target_link_uri, created_at, expires_at)
            SELECT sha256('a'), sha256('b'), sha256('c'), id, 'https://x/', '2020-01-01', '2020-01-01' FROM platform
        ), token AS (
            INSERT INTO internal.used_tokens VALUES (sha256('d'), '2020-01-01')
        )
        INSERT INTO internal.sessions (id_hash, data, expires_at) VALUES (sha256('e'), '{}', '2020-01-01')";
    sqlx::query(over)
        .execute(&pool)
        .await
        .expect("rows that are over");
    let mut server = Server::start(&url(&pool));
    server.wait_for("what was over is deleted");
    let left: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM internal.lti_logins) + (SELECT count(*) FROM internal.used_tokens)
              + (SELECT count(*) FROM internal.sessions)",
    )
    .fetch_one(&pool)
    .await
    .expect("a count");
    assert_eq!(left, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn learners_without_activity_are_erased_at_the_start_and_the_log_counts_them(pool: PgPool) {
    sqlx::query(
        "INSERT INTO users (moodle_user_id, name, created_at) VALUES ('4217', 'Camille', now() - interval '3 years')",
    )
    .execute(&pool)
    .await
    .expect("a learner");
    let mut server = Server::start_with(&url(&pool), ("RETENTION_MONTHS", "24"));
    let line = server.wait_for("learners without activity were erased");
    assert!(line.contains("learners=1 months=24"), "{line}");
    assert!(
        !line.contains("Camille") && !line.contains("4217"),
        "{line}"
    );
}
