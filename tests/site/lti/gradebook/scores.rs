//! What is sent, and when: rows A05 to A09 and A13.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOM, Desk, ENDPOINT};

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
