//! One row of the list: launches that differ from a good one in one thing.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use axum::http::StatusCode;
use serde_json::Value;
use sqlx::PgPool;

use crate::support::{
    Answer, Browser, TestSite,
    platform::{FakePlatform, KEY, enter},
};

const SESSIONS: &str = "SELECT count(*) FROM internal.sessions";

/// Names of claims.
pub(super) const LTI: &str = "https://purl.imsglobal.org/spec/lti/claim/";

/// A site, a platform and a browser.
pub(super) struct Row {
    pub(super) site: TestSite,
    pub(super) platform: FakePlatform,
    pub(super) browser: Browser,
}

impl Row {
    pub(super) async fn new(pool: PgPool) -> Self {
        let site = TestSite::in_production(pool).await;
        // Launches are looked at here, not what they lead to.
        site.leaves_jobs();
        let platform = FakePlatform::start(&site).await;
        let browser = site.browser();
        Self {
            site,
            platform,
            browser,
        }
    }

    /// A launch with claims changed by `change`, which must be refused by this very check; the
    /// page is returned.
    pub(super) async fn refuses(
        &mut self,
        status: StatusCode,
        code: &str,
        change: impl FnOnce(&mut Value),
    ) -> Answer {
        let pairs = self.platform.login_pairs(&self.site);
        self.refuses_after(&pairs, status, code, change).await
    }

    /// The same after a login with these parameters.
    pub(super) async fn refuses_after(
        &mut self,
        login: &[(String, String)],
        status: StatusCode,
        code: &str,
        change: impl FnOnce(&mut Value),
    ) -> Answer {
        let Self {
            site,
            platform,
            browser,
        } = self;
        let mut pending = platform.login_as(site, browser, login).await;
        change(&mut pending.claims);
        let token = KEY.sign(&pending.claims);
        let before = site.count(SESSIONS).await;
        let log = Log::listen();
        let answer = platform.post(browser, &pending.state, &token).await;
        let lines = log.lines();
        assert_eq!(site.count(SESSIONS).await, before, "no session: {code}");
        assert_eq!(answer.status, status, "{code}: {}", answer.text);
        assert_refused(&answer, code);
        let secrets = [&token, &pending.state, &pending.nonce];
        assert!(
            secrets.iter().all(|secret| !answer.text.contains(*secret)),
            "what was posted comes back: {code}"
        );
        assert_logged(&lines, &answer, code, &secrets.map(String::as_str));
        answer
    }

    /// A launch with claims changed by `change`, which must open a session: its first page.
    pub(super) async fn accepts(&mut self, change: impl FnOnce(&mut Value)) -> String {
        self.platform
            .open_with(&self.site, &mut self.browser, change)
            .await
    }

    /// The same after a login with these parameters.
    pub(super) async fn accepts_after(
        &mut self,
        login: &[(String, String)],
        change: impl FnOnce(&mut Value),
    ) -> String {
        let Self {
            site,
            platform,
            browser,
        } = self;
        let mut pending = platform.login_as(site, browser, login).await;
        change(&mut pending.claims);
        let token = KEY.sign(&pending.claims);
        let answer = platform.post(browser, &pending.state, &token).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        enter(browser, answer.location()).await
    }

    /// The page of an address of a session, or of an asset.
    pub(super) async fn page(&mut self, address: &str) -> String {
        let page = self.browser.get_framed(address).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page.text
    }

    /// One text of the database; empty when there is none.
    pub(super) async fn text(&self, sql: &'static str) -> String {
        let found: Option<Option<String>> = sqlx::query_scalar(sql)
            .fetch_optional(&self.site.pool)
            .await
            .expect("a text");
        found.flatten().unwrap_or_default()
    }
}

/// What a page of our own says when a platform is refused, and what it leaves out.
fn assert_refused(answer: &Answer, code: &str) {
    let text = &answer.text;
    assert!(answer.header("content-type").starts_with("text/html"));
    assert!(text.contains("<html lang=\"fr\">"), "{text}");
    assert!(
        text.contains(&format!("<code>{code}</code>")),
        "{code}: {text}"
    );
    assert!(text.contains(answer.header("x-request-id")), "{text}");
    assert_eq!(answer.header("location"), "", "{code}");
    assert!(!text.contains("http-equiv"), "{code}");
    let is_clearing = |cookie: &str| cookie.contains("Max-Age=0");
    let cookies = answer.headers.get_all("set-cookie").iter();
    assert!(
        cookies
            .into_iter()
            .all(|cookie| cookie.to_str().is_ok_and(is_clearing)),
        "{code}"
    );
    assert_eq!(answer.header("cache-control"), "private, no-store");
}

/// One line of the log names the check and the request, and nobody.
fn assert_logged(lines: &str, answer: &Answer, code: &str, secrets: &[&str]) {
    let id = answer.header("x-request-id");
    let told: Vec<_> = lines.lines().filter(|line| line.contains(id)).collect();
    assert_eq!(told.len(), 1, "{lines}");
    let line: Value = serde_json::from_str(told[0]).expect("a structured line");
    assert_eq!(line["fields"]["check"], code, "{line}");
    let people = ["Lefèvre", "Marchand", "@example.test", "sesskey", "hush"];
    for word in people.iter().chain(secrets) {
        assert!(!lines.contains(word), "{word}: {lines}");
    }
}

/// What the site logs on this thread, where requests of tests run.
pub(super) struct Log {
    bytes: Arc<Mutex<Vec<u8>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

/// Where the log of a test goes.
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic elsewhere").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub(super) fn listen() -> Self {
        let bytes = Arc::<Mutex<Vec<u8>>>::default();
        let sink = bytes.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || Sink(sink.clone()))
            .finish();
        Self {
            bytes,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    /// Its lines so far.
    pub(super) fn lines(&self) -> String {
        let bytes = self.bytes.lock().expect("no panic elsewhere");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
