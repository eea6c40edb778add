//! Who may do what: every address of the site, for everybody who may come, in one table.

use std::fmt::Write;

use axum::{
    body::Body,
    http::{Method, Request},
};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::{
    lti::root_of,
    support::{
        Browser, TestSite,
        platform::{FakePlatform, as_deep_linking, as_teacher},
    },
};

const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";
const MEMBERSHIP: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership";
const SYSTEM: &str = "http://purl.imsglobal.org/vocab/lis/v2/system/person";

/// Who comes, in the order of the columns.
const PEOPLE: [&str; 8] = [
    "nobody",
    "learner",
    "learner of another class",
    "teacher",
    "teacher of another class",
    "assistant",
    "administrator",
    "thief of a teacher's address",
];

/// Method, address, body, and what each of [`PEOPLE`] gets.
type Line = (&'static str, &'static str, &'static str, [u16; 8]);

/// Everybody alike.
const fn all(status: u16) -> [u16; 8] {
    [status; 8]
}

/// Everybody with a session of their own; nobody else.
const fn known(status: u16) -> [u16; 8] {
    [401, status, status, status, status, status, status, 403]
}

/// Those who teach or help to teach.
const fn teaching(status: u16) -> [u16; 8] {
    [401, 403, 403, status, status, status, 403, 403]
}

/// What may be read by all, save by the thief, whose address is not theirs.
const READ: [u16; 8] = [200, 200, 200, 200, 200, 200, 200, 403];

const LINES: &[Line] = &[
    ("GET", "/", "", READ),
    ("GET", "/modules/module1", "", READ),
    ("GET", "/sequences/sequence1", "", READ),
    ("GET", "/grains/grain1", "", READ),
    ("POST", "/grains/grain1/completion", "", known(303)),
    ("POST", "/grains/grain1/completion/undo", "", known(303)),
    ("GET", "/class", "", teaching(200)),
    ("GET", "/class/export.csv", "", teaching(200)),
    ("GET", "/class/export.csv?names=no", "", teaching(200)),
    ("GET", "/class/export.jsonl", "", teaching(200)),
    ("POST", "/class/resending", "", teaching(303)),
    ("GET", "/my-data", "", READ),
    ("GET", "/my-data/export.json", "", known(200)),
    ("GET", "/my-data/export.csv", "", known(200)),
    ("GET", "/api/progress", "", known(200)),
    (
        "POST",
        "/api/progress",
        "{\"grain_id\": \"grain2\"}",
        [401, 201, 201, 201, 201, 201, 201, 403],
    ),
    (
        "POST",
        "/api/auth/profile",
        "{\"moodle_user_id\": \"1\"}",
        all(401),
    ),
    ("GET", "/api/openapi.json", "", all(200)),
    // Nobody is in the dialog of « Select content ».
    (
        "GET",
        "/lti/deep-linking",
        "",
        [404, 404, 404, 404, 404, 404, 404, 403],
    ),
    (
        "POST",
        "/lti/deep-linking",
        "",
        [401, 404, 404, 404, 404, 404, 404, 403],
    ),
    ("GET", "/lti/login", "", all(400)),
    ("POST", "/lti/launch", "", all(400)),
    ("GET", "/lti/registration", "", all(400)),
    ("GET", "/embed", "", all(400)),
    ("GET", "/e/nothing", "", all(401)),
    ("GET", "/.well-known/jwks.json", "", all(200)),
    ("GET", "/health/live", "", all(200)),
    ("GET", "/health/ready", "", all(200)),
    ("GET", "/dev/build", "", all(404)),
    ("GET", "/nothing", "", all(404)),
    // What ends the session comes last; by then it is the teacher who has left.
    (
        "POST",
        "/my-data/erasure",
        "word=non",
        [401, 422, 422, 422, 422, 422, 422, 403],
    ),
    (
        "POST",
        "/session/end",
        "",
        [401, 200, 200, 200, 200, 200, 200, 401],
    ),
];

/// Somebody, and where their pages stand.
struct Person {
    browser: Browser,
    root: String,
}

impl Person {
    /// Comes by a launch, its claims changed.
    async fn launched(
        site: &TestSite,
        platform: &FakePlatform,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let mut browser = site.browser();
        let first = platform.open_with(site, &mut browser, change).await;
        Self {
            browser,
            root: root_of(&first).to_owned(),
        }
    }

    /// Asks from a page of our own, as a link, a form or a script does.
    async fn ask(&mut self, method: &str, path: &str, body: &'static str) -> u16 {
        let kind = if body.starts_with('{') {
            "application/json"
        } else {
            "application/x-www-form-urlencoded"
        };
        let request = Request::builder()
            .method(Method::from_bytes(method.as_bytes()).expect("a method"))
            .uri(format!("{}{path}", self.root))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", kind)
            .body(Body::from(body))
            .expect("a request");
        self.browser.send(request).await.status.as_u16()
    }
}

/// Sets who it is, as what, and in which context.
fn person(claims: &mut Value, sub: &str, role: &str, context: &str) {
    claims["sub"] = json!(sub);
    claims[format!("{CLAIM}roles")] = json!([role]);
    claims[format!("{CLAIM}context")]["id"] = json!(context);
    claims[format!("{CLAIM}resource_link")]["id"] = json!(format!("link of {context}"));
}

async fn people(site: &TestSite, platform: &FakePlatform) -> [Person; 8] {
    let launched = async |sub: &str, role: &str, context: &str| {
        Person::launched(site, platform, |claims| person(claims, sub, role, context)).await
    };
    let membership = |role: &str| format!("{MEMBERSHIP}{role}");
    let teacher = launched("3", &membership("#Instructor"), "2").await;
    // Has the address, and not the cookie of the browser that it belongs to.
    let thief = Person {
        browser: site.browser(),
        root: teacher.root.clone(),
    };
    [
        Person {
            browser: site.browser(),
            root: String::new(),
        },
        launched("4", &membership("#Learner"), "2").await,
        launched("5", &membership("#Learner"), "9").await,
        teacher,
        launched("6", &membership("#Instructor"), "9").await,
        launched("7", &membership("/Instructor#TeachingAssistant"), "2").await,
        launched("8", &format!("{SYSTEM}#Administrator"), "2").await,
        thief,
    ]
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_address_is_open_to_those_alone_whom_it_is_for(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut people = people(&site, &platform).await;
    let mut wrong = String::new();
    for (method, path, body, expected) in LINES {
        for ((person, name), expected) in people.iter_mut().zip(PEOPLE).zip(expected) {
            let status = person.ask(method, path, body).await;
            if status != *expected {
                writeln!(
                    wrong,
                    "{method} {path}: {name} gets {status}, not {expected}"
                )
                .expect("memory");
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_table_has_every_address() {
    let urls = include_str!("../../src/web/urls.rs");
    let (_, routes) = urls.split_once("pub mod route {").expect("the routes");
    let (routes, _) = routes.split_once("\n}").expect("their end");
    let patterns = routes.lines().filter_map(|line| line.split('"').nth(1));
    let pattern_of = |path: &str| path.split('?').next().unwrap_or_default().to_owned();
    let tried: Vec<_> = LINES.iter().map(|(_, path, ..)| pattern_of(path)).collect();
    let missing: Vec<_> = patterns
        // Below a handle stands the same site; assets are everybody's.
        .filter(|pattern| !pattern.starts_with("/s/") && !pattern.starts_with("/assets/"))
        .filter(|pattern| !tried.iter().any(|path| fits(pattern, path)))
        .collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

/// Whether a path is one of a pattern.
fn fits(pattern: &str, path: &str) -> bool {
    let [mut pattern, mut path] = [pattern, path].map(|text| text.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found || wanted.starts_with('{') => {}
            _ => return false,
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_class_is_never_seen_from_another_one(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let [_, _, _, mut teacher, mut other, ..] = people(&site, &platform).await;
    site.execute("UPDATE users SET name = 'Camille ' || moodle_user_id, family_name = NULL")
        .await;
    for path in ["/class", "/class/export.csv", "/class/export.jsonl"] {
        let seen = async |person: &mut Person| {
            let path = format!("{}{path}", person.root);
            person.browser.get_framed(&path).await.text
        };
        // Statements tell completions.
        site.execute(
            "INSERT INTO progress (user_id, grain_id, module_id, sequence_id)
             SELECT users.id, grains.id, module_id, sequence_id FROM users, grains WHERE grains.id = 'grain1'
             ON CONFLICT DO NOTHING",
        )
        .await;
        let (own, foreign) = (seen(&mut teacher).await, seen(&mut other).await);
        assert!(
            own.contains("Camille 4") && !own.contains("Camille 5"),
            "{path}"
        );
        assert!(
            foreign.contains("Camille 5") && !foreign.contains("Camille 4"),
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_dialog_is_open_to_the_teacher_who_was_sent_there(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut person = Person::launched(&site, &platform, as_deep_linking).await;
    assert_eq!(person.ask("GET", "/lti/deep-linking", "").await, 200);
    let mut other = Person::launched(&site, &platform, |claims| {
        as_teacher(claims);
        person_of_another_course(claims);
    })
    .await;
    assert_eq!(other.ask("GET", "/lti/deep-linking", "").await, 404);
    site.leaves_jobs();
}

fn person_of_another_course(claims: &mut Value) {
    claims[format!("{CLAIM}context")]["id"] = json!("9");
}
