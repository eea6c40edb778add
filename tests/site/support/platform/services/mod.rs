//! The services of a Moodle in a test: tokens, gradebook, class list, by the rules that
//! Moodle 4.5 was seen to hold.

mod gradebook;
mod lists;
mod token;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hyper::ext::ReasonPhrase;
use mini_site::{clock::Clock, config::Config};
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::support::TestSite;

/// Where a request is held until it is let go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Hold {
    /// A token is asked for, and not given yet.
    AtToken,
    /// A score has come, and is not looked at yet.
    BeforeScore,
    /// A score is in the gradebook, and the answer is not sent yet.
    AfterScore,
}

/// An answer that is given in the place of the usual one.
#[derive(Clone, Debug)]
pub(crate) struct Scripted {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Scripted {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: String::new(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn saying(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

/// What a gradebook holds of one person.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Grade {
    /// In the scale of the column; erased when there is none.
    pub(crate) value: Option<f64>,
    /// Seconds since 1970.
    pub(crate) modified_at: i64,
}

/// A score as it came.
#[derive(Clone, Debug)]
pub(crate) struct Posted {
    pub(crate) path: String,
    pub(crate) content_type: String,
    pub(crate) authorization: String,
    pub(crate) body: Value,
    /// What was answered.
    pub(crate) status: u16,
}

/// What the services know and have seen; tests change it.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// What time it is there.
    pub(crate) clock: Clock,
    /// Scopes that a token may have.
    pub(crate) scopes: BTreeSet<String>,
    /// How `token_type` is written.
    pub(crate) token_type: &'static str,
    /// Life of a token, in seconds.
    pub(crate) token_lifetime: i64,
    /// Whether the platform can read our key set.
    pub(crate) reads_our_keys: bool,
    /// Tokens that are taken.
    pub(crate) tokens: BTreeSet<String>,
    /// Claims of the assertions that came, with the form around them.
    pub(crate) token_requests: Vec<Value>,
    /// Maximum of each column.
    pub(crate) columns: BTreeMap<String, f64>,
    /// Who may have a grade.
    pub(crate) gradable: BTreeSet<String>,
    /// The gradebook, by column and person.
    pub(crate) grades: BTreeMap<(String, String), Grade>,
    /// All scores that came.
    pub(crate) posted: Vec<Posted>,
    /// How often results were read.
    pub(crate) result_requests: Vec<String>,
    /// Results come in pages of this many, whatever was asked for.
    pub(crate) result_page: usize,
    /// Whether results can be filtered by person.
    pub(crate) filters_results: bool,
    /// The class list, names as Moodle writes them.
    pub(crate) members: Vec<Value>,
    /// How often the class list was read, by query.
    pub(crate) roster_requests: Vec<String>,
    /// How many calls were answered at the same time, at most.
    pub(crate) most_at_once: usize,
    at_once: usize,
    score_script: VecDeque<Scripted>,
    roster_script: VecDeque<Option<Scripted>>,
    hold: Option<Hold>,
    jtis: BTreeSet<String>,
}

/// The services of one platform.
#[derive(Clone)]
pub(crate) struct FakeServices {
    /// The site's, to read its keys; not its state, which keeps connections aside.
    pool: PgPool,
    config: Config,
    issuer: String,
    client_id: String,
    ledger: Arc<Mutex<Ledger>>,
    reached: Arc<Notify>,
    released: Arc<Notify>,
}

impl FakeServices {
    pub(crate) fn new(site: &TestSite, issuer: &str, client_id: &str) -> Self {
        let ledger = Ledger {
            clock: site.clock.clone(),
            scopes: [
                "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
                "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
                "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
                "https://purl.imsglobal.org/spec/lti-ags/scope/score",
                "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
            ]
            .map(str::to_owned)
            .into(),
            token_type: "Bearer",
            token_lifetime: 3600,
            reads_our_keys: true,
            tokens: BTreeSet::new(),
            token_requests: Vec::new(),
            columns: BTreeMap::from([("6".to_owned(), 20.0), ("7".to_owned(), 100.0)]),
            gradable: ["4", "5", "6"].map(str::to_owned).into(),
            grades: BTreeMap::new(),
            posted: Vec::new(),
            result_requests: Vec::new(),
            result_page: usize::MAX,
            filters_results: true,
            members: lists::members(),
            roster_requests: Vec::new(),
            most_at_once: 0,
            at_once: 0,
            score_script: VecDeque::new(),
            roster_script: VecDeque::new(),
            hold: None,
            jtis: BTreeSet::new(),
        };
        Self {
            pool: site.pool.clone(),
            config: site.state.config.clone(),
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            ledger: Arc::new(Mutex::new(ledger)),
            reached: Arc::default(),
            released: Arc::default(),
        }
    }

    /// The addresses of the services.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/token.php", post(token::give))
            .route(
                "/mod/lti/services.php/{course}/lineitems/{item}/lineitem/scores",
                post(gradebook::take),
            )
            .route(
                "/mod/lti/services.php/{course}/lineitems/{item}/lineitem/results",
                get(lists::show_results),
            )
            .route(
                "/mod/lti/services.php/CourseSection/{course}/bindings/{tool}/memberships",
                get(lists::show_members),
            )
            .with_state(self.clone())
    }

    /// What they know and have seen.
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no panic elsewhere")
    }

    /// The next scores are answered like this, one answer each.
    pub(crate) fn script_scores(&self, answers: impl IntoIterator<Item = Scripted>) {
        self.ledger().score_script.extend(answers);
    }

    /// The next readings of the class list are answered like this; `None` is the usual answer.
    pub(crate) fn script_roster(&self, answers: impl IntoIterator<Item = Option<Scripted>>) {
        self.ledger().roster_script.extend(answers);
    }

    /// Holds the next requests there.
    pub(crate) fn hold(&self, hold: Hold) {
        self.ledger().hold = Some(hold);
    }

    /// Waits until a request is held.
    pub(crate) async fn reached(&self) {
        self.reached.notified().await;
    }

    /// Lets one of the requests go that are held.
    pub(crate) fn release_one(&self) {
        self.released.notify_one();
    }

    /// Lets all requests go, those to come as well.
    pub(crate) fn release(&self) {
        self.ledger().hold = None;
        self.released.notify_waiters();
    }

    /// What the column « 6 » holds of the learner « 4 ».
    pub(crate) fn grade(&self) -> Option<f64> {
        let key = ("6".to_owned(), "4".to_owned());
        self.ledger().grades.get(&key).and_then(|grade| grade.value)
    }

    /// `scoreGiven` and status of each score that came.
    pub(crate) fn history(&self) -> Vec<(i64, u16)> {
        let ledger = self.ledger();
        let posted = ledger.posted.iter();
        posted
            .map(|posted| {
                (
                    posted.body["scoreGiven"].as_i64().unwrap_or(-1),
                    posted.status,
                )
            })
            .collect()
    }

    async fn pass(&self, at: Hold) {
        if self.ledger().hold != Some(at) {
            return;
        }
        let released = self.released.notified();
        tokio::pin!(released);
        released.as_mut().enable();
        self.reached.notify_one();
        released.await;
    }

    fn takes(&self, headers: &HeaderMap) -> bool {
        let token = authorization(headers);
        token
            .strip_prefix("Bearer ")
            .is_some_and(|token| self.ledger().tokens.contains(token))
    }

    /// Counts those who are inside at the same time.
    fn enter(&self) -> Inside {
        let mut ledger = self.ledger();
        ledger.at_once += 1;
        ledger.most_at_once = ledger.most_at_once.max(ledger.at_once);
        Inside(self.ledger.clone())
    }
}

struct Inside(Arc<Mutex<Ledger>>);

impl Drop for Inside {
    fn drop(&mut self) {
        if let Ok(mut ledger) = self.0.lock() {
            ledger.at_once -= 1;
        }
    }
}

fn authorization(headers: &HeaderMap) -> &str {
    text(headers, header::AUTHORIZATION)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

/// Moodle says why in the words after the status.
fn refused(status: u16, reason: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, "[]").into_response();
    let words = ReasonPhrase::try_from(reason.as_bytes()).expect("visible words");
    response.extensions_mut().insert(words);
    response
}

fn scripted(answer: &Scripted) -> Response {
    let status = StatusCode::from_u16(answer.status).expect("a status");
    let mut response = (status, answer.body.clone()).into_response();
    for (name, value) in &answer.headers {
        let value = value.parse().expect("ASCII");
        response.headers_mut().insert(*name, value);
    }
    response
}
