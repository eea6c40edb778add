//! Scores that reach a gradebook: rows A01 to A17.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use mini_site::{
    lti::{
        ContextId,
        gradebook::store::{self, RefusedScore},
        services::RefusalReason,
    },
    outbox,
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::support::{
    Browser, TestSite,
    platform::{
        FakePlatform,
        services::{Grade, Hold, Scripted},
    },
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

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a01_a_token_is_asked_for_with_a_signed_assertion(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    // A new token is asked for once the first one is over.
    desk.site.clock.advance(Duration::hours(1));
    desk.open_with(|_| {}).await;
    desk.finish(&["grain8"]).await;
    sqlx::query("UPDATE lti_platforms SET token_audience = 'urn:audience'")
        .execute(&desk.site.pool)
        .await
        .expect("an audience");
    desk.drain().await;
    let requests = desk.platform.services.ledger().token_requests.clone();
    let [first, second] = &requests[..] else {
        panic!("{requests:?}");
    };
    assert_eq!(first["grant_type"], "client_credentials");
    assert_eq!(
        first["client_assertion_type"],
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    );
    let claims = &first["claims"];
    assert_eq!(claims["iss"], "client-1");
    assert_eq!(claims["sub"], "client-1");
    assert_eq!(claims["aud"], format!("{}/token.php", desk.platform.issuer));
    let issued = claims["iat"].as_i64().expect("a number");
    let began = desk.site.clock.now() - Duration::hours(1);
    assert_eq!(issued, began.unix_timestamp() - 5);
    let life = claims["exp"].as_i64().expect("a number") - issued;
    assert!((60..=300).contains(&life), "{life}");
    assert_ne!(claims["jti"], second["claims"]["jti"]);
    assert_eq!(second["claims"]["aud"], "urn:audience");
    assert_eq!(desk.history(), [(1, 200), (2, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a01_one_token_serves_until_a_minute_before_its_end(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    for (grain, wait, requests) in [
        ("grain7", 0, 1),
        ("grain8", 3539, 1),
        ("grain9", 1, 2),
        ("grain10", 60, 2),
    ] {
        desk.site.clock.advance(Duration::seconds(wait));
        desk.finish(&[grain]).await;
        desk.drain().await;
        let asked = desk.platform.services.ledger().token_requests.len();
        assert_eq!(asked, requests, "{grain}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a02_bearer_is_understood_in_any_case(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.platform.services.ledger().token_type = "bEARER";
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200)]);
    let ledger = desk.platform.services.ledger();
    assert_eq!(ledger.posted[0].authorization, "Bearer token-1");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a03_without_the_right_to_send_nothing_is_sent_and_the_teacher_is_told(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let results = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
    desk.platform.services.ledger().scopes = BTreeSet::from([results.to_owned()]);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), []);
    assert_eq!(desk.jobs().await, 0, "terminal");
    let refusals = desk.refusals().await;
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].refusal.reason, RefusalReason::Scope);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a03_without_the_right_to_read_results_they_are_not_asked_for(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let score = "https://purl.imsglobal.org/spec/lti-ags/scope/score";
    desk.platform.services.ledger().scopes = BTreeSet::from([score.to_owned()]);
    desk.hold_grade(1.0, Duration::ZERO);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 409), (1, 200)], "one more try, later");
    let asked = desk.platform.services.ledger().result_requests.clone();
    assert_eq!(asked, [""; 0]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a04_a_token_that_is_not_taken_any_more_is_replaced_once(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    desk.platform.services.ledger().tokens.clear();
    desk.site.clock.advance(Duration::minutes(1));
    desk.finish(&["grain8"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200), (2, 401), (2, 200)]);
    // A platform that takes none is not asked over and over.
    desk.platform
        .services
        .script_scores([401, 401].map(Scripted::status));
    desk.site.clock.advance(Duration::minutes(1));
    desk.finish(&["grain9"]).await;
    desk.drain().await;
    assert_eq!(desk.history()[3..], [(3, 401), (3, 401)]);
    assert_eq!(desk.jobs().await, 1, "it is tried again later");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a05_scores_are_posted_before_the_query_of_the_line_item(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    let ledger = desk.platform.services.ledger();
    assert_eq!(
        ledger.posted[0].path,
        "/mod/lti/services.php/2/lineitems/6/lineitem/scores?type_id=4"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a06_a_score_says_who_and_how_many_grains_of_how_many(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7", "grain8", "grain1"]).await;
    desk.drain().await;
    {
        let ledger = desk.platform.services.ledger();
        let posted = &ledger.posted[0];
        assert_eq!(posted.content_type, "application/vnd.ims.lis.v1.score+json");
        assert_eq!(
            posted.body,
            json!({
                "userId": "4", "scoreGiven": 2, "scoreMaximum": 4, "activityProgress": "InProgress",
                "gradingProgress": "FullyGraded", "timestamp": "2026-11-14T09:00:00Z"
            })
        );
    }
    assert_eq!(desk.platform.services.grade(), Some(10.0));
    desk.site.clock.advance(Duration::seconds(1));
    desk.finish(&["grain9", "grain10"]).await;
    desk.drain().await;
    let last = desk.platform.services.ledger().posted[1].body.clone();
    assert_eq!(last["activityProgress"], "Completed");
    assert_eq!(last["gradingProgress"], "FullyGraded");
    assert_eq!(desk.platform.services.grade(), Some(20.0));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a06_a_launch_sends_what_was_done_before_the_activity_was_opened(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain1", "grain7"]).await;
    desk.drain().await;
    // The same learner opens another activity: a single grain, done already.
    let item = format!(
        "{}/mod/lti/services.php/2/lineitems/7/lineitem?type_id=4",
        desk.platform.issuer
    );
    let mut other = desk.browser.clone();
    desk.platform
        .open_with(&desk.site, &mut other, |claims| {
            claims[CUSTOM] = json!({ "grain": "grain1" });
            claims["https://purl.imsglobal.org/spec/lti/claim/resource_link"]["id"] = json!("7");
            claims[ENDPOINT]["lineitem"] = json!(item);
        })
        .await;
    desk.drain().await;
    let key = ("7".to_owned(), "4".to_owned());
    let grade = desk.platform.services.ledger().grades[&key].clone();
    assert_eq!(grade.value, Some(100.0));
    // A launch that has nothing new to tell sends nothing.
    desk.open_with(|_| {}).await;
    assert_eq!(desk.drain().await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a07_nothing_done_sends_nothing_and_a_lowered_nothing_has_its_maximum(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    assert_eq!(desk.drain().await, 0, "a cell stays empty");
    desk.site
        .execute("UPDATE lti_platforms SET lowers_grades = true")
        .await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    desk.undo("grain7").await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200), (0, 200)]);
    let last = desk.platform.services.ledger().posted[1].body.clone();
    assert_eq!(last["scoreMaximum"], 4);
    assert_eq!(desk.platform.services.grade(), Some(0.0));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a08_two_completions_in_one_second_are_one_call_or_two_a_second_apart(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7", "grain8"]).await;
    assert_eq!(desk.jobs().await, 1, "coalesced");
    desk.drain().await;
    assert_eq!(desk.history(), [(2, 200)]);
    desk.finish(&["grain9"]).await;
    desk.drain().await;
    desk.finish(&["grain10"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(2, 200), (3, 200), (4, 200)]);
    let times = desk.timestamps();
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::SECOND, "{times:?}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a09_a_completion_taken_back_lowers_the_grade_only_where_the_platform_wants_it(
    pool: PgPool,
) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7", "grain8"]).await;
    desk.drain().await;
    desk.undo("grain8").await;
    desk.drain().await;
    assert_eq!(desk.history(), [(2, 200)], "the default");
    desk.finish(&["grain8"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(2, 200)], "it shows that already");
    desk.site
        .execute("UPDATE lti_platforms SET lowers_grades = true")
        .await;
    desk.undo("grain8").await;
    desk.drain().await;
    assert_eq!(desk.history(), [(2, 200), (1, 200)]);
    assert_eq!(desk.platform.services.grade(), Some(5.0));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a09_where_only_the_whole_counts_the_last_grain_sends_it(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.site
        .execute("UPDATE lti_platforms SET grade_policy = 'only_when_complete'")
        .await;
    desk.finish(&["grain7", "grain8", "grain9"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), []);
    desk.finish(&["grain10"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(4, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a10_a_conflict_with_what_is_as_good_is_done(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.hold_grade(5.0, Duration::ZERO);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 409)]);
    let asked = desk.platform.services.ledger().result_requests.clone();
    assert_eq!(
        asked,
        ["/mod/lti/services.php/2/lineitems/6/lineitem/results?type_id=4&user_id=4"]
    );
    assert_eq!(desk.jobs().await, 0);
    assert!(desk.refusals().await.is_empty());
    // It counts as sent.
    desk.open_with(|_| {}).await;
    assert_eq!(desk.drain().await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a10_a_conflict_with_something_lower_is_tried_once_more_with_a_later_timestamp(
    pool: PgPool,
) {
    let mut desk = Desk::new(pool).await;
    desk.hold_grade(4.9, Duration::seconds(30));
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 409), (1, 200)]);
    let ahead = desk.timestamps()[1] - desk.site.clock.now();
    assert_eq!(ahead, Duration::seconds(31));
    assert_eq!(desk.platform.services.grade(), Some(5.0));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a10_a_conflict_that_stays_one_is_terminal_and_visible(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.hold_grade(1.0, Duration::days(730));
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 409), (1, 409)]);
    assert_eq!(desk.jobs().await, 0, "no loop");
    let refusals = desk.refusals().await;
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0].activity.as_deref(), Some("L’innovation"));
    let refusal = &refusals[0].refusal;
    assert_eq!(
        (refusal.reason, refusal.status),
        (RefusalReason::Conflict, Some(409))
    );
    assert_eq!(
        refusal.answer,
        "Refusing score with an earlier timestamp for item 6 and user 4"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a11_a_refusal_is_terminal_and_visible_to_the_teacher(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    for (grain, status) in [
        ("grain7", 400),
        ("grain8", 403),
        ("grain9", 404),
        ("grain10", 422),
    ] {
        desk.platform
            .services
            .script_scores([Scripted::status(status).saying("no, thank you")]);
        desk.finish(&[grain]).await;
        desk.drain().await;
        assert_eq!(desk.jobs().await, 0, "{status}");
        let refusals = desk.refusals().await;
        assert_eq!(refusals.len(), 1, "{status}");
        assert_eq!(refusals[0].refusal.reason, RefusalReason::Answer);
        assert_eq!(refusals[0].refusal.status, Some(status));
        assert_eq!(refusals[0].refusal.answer, "no, thank you");
    }
    // The score that is accepted next ends it.
    desk.site.clock.advance(Duration::minutes(1));
    desk.open_with(|_| {}).await;
    desk.drain().await;
    assert_eq!(desk.platform.services.grade(), Some(20.0));
    assert!(desk.refusals().await.is_empty());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a11_the_words_after_the_status_are_kept(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.platform.services.ledger().gradable.clear();
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    let refusals = desk.refusals().await;
    assert_eq!(refusals[0].refusal.answer, "Incorrect score received 4");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a11_no_score_is_sent_for_a_teacher(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let role = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor";
    desk.open_with(|claims| {
        claims["https://purl.imsglobal.org/spec/lti/claim/roles"] = json!([role]);
    })
    .await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [], "though a learner before");
    // Nothing was taken away: as a learner again, what was done counts.
    desk.open_with(|_| {}).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a12_retry_after_is_honoured_for_the_whole_platform(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.platform
        .services
        .script_scores([Scripted::status(429).with("retry-after", "600")]);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.wait_seconds().await, 600);
    // A new completion makes the job due, but the platform asked for rest.
    desk.site.clock.advance(Duration::seconds(599));
    desk.finish(&["grain8"]).await;
    assert_eq!(desk.drain().await, 0);
    desk.site.clock.advance(Duration::seconds(1));
    assert_eq!(desk.drain().await, 1);
    assert_eq!(desk.history(), [(1, 429), (2, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a12_an_error_of_the_platform_is_tried_again_ever_later(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let answers = [500, 502, 504, 500].map(Scripted::status);
    desk.platform.services.script_scores(answers);
    desk.finish(&["grain7"]).await;
    for wait in [10, 20, 40, 80] {
        desk.drain().await;
        let until = desk.wait_seconds().await;
        assert!(
            (wait * 3 / 4 - 1..=wait * 5 / 4).contains(&until),
            "{until} s, not {wait}"
        );
        desk.site.clock.advance(Duration::seconds(until));
        assert_eq!(desk.drain().await, 0, "a second too early");
        desk.site.clock.advance(Duration::SECOND);
    }
    desk.drain().await;
    assert_eq!(desk.history().last(), Some(&(1, 200)));
    assert_eq!(desk.jobs().await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a12_a_platform_that_does_not_answer_is_left_alone_for_a_while(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    let real: String = sqlx::query_scalar("SELECT line_item_url FROM lti_resource_links")
        .fetch_one(&desk.site.pool)
        .await
        .expect("a column");
    // Nobody listens on that port.
    desk.site
        .execute("UPDATE lti_resource_links SET line_item_url = 'http://127.0.0.1:1/lineitem'")
        .await;
    desk.drain().await;
    assert_eq!(desk.jobs().await, 1);
    sqlx::query("UPDATE lti_resource_links SET line_item_url = $1")
        .bind(real)
        .execute(&desk.site.pool)
        .await
        .expect("the column is back");
    desk.finish(&["grain8"]).await;
    assert_eq!(desk.drain().await, 0);
    desk.site.clock.advance(Duration::minutes(1));
    desk.drain().await;
    assert_eq!(desk.history(), [(2, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a12_two_scores_at_once_and_no_more_go_to_one_platform(pool: PgPool) {
    let desk = Desk::new(pool).await;
    for learner in 100..112 {
        let learner = learner.to_string();
        desk.platform
            .services
            .ledger()
            .gradable
            .insert(learner.clone());
        let mut browser = desk.site.browser();
        let page = desk
            .platform
            .open_with(&desk.site, &mut browser, |claims| {
                claims["sub"] = json!(learner);
                claims[CUSTOM] = json!({ "sequence": "sequence3" });
            })
            .await;
        let (root, _) = page.split_once("/sequences/").expect("the sequence");
        let answer = browser
            .post(&format!("{root}/grains/grain7/completion"))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    let other = desk.site.sibling().await;
    desk.platform.services.hold(Hold::BeforeScore);
    let work = [&desk.site, &other].map(|site| {
        let courier = site.state.courier.clone();
        tokio::spawn(async move { courier.run_due().await.expect("the outbox") })
    });
    desk.platform.services.reached().await;
    let more = outbox::claim(&other.state.db, other.clock.now(), 8).await;
    assert!(more.expect("the outbox").is_empty(), "two are under way");
    let under_way = "SELECT count(*) FROM internal.outbox WHERE leased_until IS NOT NULL";
    assert_eq!(desk.site.count(under_way).await, 2);
    desk.platform.services.release();
    let mut attempts = 0;
    for instance in work {
        attempts += instance.await.expect("it ends");
    }
    assert_eq!(attempts, 12, "each is sent once");
    assert_eq!(desk.history().len(), 12);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a13_a_completion_and_its_score_are_committed_together(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.site
        .execute("ALTER TABLE internal.outbox ADD CONSTRAINT full_up CHECK (kind <> 'score')")
        .await;
    let path = format!("{}/grains/grain7/completion", desk.root);
    let answer = desk.browser.post(&path).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    let completions = "SELECT count(*) FROM progress";
    assert_eq!(desk.site.count(completions).await, 0);
    desk.site
        .execute("ALTER TABLE internal.outbox DROP CONSTRAINT full_up")
        .await;
    desk.finish(&["grain7"]).await;
    assert_eq!(desk.jobs().await, 1);
    // Taking it back as well.
    desk.drain().await;
    desk.site
        .execute("ALTER TABLE internal.outbox ADD CONSTRAINT full_up CHECK (kind <> 'score')")
        .await;
    let answer = desk.browser.post(&format!("{path}/undo")).await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(desk.site.count(completions).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a13_only_activities_that_count_the_grain_are_told(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain1", "grain6", "grain11"]).await;
    assert_eq!(desk.jobs().await, 0);
    desk.finish(&["grain10", "grain10"]).await;
    assert_eq!(desk.jobs().await, 1);
    desk.drain().await;
    desk.undo("grain11").await;
    desk.finish(&["grain10"]).await;
    assert_eq!(desk.jobs().await, 0, "nothing has changed there");
    assert_eq!(desk.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a14_a_score_that_was_accepted_and_not_recorded_is_sent_again_without_harm(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    // As if we had been killed before we could note it.
    desk.site
        .execute(
            "UPDATE internal.lti_scores
             SET line_item_url = NULL, sent_given = NULL, sent_maximum = NULL, sent_timestamp = NULL",
        )
        .await;
    desk.open_with(|_| {}).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200), (1, 409)], "in the same second");
    assert_eq!(desk.platform.services.grade(), Some(5.0));
    assert!(desk.refusals().await.is_empty());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a15_a_column_on_a_foreign_host_gets_nothing(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let thief = "https://thief.example/2/lineitems/6/lineitem?type_id=4";
    desk.open_with(|claims| claims[ENDPOINT]["lineitem"] = json!(thief))
        .await;
    desk.finish(&["grain7"]).await;
    assert_eq!(desk.jobs().await, 0, "a launch does not tell of one");
    // Nor one that was the platform's once.
    desk.site
        .execute("UPDATE lti_resource_links SET line_item_url = 'https://thief.example/lineitem'")
        .await;
    desk.finish(&["grain8"]).await;
    desk.drain().await;
    let refusals = desk.refusals().await;
    assert_eq!(refusals[0].refusal.reason, RefusalReason::Address);
    let asked = desk.platform.services.ledger().token_requests.len();
    assert_eq!(asked, 0, "not even a token is asked for");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a15_a_host_that_an_admin_allowed_is_no_foreign_host(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    let item = desk.platform.issuer.replace("127.0.0.1", "localhost");
    let item = format!("{item}/mod/lti/services.php/2/lineitems/6/lineitem?type_id=4");
    desk.site
        .execute("UPDATE lti_platforms SET service_hosts = 'a.example localhost'")
        .await;
    desk.open_with(|claims| claims[ENDPOINT]["lineitem"] = json!(item))
        .await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a16_a_list_in_pages_is_followed_until_the_learner_is_found(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    {
        // Twenty people come before them, and the platform knows no filter.
        let mut ledger = desk.platform.services.ledger();
        ledger.filters_results = false;
        ledger.result_page = 8;
        for user in 10..30 {
            let grade = Grade {
                value: Some(20.0),
                modified_at: 0,
            };
            ledger
                .grades
                .insert(("6".to_owned(), user.to_string()), grade);
        }
    }
    desk.hold_grade(5.0, Duration::ZERO);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 409)]);
    let asked = desk.platform.services.ledger().result_requests.len();
    assert_eq!(asked, 3);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a16_a_list_without_an_end_is_followed_for_fifty_pages(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    {
        let mut ledger = desk.platform.services.ledger();
        ledger.filters_results = false;
        ledger.result_page = 1;
        for user in 100..200 {
            let grade = Grade {
                value: Some(20.0),
                modified_at: 0,
            };
            ledger
                .grades
                .insert(("6".to_owned(), user.to_string()), grade);
        }
    }
    desk.hold_grade(5.0, Duration::ZERO);
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    let asked = desk.platform.services.ledger().result_requests.len();
    assert_eq!(asked, 50);
    assert_eq!(desk.history(), [(1, 409), (1, 200)]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a17_a_column_that_was_deleted_is_terminal_until_a_launch_tells_of_another(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.finish(&["grain7"]).await;
    desk.drain().await;
    desk.platform.services.ledger().columns.remove("6");
    desk.finish(&["grain8"]).await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200), (2, 404)]);
    assert_eq!(desk.jobs().await, 0);
    assert_eq!(desk.refusals().await[0].refusal.status, Some(404));
    // A teacher makes the column anew, and comes to look.
    let item = format!(
        "{}/mod/lti/services.php/2/lineitems/7/lineitem?type_id=4",
        desk.platform.issuer
    );
    let mut teacher = desk.site.browser();
    desk.platform
        .open_with(&desk.site, &mut teacher, |claims| {
            crate::support::platform::as_teacher(claims);
            claims[CUSTOM] = json!({ "sequence": "sequence3" });
            claims[ENDPOINT]["lineitem"] = json!(item);
        })
        .await;
    desk.drain().await;
    let key = ("7".to_owned(), "4".to_owned());
    let grade = desk.platform.services.ledger().grades[&key].clone();
    assert_eq!(grade.value, Some(50.0), "the learner need not come again");
    assert!(desk.refusals().await.is_empty());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a17_grades_that_are_enabled_later_are_sent_for_all_who_came(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    desk.open_with(|claims| {
        claims[ENDPOINT]
            .as_object_mut()
            .expect("an endpoint")
            .remove("lineitem");
    })
    .await;
    desk.finish(&["grain7"]).await;
    assert_eq!(desk.jobs().await, 0);
    let mut teacher = desk.site.browser();
    desk.platform
        .open_with(&desk.site, &mut teacher, |claims| {
            crate::support::platform::as_teacher(claims);
            claims[CUSTOM] = json!({ "sequence": "sequence3" });
        })
        .await;
    desk.drain().await;
    assert_eq!(desk.history(), [(1, 200)]);
}
