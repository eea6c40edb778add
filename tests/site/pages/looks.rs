//! `<main>` of every kind of page, for a fresh learner, half-way, done and without a session.

use std::{collections::BTreeSet, path::Path};

use sqlx::PgPool;

use crate::support::{Browser, TestSite};

/// Name of the snapshot, who looks, at what.
const PAGES: [(&str, Who, &str); 16] = [
    ("home_fresh", Who::Fresh, "/"),
    ("home_half_way", Who::HalfWay, "/"),
    ("home_done", Who::Done, "/"),
    ("home_no_session", Who::Nobody, "/"),
    ("module_fresh", Who::Fresh, "/modules/module2"),
    ("module_half_way", Who::HalfWay, "/modules/module2"),
    (
        "module_just_finished",
        Who::HalfWay,
        "/modules/module1?finished=grain6",
    ),
    ("module_no_session", Who::Nobody, "/modules/module2"),
    ("sequence_half_way", Who::HalfWay, "/sequences/sequence4"),
    ("sequence_no_session", Who::Nobody, "/sequences/sequence4"),
    ("grain_to_do", Who::HalfWay, "/grains/grain12"),
    (
        "grain_just_finished",
        Who::HalfWay,
        "/grains/grain12?finished=grain11",
    ),
    ("grain_finished", Who::HalfWay, "/grains/grain11"),
    ("grain_done", Who::Done, "/grains/grain29"),
    ("grain_no_session", Who::Nobody, "/grains/grain12"),
    ("not_found", Who::HalfWay, "/grains/grain99"),
];

#[derive(Clone, Copy)]
enum Who {
    Fresh,
    HalfWay,
    Done,
    Nobody,
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn pages_look_as_they_did(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let ids: Vec<String> = (1..=29).map(|rank| format!("grain{rank}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let done = site.learner_after("done", &ids).await;
    let half_way = site.learner_after("half", &ids[..11]).await;
    let fresh = site.learner("fresh").await;
    for (name, who, path) in PAGES {
        let mut browser: Browser = match who {
            Who::Fresh => fresh.clone(),
            Who::HalfWay => half_way.clone(),
            Who::Done => done.clone(),
            Who::Nobody => site.browser(),
        };
        insta::assert_snapshot!(name, browser.get(path).await.main());
    }
}

#[test]
fn no_snapshot_is_left_without_a_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/site/pages/snapshots");
    let kept: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of snapshots")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let wanted = PAGES
        .iter()
        .map(|(name, _, _)| format!("site__pages__looks__{name}.snap"));
    assert_eq!(kept, wanted.collect());
}
