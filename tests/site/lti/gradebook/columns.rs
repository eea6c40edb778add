//! Where scores go: rows A15 to A17.

use mini_site::lti::services::RefusalReason;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{CUSTOM, Desk, ENDPOINT};
use crate::support::platform::services::Grade;

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

/// As many people come before the learner in the list of results, in pages of `page`; the platform
/// knows no filter.
fn list_before_the_learner(desk: &Desk, people: u32, page: usize) {
    let mut ledger = desk.platform.services.ledger();
    ledger.filters_results = false;
    ledger.result_page = page;
    for user in 0..people {
        let grade = Grade {
            value: Some(20.0),
            modified_at: 0,
        };
        let user = (100 + user).to_string();
        ledger.grades.insert(("6".to_owned(), user), grade);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a16_a_list_in_pages_is_followed_until_the_learner_is_found(pool: PgPool) {
    let mut desk = Desk::new(pool).await;
    list_before_the_learner(&desk, 20, 8);
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
    list_before_the_learner(&desk, 100, 1);
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
