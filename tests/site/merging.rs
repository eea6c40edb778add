//! Learners who are merged and platforms that are moved: nothing that was done is lost.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use mini_site::{
    lti::PlatformId,
    merging::{self, MergeError, Merged, Moved, Pairs},
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::support::{Browser, START, TestSite, platform::FakePlatform};

const JOBS: &str = "SELECT count(*) FROM internal.outbox WHERE kind = 'score'";

/// Somebody whom a platform names by this number opens the activity « 6 » and finishes grains, a
/// minute apart.
async fn visit(
    site: &TestSite,
    platform: &FakePlatform,
    sub: &str,
    grains: &[&str],
) -> (Browser, String) {
    let mut browser = site.browser();
    let first = platform
        .open_with(site, &mut browser, |claims| claims["sub"] = json!(sub))
        .await;
    let root = first.split('/').take(3).collect::<Vec<_>>().join("/");
    for grain in grains {
        let answer = browser
            .post(&format!("{root}/grains/{grain}/completion"))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        site.clock.advance(Duration::minutes(1));
    }
    (browser, root)
}

async fn find(site: &TestSite, platform: Option<PlatformId>, sub: &str) -> Option<Uuid> {
    sqlx::query_scalar(
        "SELECT id FROM users WHERE platform_id IS NOT DISTINCT FROM $1 AND moodle_user_id = $2",
    )
    .bind(platform.map(|platform| platform.0))
    .bind(sub)
    .fetch_optional(&site.pool)
    .await
    .expect("a row")
}

async fn id_of(site: &TestSite, platform: &FakePlatform) -> PlatformId {
    let id =
        sqlx::query_scalar("SELECT id FROM lti_platforms WHERE issuer = $1 AND client_id = $2")
            .bind(&platform.issuer)
            .bind(&platform.client_id)
            .fetch_one(&site.pool)
            .await;
    PlatformId(id.expect("a platform"))
}

/// When each grain was finished, in minutes from the start.
async fn done(pool: &PgPool, learner: Uuid) -> BTreeMap<String, i64> {
    let rows: Vec<(String, OffsetDateTime)> =
        sqlx::query_as("SELECT grain_id, completed_at FROM progress WHERE user_id = $1")
            .bind(learner)
            .fetch_all(pool)
            .await
            .expect("rows");
    rows.into_iter()
        .map(|(grain, at)| (grain, (at - START).whole_minutes()))
        .collect()
}

async fn merge(site: &TestSite, gone: Uuid, kept: Uuid) -> Result<Merged, MergeError> {
    let mut transaction = site.pool.begin().await.expect("a transaction");
    let now = site.clock.now();
    let merged = merging::merge(&mut transaction, &Pairs::one(gone, kept), now).await?;
    transaction.commit().await.expect("a commit");
    Ok(merged)
}

async fn insert_learner(pool: &PgPool, sub: &str) -> Uuid {
    sqlx::query_scalar("INSERT INTO users (moodle_user_id) VALUES ($1) RETURNING id")
        .bind(sub)
        .fetch_one(pool)
        .await
        .expect("a learner")
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_both_have_done_is_united_and_told_to_the_gradebook(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    let (mut old_browser, old_root) = visit(&site, &platform, "4", &["grain1", "grain2"]).await;
    visit(&site, &platform, "104", &["grain2", "grain3"]).await;
    site.drain_outbox().await;
    let here = Some(id_of(&site, &platform).await);
    let (gone, kept) = (find(&site, here, "4").await, find(&site, here, "104").await);
    let (gone, kept) = (gone.expect("a learner"), kept.expect("a learner"));
    let merged = merge(&site, gone, kept).await.expect("a merge");
    assert_eq!(
        merged,
        Merged {
            learners: 1,
            completions: 1,
            earlier_dates: 1,
            courses_united: 1,
            sessions: 1,
            grades: 1,
            ..Merged::default()
        }
    );
    let expected = [("grain1", 0), ("grain2", 1), ("grain3", 3)];
    let expected = expected.map(|(grain, minute)| (grain.to_owned(), minute));
    assert_eq!(done(&pool, kept).await, BTreeMap::from(expected));
    assert_eq!(find(&site, here, "4").await, None);
    site.drain_outbox().await;
    let posted = platform
        .services
        .ledger()
        .posted
        .last()
        .expect("a score")
        .body
        .clone();
    assert_eq!(
        (&posted["userId"], &posted["scoreGiven"]),
        (&json!("104"), &json!(3))
    );
    site.clock.advance(Duration::seconds(2));
    let answer = old_browser.get_framed(&format!("{old_root}/")).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "the session ended");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn any_two_learners_merge_into_the_union_with_the_earlier_dates(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let grains: Vec<_> = site.state.catalogue.places().iter().collect();
    let side = prop::collection::btree_map(0..grains.len(), -500_i64..500, 0..=grains.len());
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for case in 0..40 {
        let sides = (side.clone(), side.clone())
            .new_tree(&mut runner)
            .expect("a case");
        let sides = [sides.current().0, sides.current().1];
        let mut ids = Vec::new();
        let mut expected: BTreeMap<String, i64> = BTreeMap::new();
        for (rank, side) in sides.iter().enumerate() {
            let id = insert_learner(&pool, &format!("{case}-{rank}")).await;
            ids.push(id);
            for (grain, minute) in side {
                let place = grains[*grain];
                sqlx::query("INSERT INTO progress (user_id, grain_id, module_id, sequence_id, completed_at) VALUES ($1, $2, $3, $4, $5)")
                    .bind(id)
                    .bind(place.grain.id)
                    .bind(place.module.id)
                    .bind(place.sequence.id)
                    .bind(START + Duration::minutes(*minute))
                    .execute(&pool)
                    .await
                    .expect("a completion");
                let known = expected.entry(place.grain.id.to_owned()).or_insert(*minute);
                *known = (*known).min(*minute);
            }
        }
        let merged = merge(&site, ids[0], ids[1]).await.expect("a merge");
        assert_eq!(done(&pool, ids[1]).await, expected, "{sides:?}");
        assert_eq!(done(&pool, ids[0]).await, BTreeMap::new());
        let gained = expected.len() - sides[1].len();
        assert_eq!(usize::try_from(merged.completions), Ok(gained), "{sides:?}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_profile_of_a_signed_token_becomes_the_one_that_a_platform_names(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    visit(&site, &platform, "4", &[]).await;
    let here = Some(id_of(&site, &platform).await);
    let kept = find(&site, here, "4").await.expect("a learner");
    sqlx::query("UPDATE users SET email = NULL WHERE id = $1")
        .bind(kept)
        .execute(&pool)
        .await
        .expect("an update");
    let gone = insert_learner(&pool, "4").await;
    sqlx::query("UPDATE users SET email = 'e@example.test', name = 'Élo', created_at = '2025-01-01' WHERE id = $1")
        .bind(gone)
        .execute(&pool)
        .await
        .expect("an update");
    sqlx::query("INSERT INTO progress (user_id, grain_id, module_id, sequence_id) VALUES ($1, 'grain1', 'module1', 'sequence1')")
        .bind(gone)
        .execute(&pool)
        .await
        .expect("a completion");
    assert!(matches!(
        merge(&site, kept, gone).await,
        Err(MergeError::LosesPlatform)
    ));
    let merged = merge(&site, gone, kept).await.expect("a merge");
    assert_eq!(
        (merged.learners, merged.completions, merged.grades),
        (1, 1, 1)
    );
    let profile: (String, String, i32) =
        sqlx::query_as("SELECT name, email, extract(year FROM created_at)::int FROM users")
            .fetch_one(&pool)
            .await
            .expect("one learner");
    let expected = (
        "Élodie Lefèvre".to_owned(),
        "e@example.test".to_owned(),
        2025,
    );
    assert_eq!(profile, expected);
    site.drain_outbox().await;
    assert_eq!(platform.services.history().last(), Some(&(1, 200)));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn of_two_platforms_only_what_was_done_is_united(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let here = FakePlatform::start(&site).await;
    let there = FakePlatform::start(&site).await;
    visit(&site, &here, "4", &["grain1"]).await;
    visit(&site, &there, "4", &["grain2"]).await;
    site.drain_outbox().await;
    let gone = find(&site, Some(id_of(&site, &here).await), "4")
        .await
        .expect("a learner");
    let kept = find(&site, Some(id_of(&site, &there).await), "4")
        .await
        .expect("a learner");
    let merged = merge(&site, gone, kept).await.expect("a merge");
    assert_eq!(
        (merged.completions, merged.of_other_platforms, merged.grades),
        (1, 2, 1)
    );
    assert_eq!(site.count("SELECT count(*) FROM lti_memberships").await, 1);
    let before = here.services.history().len();
    site.drain_outbox().await;
    assert_eq!(
        here.services.history().len(),
        before,
        "4 may be somebody else here"
    );
    assert_eq!(there.services.history().last(), Some(&(2, 200)));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn of_a_course_in_common_the_role_is_that_of_whoever_came_last(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let teach = |claims: &mut Value| {
        crate::support::platform::as_teacher(claims);
    };
    platform.open_with(&site, &mut site.browser(), teach).await;
    site.clock.advance(Duration::minutes(1));
    visit(&site, &platform, "4", &[]).await;
    let here = Some(id_of(&site, &platform).await);
    let teacher = find(&site, here, "3").await.expect("a teacher");
    let learner = find(&site, here, "4").await.expect("a learner");
    merge(&site, learner, teacher).await.expect("a merge");
    let role: (String, OffsetDateTime) =
        sqlx::query_as("SELECT role, launched_at FROM lti_memberships")
            .fetch_one(&pool)
            .await
            .expect("one membership");
    assert_eq!(role, ("learner".to_owned(), START + Duration::minutes(1)));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn whoever_does_not_exist_or_is_the_same_is_refused_and_nothing_changes(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    let known = insert_learner(&pool, "4").await;
    let unknown = Uuid::new_v4();
    for (gone, kept) in [(known, unknown), (unknown, known)] {
        let refused = merge(&site, gone, kept).await;
        assert!(matches!(refused, Err(MergeError::Unknown(id)) if id == unknown));
    }
    assert!(matches!(
        merge(&site, known, known).await,
        Err(MergeError::Same)
    ));
    assert_eq!(site.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn changed_user_ids_rename_some_and_merge_others(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    visit(&site, &platform, "4", &["grain1"]).await;
    visit(&site, &platform, "5", &["grain1", "grain2"]).await;
    visit(&site, &platform, "105", &["grain3"]).await;
    site.drain_outbox().await;
    let ids = merging::read_renumbering("4;104\n5;105\n6;106").expect("pairs");
    let here = id_of(&site, &platform).await;
    let mut transaction = pool.begin().await.expect("a transaction");
    let now = site.clock.now();
    let merged = merging::renumber(&mut transaction, here, &ids, now)
        .await
        .expect("a change");
    transaction.commit().await.expect("a commit");
    assert_eq!(
        (
            merged.learners,
            merged.renumbered,
            merged.completions,
            merged.grades
        ),
        (1, 1, 2, 2)
    );
    for (old, new, count) in [("4", "104", 1), ("5", "105", 3)] {
        assert_eq!(find(&site, Some(here), old).await, None);
        let learner = find(&site, Some(here), new).await.expect("a learner");
        assert_eq!(done(&pool, learner).await.len(), count);
    }
    platform.services.ledger().posted.clear();
    site.drain_outbox().await;
    let mut told: Vec<_> = platform
        .services
        .ledger()
        .posted
        .iter()
        .map(|posted| {
            (
                posted.body["userId"].to_string(),
                posted.body["scoreGiven"].to_string(),
            )
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        [("\"104\"", "1"), ("\"105\"", "3")].map(|(id, given)| (id.to_owned(), given.to_owned()))
    );
}

/// The same Moodle, registered again: another client id, another deployment.
async fn registered_again(site: &TestSite, platform: &FakePlatform) -> FakePlatform {
    let mut again = platform.clone();
    "client-2".clone_into(&mut again.client_id);
    again.register(site).await;
    again
}

async fn move_platform(site: &TestSite, from: PlatformId, into: PlatformId) -> Moved {
    let mut transaction = site.pool.begin().await.expect("a transaction");
    let moved = merging::move_platform(&mut transaction, from, into, site.clock.now()).await;
    transaction.commit().await.expect("a commit");
    moved.expect("a move")
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_registration_that_nobody_used_yet_takes_over_all_of_the_old_one(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    let (mut browser, root) = visit(&site, &platform, "4", &["grain1"]).await;
    let again = registered_again(&site, &platform).await;
    site.execute("UPDATE lti_deployments SET external_id = '3' WHERE platform_id IN (SELECT id FROM lti_platforms WHERE client_id = 'client-1')")
        .await;
    let (from, into) = (id_of(&site, &platform).await, id_of(&site, &again).await);
    let moved = move_platform(&site, from, into).await;
    assert_eq!((moved.learners, moved.merged), (1, Merged::default()));
    assert_eq!(
        (
            moved.places.courses,
            moved.places.activities,
            moved.sessions
        ),
        (1, 1, 1)
    );
    let left =
        "SELECT count(*) FROM lti_deployments AS d JOIN lti_platforms AS p ON p.id = platform_id
        WHERE p.status = 'suspended'";
    assert_eq!(site.count(left).await, 0);
    assert_eq!(
        site.count("SELECT count(*) FROM lti_platforms WHERE status = 'suspended'")
            .await,
        1
    );
    assert_eq!(
        site.count(JOBS).await,
        0,
        "its column is told at the next launch"
    );
    site.clock.advance(Duration::seconds(2));
    assert_eq!(
        browser.get_framed(&format!("{root}/")).await.status,
        StatusCode::UNAUTHORIZED
    );
    let learner = find(&site, Some(into), "4").await.expect("a learner");
    assert_eq!(done(&pool, learner).await.len(), 1);
    assert_eq!(site.count("SELECT count(*) FROM lti_memberships").await, 1);
    let scores = "SELECT count(*) FROM internal.lti_scores";
    assert_eq!(site.count(scores).await, 1);
    // Another learner opens the activity: the grades of all are told.
    let mut browser = site.browser();
    again
        .open_with(&site, &mut browser, |claims| {
            claims["sub"] = json!("5");
        })
        .await;
    assert_eq!(site.count("SELECT count(*) FROM lti_contexts").await, 1);
    assert_eq!(
        site.count("SELECT count(*) FROM lti_resource_links").await,
        1
    );
    let queued = "SELECT count(*) FROM internal.outbox WHERE kind = 'score'
        AND user_id = (SELECT id FROM users WHERE moodle_user_id = '4')";
    assert_eq!(site.count(queued).await, 1);
    site.leaves_jobs();
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_both_registrations_know_is_united(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    visit(&site, &platform, "4", &["grain1", "grain2"]).await;
    visit(&site, &platform, "5", &["grain1"]).await;
    let again = registered_again(&site, &platform).await;
    visit(&site, &again, "4", &["grain2", "grain3"]).await;
    let (from, into) = (id_of(&site, &platform).await, id_of(&site, &again).await);
    let moved = move_platform(&site, from, into).await;
    assert_eq!((moved.learners, moved.merged.learners), (1, 1));
    assert_eq!(
        (moved.merged.completions, moved.merged.earlier_dates),
        (1, 1)
    );
    assert_eq!(
        (moved.places.courses_united, moved.places.activities_united),
        (1, 1)
    );
    assert_eq!(moved.grades, 2);
    for (sub, count) in [("4", 3), ("5", 1)] {
        let learner = find(&site, Some(into), sub).await.expect("a learner");
        assert_eq!(done(&pool, learner).await.len(), count, "{sub}");
    }
    for (count, query) in [
        (
            0,
            "SELECT count(*) FROM users WHERE platform_id IN (SELECT id FROM lti_platforms WHERE status = 'suspended')",
        ),
        (
            0,
            "SELECT count(*) FROM internal.outbox WHERE platform_id IN (SELECT id FROM lti_platforms WHERE status = 'suspended')",
        ),
        (1, "SELECT count(*) FROM lti_deployments"),
        (1, "SELECT count(*) FROM lti_contexts"),
        (
            1,
            "SELECT count(*) FROM lti_resource_links WHERE line_item_url IS NOT NULL",
        ),
        (2, "SELECT count(*) FROM lti_memberships"),
        (2, "SELECT count(*) FROM internal.lti_scores"),
        (2, JOBS),
    ] {
        assert_eq!(site.count(query).await, count, "{query}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_new_address_stands_wherever_the_old_one_stood_and_nothing_is_sent_again(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    visit(&site, &platform, "4", &["grain1"]).await;
    site.drain_outbox().await;
    let here = id_of(&site, &platform).await;
    let mut transaction = pool.begin().await.expect("a transaction");
    let old = platform.issuer.as_str();
    // The beginning of a name is no beginning of an address.
    let short = &old[..old.len() - 1];
    let changed =
        merging::readdress(&mut transaction, here, short, "https://moodle.example.org").await;
    assert_eq!(changed.expect("no error"), merging::Readdressed::default());
    let changed =
        merging::readdress(&mut transaction, here, old, "https://moodle.example.org").await;
    let expected = merging::Readdressed {
        platforms: 1,
        courses: 1,
        activities: 1,
        grades: 1,
    };
    assert_eq!(changed.expect("no error"), expected);
    transaction.commit().await.expect("a commit");
    let rests = "SELECT count(*) FROM lti_platforms AS p, lti_contexts AS c, lti_resource_links AS l, internal.lti_scores AS s
        WHERE concat(p.*, c.*, l.*, s.*) LIKE '%127.0.0.1%'";
    assert_eq!(site.count(rests).await, 0);
    let whole = "SELECT count(*) FROM lti_platforms WHERE token_url = 'https://moodle.example.org/token.php'
        AND issuer = 'https://moodle.example.org' AND token_audience IS NULL";
    assert_eq!(site.count(whole).await, 1);
    let same = "SELECT count(*) FROM internal.lti_scores AS s JOIN lti_resource_links AS l ON l.id = resource_link_id
        WHERE s.line_item_url = l.line_item_url AND sent_given = 1";
    assert_eq!(site.count(same).await, 1);
}
