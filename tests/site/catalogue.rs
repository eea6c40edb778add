//! The copy of the course in the database, and what happens to a grain that leaves it.

use axum::http::StatusCode;
use mini_site::catalogue::{Course, Grain, Module, Sequence};
use sqlx::PgPool;

use crate::support::TestSite;

/// The real course reduced to two grains, one of them moved to another module.
pub(crate) static OTHER: Course = Course {
    title: "Un autre cours",
    subtitle: "Plus court.",
    language: "fr",
    license: "CC-BY-SA-4.0",
    modules: &[Module {
        id: "module9",
        title: "Le seul module",
        summary: "Deux grains.",
        minutes: 9,
        sequences: &[Sequence {
            id: "sequence9",
            title: "La seule séquence",
            summary: "Deux grains.",
            minutes: 9,
            grains: &[grain("grain1", 4), grain("grain30", 5)],
        }],
    }],
};

const fn grain(id: &'static str, minutes: u16) -> Grain {
    Grain {
        id,
        title: "Un titre neuf",
        summary: "Neuf.",
        minutes,
        style: None,
        script: None,
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn titles_order_and_minutes_are_copied(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let (module, sequence, position, title, minutes): (String, String, i32, String, i32) =
        sqlx::query_as(
            "SELECT module_id, sequence_id, position, title, minutes FROM grains WHERE id = 'grain8'",
        )
        .fetch_one(&site.pool)
        .await
        .expect("grain8");
    assert_eq!(
        (module.as_str(), sequence.as_str(), position),
        ("module2", "sequence3", 8)
    );
    assert_eq!(
        title,
        "Observer et écouter : l’entretien de découverte".replace(" :", "\u{a0}:")
    );
    assert_eq!(minutes, 8);
    assert_eq!(site.count("SELECT count(*) FROM modules").await, 4);
    assert_eq!(site.count("SELECT count(*) FROM sequences").await, 9);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_second_start_changes_nothing(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let written = "SELECT sum(xmin::text::bigint)::bigint FROM grains";
    let before = site.count(written).await;
    site.sibling().await;
    assert_eq!(site.count(written).await, before);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_grain_that_leaves_is_retired_and_keeps_its_completions(pool: PgPool) {
    let site = TestSite::new(pool).await;
    site.learner_after("42", &["grain1", "grain2"]).await;
    let later = site.with_course(&OTHER).await;
    assert_eq!(later.count("SELECT count(*) FROM progress").await, 2);
    assert_eq!(
        later
            .count("SELECT count(*) FROM grains WHERE retired_at IS NOT NULL")
            .await,
        28
    );
    let moved = "SELECT count(*) FROM progress WHERE grain_id = 'grain1' AND module_id = 'module9' AND sequence_id = 'sequence9'";
    assert_eq!(
        later.count(moved).await,
        1,
        "a completion follows its grain"
    );
    let home = later.learner("42").await.get("/").await;
    assert!(
        home.text.contains("1\u{a0}grain sur 2"),
        "only living grains count"
    );
    let back = site.sibling().await;
    assert_eq!(
        back.count("SELECT count(*) FROM grains WHERE retired_at IS NULL")
            .await,
        29
    );
    assert!(
        back.learner("42")
            .await
            .get("/")
            .await
            .text
            .contains("2\u{a0}grains sur 29")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_retired_grain_is_gone_for_readers_and_for_posts(pool: PgPool) {
    let site = TestSite::new(pool).await.with_course(&OTHER).await;
    let mut browser = site.learner("42").await;
    let page = browser.get("/grains/grain2").await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text.contains("Ce grain ne fait plus partie du cours"));
    for path in [
        "/grains/grain2/completion",
        "/grains/grain2/completion/undo",
    ] {
        assert_eq!(browser.post(path).await.status, StatusCode::GONE, "{path}");
    }
    let answer = browser
        .post_json("/api/progress", r#"{"grain_id":"grain2"}"#)
        .await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert_eq!(answer.json()["error"]["code"], "grain_retired");
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 0);
}
