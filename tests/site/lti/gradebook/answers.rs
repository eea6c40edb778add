//! What the platform answers: rows A10 to A12 and A14.

use axum::http::StatusCode;
use mini_site::{lti::services::RefusalReason, outbox};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOM, Desk};
use crate::support::platform::services::{Hold, Scripted};

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
