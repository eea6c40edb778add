//! Class lists: rows N01 to N04.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::support::{
    TestSite,
    platform::{FakePlatform, as_teacher, services::Scripted},
};

const NAMES_ROLES: &str = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice";

/// Somebody of the class, as we know them.
#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Known {
    moodle_user_id: String,
    name: Option<String>,
    role: String,
    role_source: String,
    is_active: bool,
    came: bool,
}

async fn known(site: &TestSite) -> Vec<Known> {
    sqlx::query_as(
        "SELECT moodle_user_id, name, role, role_source, is_active, launched_at IS NOT NULL AS came
         FROM lti_memberships JOIN users ON users.id = user_id ORDER BY moodle_user_id",
    )
    .fetch_all(&site.pool)
    .await
    .expect("the class")
}

fn person(id: &str, name: &str, role: &str, source: &str) -> Known {
    Known {
        moodle_user_id: id.to_owned(),
        name: Some(name.to_owned()),
        role: role.to_owned(),
        role_source: source.to_owned(),
        is_active: true,
        came: source == "launch",
    }
}

/// A teacher opens the activity.
async fn teacher_comes(site: &TestSite, platform: &FakePlatform) {
    platform
        .open_with(site, &mut site.browser(), as_teacher)
        .await;
}

/// How often the class list was asked for.
fn asked(platform: &FakePlatform) -> usize {
    platform.services.ledger().roster_requests.len()
}

async fn failure(site: &TestSite) -> Option<String> {
    sqlx::query_scalar("SELECT roster_failure FROM lti_contexts")
        .fetch_one(&site.pool)
        .await
        .expect("one context")
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n01_all_pages_of_a_list_are_read(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let many = (1000..1250).map(|id| {
        json!({ "status": "Active", "roles": ["Learner"], "user_id": id.to_string(), "name": format!("Personne {id}") })
    });
    platform.services.ledger().members.extend(many);
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    assert_eq!(
        platform.services.ledger().roster_requests,
        ["limit=100", "limit=100&from=100", "limit=100&from=200"]
    );
    assert_eq!(known(&site).await.len(), 254);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n01_a_list_whose_reading_breaks_off_leaves_the_old_one_alone(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    let before = known(&site).await;
    let many = (1000..1250).map(|id| json!({ "roles": ["Learner"], "user_id": id.to_string() }));
    platform.services.ledger().members = many.collect();
    site.clock.advance(Duration::minutes(10));
    teacher_comes(&site, &platform).await;
    platform
        .services
        .script_roster([None, Some(Scripted::status(500))]);
    site.drain_outbox().await;
    assert_eq!(known(&site).await, before);
    // It is read whole when the platform is well again.
    site.clock.advance(Duration::minutes(1));
    site.drain_outbox().await;
    assert_eq!(known(&site).await.len(), 254);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n01_a_list_without_an_end_is_read_for_fifty_pages(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    let again = format!(
        "<{}/mod/lti/services.php/CourseSection/2/bindings/4/memberships?again>; rel=\"next\"",
        platform.issuer
    );
    let page = Scripted::status(200)
        .with("link", again)
        .saying(r#"{"members":[{"user_id":"900","roles":["Learner"]}]}"#);
    platform.services.script_roster(vec![Some(page); 60]);
    site.clock.advance(Duration::minutes(10));
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    assert_eq!(asked(&platform), 1 + 50);
    let class = known(&site).await;
    assert_eq!(class.len(), 5, "what was read counts");
    assert!(
        class.iter().all(|known| known.is_active),
        "who was not reached has not left"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n01_a_list_is_read_once_in_ten_minutes_and_for_teachers_only(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    platform.open(&site, &mut site.browser()).await;
    site.drain_outbox().await;
    assert_eq!(asked(&platform), 0, "a learner sees no class");
    for (wait, times) in [(0, 1), (0, 1), (599, 1), (1, 2)] {
        site.clock.advance(Duration::seconds(wait));
        teacher_comes(&site, &platform).await;
        site.drain_outbox().await;
        assert_eq!(asked(&platform), times, "after {wait} s");
    }
    // Two teachers who come together ask once.
    site.clock.advance(Duration::minutes(10));
    teacher_comes(&site, &platform).await;
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    assert_eq!(asked(&platform), 3);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n01_a_page_on_a_foreign_host_is_not_read(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let away = Scripted::status(200)
        .with("link", "<https://thief.example/memberships>; rel=next")
        .saying(r#"{"members":[]}"#);
    platform.services.script_roster([Some(away)]);
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    let reason = failure(&site).await;
    assert_eq!(reason.as_deref(), Some("its address is not the platform's"));
    assert_eq!(known(&site).await.len(), 1, "the teacher, who came");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n02_who_has_no_name_is_known_and_who_is_inactive_is_not_active(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    platform.services.ledger().members = vec![
        json!({ "status": "Active", "roles": ["Learner"], "user_id": "20" }),
        json!({ "status": "Inactive", "roles": ["Learner"], "user_id": "21", "name": "B" }),
        json!({ "status": "Deleted", "roles": ["Learner"], "user_id": "22", "name": "C" }),
        json!({ "roles": ["Learner"], "user_id": "23", "name": "D" }),
    ];
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    let class = known(&site).await;
    let facts: Vec<_> = class
        .iter()
        .map(|known| {
            (
                known.moodle_user_id.as_str(),
                known.name.as_deref(),
                known.is_active,
            )
        })
        .collect();
    assert_eq!(
        facts,
        [
            ("20", None, true),
            ("21", Some("B"), false),
            ("22", Some("C"), false),
            ("23", Some("D"), true),
            ("3", Some("Hélène Marchand"), true),
        ],
        "who came while the list was read has not left"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n02_who_left_the_course_is_not_active_any_more_and_loses_nothing(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let home = platform.open(&site, &mut browser).await;
    let root = home.trim_end_matches('/').to_owned();
    browser
        .post(&format!("{root}/grains/grain1/completion"))
        .await;
    site.clock.advance(Duration::minutes(1));
    platform
        .services
        .ledger()
        .members
        .retain(|member| member["user_id"] != "4");
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    let elodie = |class: Vec<Known>| class.into_iter().find(|known| known.moodle_user_id == "4");
    assert!(!elodie(known(&site).await).expect("she is known").is_active);
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 1);
    platform.open(&site, &mut browser).await;
    assert!(elodie(known(&site).await).expect("she is known").is_active);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n03_a_list_of_two_thousand_is_kept_whole(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let many = (0..2000).map(|id| {
        json!({ "roles": ["Learner"], "user_id": format!("u{id}"), "name": format!("Personne {id}") })
    });
    platform.services.ledger().members = many.collect();
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    assert_eq!(
        site.count("SELECT count(*) FROM lti_memberships").await,
        2001
    );
    assert_eq!(failure(&site).await, None);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n03_without_a_right_to_the_list_those_who_came_are_the_class(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let without = |claims: &mut Value| {
        as_teacher(claims);
        claims.as_object_mut().expect("claims").remove(NAMES_ROLES);
    };
    platform
        .open_with(&site, &mut site.browser(), without)
        .await;
    assert_eq!(site.drain_outbox().await, 0, "the launch tells of none");
    platform.open(&site, &mut site.browser()).await;
    // Or it tells of one, and then grants no right, or refuses.
    platform.services.ledger().scopes.clear();
    for (script, told) in [
        (None, "the platform grants no right to read it"),
        (
            Some(Scripted::status(403).saying("forbidden")),
            "the platform answers with status 403: forbidden",
        ),
    ] {
        if let Some(script) = script {
            platform.services.script_roster([Some(script)]);
            let scope = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly";
            platform.services.ledger().scopes.insert(scope.to_owned());
        }
        teacher_comes(&site, &platform).await;
        assert_eq!(site.drain_outbox().await, 1);
        assert_eq!(failure(&site).await.as_deref(), Some(told));
        teacher_comes(&site, &platform).await;
        assert_eq!(site.drain_outbox().await, 0, "not asked again at once");
        site.clock.advance(Duration::minutes(10));
        platform.services.ledger().roster_requests.clear();
    }
    assert_eq!(
        known(&site).await,
        [
            person("3", "Hélène Marchand", "teacher", "launch"),
            person("4", "Élodie Lefèvre", "learner", "launch"),
        ]
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n04_somebody_on_the_list_and_in_a_launch_is_one_person(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    assert_eq!(
        known(&site).await,
        [
            person("3", "Hélène Marchand", "teacher", "launch"),
            person("4", "Élodie Lefèvre", "learner", "roster"),
            person("5", "Noël D'Ornano", "learner", "roster"),
            person("6", "Zoé Çelik &", "learner", "roster"),
        ],
        "short roles are understood, names are decoded, who never came is known"
    );
    let mut browser = site.browser();
    let home = platform.open(&site, &mut browser).await;
    assert_eq!(browser.get_framed(&home).await.status, StatusCode::OK);
    assert_eq!(site.count("SELECT count(*) FROM users").await, 4);
    assert_eq!(
        known(&site).await[1],
        person("4", "Élodie Lefèvre", "learner", "launch")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn n04_a_lower_role_on_the_list_takes_nothing_from_a_launch(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    // As Moodle tells of a teacher who may not edit.
    platform.services.ledger().members[2]["roles"] = json!(["Learner"]);
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    assert_eq!(
        known(&site).await[0],
        person("3", "Hélène Marchand", "teacher", "launch")
    );
    platform.services.ledger().members[2]["status"] = json!("Inactive");
    site.clock.advance(Duration::minutes(10));
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    let helene = Known {
        is_active: false,
        ..person("3", "Hélène Marchand", "teacher", "launch")
    };
    assert_eq!(known(&site).await[0], helene);
    // What only the list has told follows the list.
    platform.services.ledger().members[0]["roles"] = json!(["Instructor"]);
    site.clock.advance(Duration::minutes(10));
    teacher_comes(&site, &platform).await;
    site.drain_outbox().await;
    assert_eq!(
        known(&site).await[2],
        person("5", "Noël D'Ornano", "teacher", "roster")
    );
}
