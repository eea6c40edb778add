//! A site in a test, the browsers that visit it, and what they get.

mod left;
pub(crate) mod platform;
pub(crate) mod pooler;

use std::{collections::HashMap, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use left::LeftJobs;
use mini_site::{
    catalogue::{self, Catalogue, Course},
    clock::Clock,
    config::Config,
    web::{self, state::AppState},
};
use serde_json::Value;
use sqlx::{PgPool, postgres::PgPoolOptions};
use time::{OffsetDateTime, macros::datetime};
use tower::ServiceExt;
use url::form_urlencoded;

/// When every test begins.
pub(crate) const START: OffsetDateTime = datetime!(2026-11-14 09:00 UTC);

/// The secret that tests sign iframe tokens with.
pub(crate) const EMBED_SECRET: &str = "a secret of tests, thirty-two bytes or more";

/// The public address of a site in a test.
pub(crate) const ORIGIN: &str = "http://localhost:3000";

/// A site on a database of its own, its clock in the test's hand.
#[derive(Clone)]
pub(crate) struct TestSite {
    pub(crate) pool: PgPool,
    pub(crate) clock: Clock,
    pub(crate) state: AppState,
    router: Router,
    variables: HashMap<&'static str, String>,
    /// Dropped with the last copy of this site.
    left: Arc<LeftJobs>,
}

impl TestSite {
    /// The real course in development mode, with the development login.
    pub(crate) async fn new(pool: PgPool) -> Self {
        Self::with(
            pool,
            &development(),
            Clock::fixed(START),
            Catalogue::compiled(),
        )
        .await
    }

    /// The real course as learners get it.
    pub(crate) async fn in_production(pool: PgPool) -> Self {
        Self::in_production_with(pool, "LTI_ALLOW_PRIVATE_NETWORKS", "true").await
    }

    /// The same, one variable changed.
    pub(crate) async fn in_production_with(
        pool: PgPool,
        name: &'static str,
        value: &'static str,
    ) -> Self {
        let mut variables = production();
        variables.insert(name, value.to_owned());
        Self::with(pool, &variables, Clock::fixed(START), Catalogue::compiled()).await
    }

    /// Another instance on the same database and at the same time, with connections of its own.
    pub(crate) async fn sibling(&self) -> Self {
        let options = self.pool.connect_options().as_ref().clone();
        let own = PgPoolOptions::new()
            .max_connections(5)
            .connect_lazy_with(options);
        let catalogue = Catalogue::compiled();
        Self::with(own, &self.variables, self.clock.clone(), catalogue).await
    }

    /// The same database with another course.
    pub(crate) async fn with_course(&self, course: &'static Course) -> Self {
        let catalogue = Catalogue::new(course);
        Self::with(
            self.pool.clone(),
            &development(),
            self.clock.clone(),
            catalogue,
        )
        .await
    }

    async fn with(
        pool: PgPool,
        variables: &HashMap<&'static str, String>,
        clock: Clock,
        catalogue: Catalogue,
    ) -> Self {
        let config = Config::from_variables(variables).expect("a sound environment");
        let db = pooler::database(&pool);
        catalogue::store::copy_catalogue(&db, &catalogue, clock.now())
            .await
            .expect("a copied course");
        let state = AppState::new(config, db, clock.clone(), catalogue).expect("certificates");
        let left = LeftJobs::new(&pool, &clock);
        Self {
            pool,
            clock,
            router: web::router(state.clone()),
            state,
            variables: variables.clone(),
            left: Arc::new(left),
        }
    }

    /// A browser without any cookie.
    pub(crate) fn browser(&self) -> Browser {
        Browser {
            router: self.router.clone(),
            cookie: None,
            keeps_cookies: true,
        }
    }

    /// A browser in which this learner is known.
    pub(crate) async fn learner(&self, moodle_user_id: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser
            .get(&format!("/?moodle_user_id={moodle_user_id}"))
            .await;
        assert_eq!(
            answer.status,
            StatusCode::SEE_OTHER,
            "the development login"
        );
        browser
    }

    /// A learner who has finished these grains, a minute apart.
    pub(crate) async fn learner_after(&self, moodle_user_id: &str, grains: &[&str]) -> Browser {
        let mut browser = self.learner(moodle_user_id).await;
        for grain in grains {
            let answer = browser.post(&format!("/grains/{grain}/completion")).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{grain}");
            self.clock.advance(time::Duration::minutes(1));
        }
        browser
    }

    /// Runs all jobs that are due, as the worker of an instance does; tells how many attempts that
    /// took.
    pub(crate) async fn drain_outbox(&self) -> usize {
        self.state.courier.run_due().await.expect("the outbox")
    }

    /// Says that the test is not about grades: the scores that it queues may stay unsent.
    pub(crate) fn leaves_jobs(&self) {
        self.left.may_stay();
    }

    /// How many rows there are, by a query that counts.
    pub(crate) async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql)
            .fetch_one(&self.pool)
            .await
            .expect("a count")
    }

    /// Runs one statement.
    pub(crate) async fn execute(&self, sql: &'static str) {
        sqlx::query(sql)
            .execute(&self.pool)
            .await
            .expect("a statement");
    }

    /// Ends all connections to the database but one, as its server does when it restarts.
    pub(crate) async fn cut_connections(&self) {
        self.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await;
    }
}

/// Variables of development, as `bin/dev` sets them.
fn development() -> HashMap<&'static str, String> {
    variables(&[
        ("APP_ENV", "development"),
        ("DEV_LOGIN", "true"),
        ("API_URL", ORIGIN),
        ("EMBED_TOKEN_SECRET", EMBED_SECRET),
        ("CORS_ORIGINS", "https://pages.example.org"),
        ("LTI_ALLOW_PRIVATE_NETWORKS", "true"),
    ])
}

/// Variables of a server that learners use, its platforms those of tests.
fn production() -> HashMap<&'static str, String> {
    variables(&[
        ("API_URL", "https://cours.example.org"),
        ("SECRET_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
        ("LTI_ALLOW_PRIVATE_NETWORKS", "true"),
        ("EMBED_TOKEN_SECRET", EMBED_SECRET),
        ("EMBED_ORIGINS", "https://pages.example.org"),
    ])
}

fn variables(pairs: &[(&'static str, &str)]) -> HashMap<&'static str, String> {
    let mut variables: HashMap<_, _> = pairs
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    // The pool of the test is used; this address is only checked.
    variables.insert("DATABASE_URL", "postgres://localhost/none".to_owned());
    variables
}

/// A browser: keeps the cookie, says where its requests come from.
#[derive(Clone)]
pub(crate) struct Browser {
    router: Router,
    pub(crate) cookie: Option<String>,
    /// Whether it keeps cookies at all; some keep none in the frame of another site.
    pub(crate) keeps_cookies: bool,
}

/// What a browser got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// The values of the form that it answers.
    pub(crate) sent: Vec<String>,
}

impl Browser {
    /// Opens an address.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request"))
            .await
    }

    /// Looks at an address without opening it.
    pub(crate) async fn head(&mut self, path: &str) -> Answer {
        self.send(Request::head(path).body(Body::empty()).expect("a request"))
            .await
    }

    /// Follows a link of our own pages in a frame.
    pub(crate) async fn get_framed(&mut self, path: &str) -> Answer {
        let request = Request::get(path).header("sec-fetch-site", "same-origin");
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// Presses a button of our own pages.
    pub(crate) async fn post(&mut self, path: &str) -> Answer {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::ORIGIN, ORIGIN)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }

    /// Sends a form of our own pages.
    pub(crate) async fn post_form(&mut self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).expect("a request"))
            .await
    }

    /// Calls the API as a script of our own pages does.
    pub(crate) async fn post_json(&mut self, path: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/json");
        self.send(
            request
                .body(Body::from(body.to_owned()))
                .expect("a request"),
        )
        .await
    }

    /// Sends any request, the cookie added; keeps the cookie that comes back.
    pub(crate) async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if let Some(cookie) = &self.cookie {
            let value = cookie.parse().expect("a cookie is ASCII");
            request.headers_mut().insert(header::COOKIE, value);
        }
        let is_head = request.method() == Method::HEAD;
        let response = self
            .router
            .clone()
            .oneshot(request)
            .await
            .expect("the router never fails");
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(set.to_str().expect("ASCII"));
        }
        let bytes = body.collect().await.expect("a body").to_bytes();
        assert!(!is_head || bytes.is_empty(), "HEAD has no body");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
            sent: Vec::new(),
        }
    }
}

impl Browser {
    /// Keeps a cookie, in the place of the one of the same name; a browser that keeps none drops it.
    fn keep(&mut self, set: &str) {
        if !self.keeps_cookies {
            return;
        }
        let pair = set.split(';').next().expect("a pair");
        let (name, _) = pair.split_once('=').expect("a name and a value");
        let others = self.cookie.take().unwrap_or_default();
        let others = others.split("; ").filter(|other| {
            !other.is_empty() && other.split_once('=').is_none_or(|(known, _)| known != name)
        });
        self.cookie = Some(others.chain([pair]).collect::<Vec<_>>().join("; "));
    }
}

impl Answer {
    /// Where a redirect leads.
    pub(crate) fn location(&self) -> &str {
        self.header("location")
    }

    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Whose pages may hold this one in a frame.
    pub(crate) fn frame_ancestors(&self) -> Vec<&str> {
        let policy = self.header("content-security-policy");
        let (_, rest) = policy.split_once("frame-ancestors ").expect("a policy");
        rest.split(';')
            .next()
            .unwrap_or_default()
            .split(' ')
            .collect()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// What stands in `<main>`, one tag a line, hashes and the id of the request normalised.
    pub(crate) fn main(&self) -> String {
        let start = self.text.find("<main").expect("a page has a main part");
        let end = self.text.find("</main>").expect("main ends") + "</main>".len();
        let text = self.text[start..end].replace(self.header("x-request-id"), "ID");
        without_hashes(&text.replace("><", ">\n<").replace('\u{a0}', "~"))
    }
}

/// `site-1a2b3c4d5e.css` → `site-HASH.css`.
fn without_hashes(text: &str) -> String {
    let mut parts = text.split("/assets/");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['"', ' ', ')']).unwrap_or(part.len());
        let (name, rest) = part.split_at(end);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let stem = stem.rsplit_once('-').map_or(stem, |(stem, _)| stem);
        clean.extend(["/assets/", stem, "-HASH.", extension, rest]);
    }
    clean
}
