//! Scores that reach a gradebook: rows A01 to A17.

mod answers;
mod columns;
mod scores;
mod token;

use axum::http::StatusCode;
use mini_site::lti::{
    ContextId,
    gradebook::store::{self, RefusedScore},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::support::{
    Browser, TestSite,
    platform::{FakePlatform, services::Grade},
};

const ENDPOINT: &str = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";
const CUSTOM: &str = "https://purl.imsglobal.org/spec/lti/claim/custom";

/// A learner in front of a graded activity.
struct Desk {
    site: TestSite,
    platform: FakePlatform,
    browser: Browser,
    root: String,
}

impl Desk {
    /// The learner « 4 » opens the four grains of a sequence, graded in the column « 6 ».
    async fn new(pool: PgPool) -> Self {
        let site = TestSite::in_production(pool).await;
        let platform = FakePlatform::start(&site).await;
        let browser = site.browser();
        let mut desk = Self {
            site,
            platform,
            browser,
            root: String::new(),
        };
        desk.open_with(|_| {}).await;
        desk
    }

    /// Opens the activity again.
    async fn open_with(&mut self, change: impl FnOnce(&mut Value)) {
        let page = self
            .platform
            .open_with(&self.site, &mut self.browser, |claims| {
                claims[CUSTOM] = json!({ "sequence": "sequence3" });
                change(claims);
            })
            .await;
        let (root, _) = page.split_once("/sequences/").expect("the sequence");
        root.clone_into(&mut self.root);
    }

    async fn press(&mut self, act: &str) {
        let path = format!("{}/grains/{act}", self.root);
        let answer = self.browser.post(&path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }

    /// Finishes grains of the sequence, which has grain7 to grain10.
    async fn finish(&mut self, grains: &[&str]) {
        for grain in grains {
            self.press(&format!("{grain}/completion")).await;
        }
    }

    async fn undo(&mut self, grain: &str) {
        self.press(&format!("{grain}/completion/undo")).await;
    }

    /// Sends what is due.
    async fn drain(&self) -> usize {
        self.site.drain_outbox().await
    }

    /// What the platform was sent: score and status.
    fn history(&self) -> Vec<(i64, u16)> {
        self.platform.services.history()
    }

    async fn jobs(&self) -> i64 {
        self.site
            .count("SELECT count(*) FROM internal.outbox")
            .await
    }

    /// Seconds until the only job is due.
    async fn wait_seconds(&self) -> i64 {
        let due_at: OffsetDateTime = sqlx::query_scalar("SELECT due_at FROM internal.outbox")
            .fetch_one(&self.site.pool)
            .await
            .expect("one job");
        (due_at - self.site.clock.now()).whole_seconds()
    }

    /// What the teacher of the context is told.
    async fn refusals(&self) -> Vec<RefusedScore> {
        let mut conn = self.site.pool.acquire().await.expect("a connection");
        let context: Uuid = sqlx::query_scalar("SELECT id FROM lti_contexts")
            .fetch_one(&mut *conn)
            .await
            .expect("one context");
        store::list_refused_scores(&mut conn, ContextId(context))
            .await
            .expect("a list")
    }

    fn timestamps(&self) -> Vec<OffsetDateTime> {
        let ledger = self.platform.services.ledger();
        let texts = ledger.posted.iter().map(|posted| &posted.body["timestamp"]);
        texts
            .map(|text| {
                let text = text.as_str().expect("a text");
                OffsetDateTime::parse(text, &Rfc3339).expect("a timestamp")
            })
            .collect()
    }

    /// The column « 6 » holds this of the learner, `ahead` from now.
    fn hold_grade(&self, value: f64, ahead: Duration) {
        let at = (self.site.clock.now() + ahead).unix_timestamp();
        self.platform.services.ledger().grades.insert(
            ("6".to_owned(), "4".to_owned()),
            Grade {
                value: Some(value),
                modified_at: at,
            },
        );
    }
}
