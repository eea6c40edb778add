//! « Mes données »: what is shown, what is taken away as a file, and what an erasure leaves.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use mini_site::read_only;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use time::Duration;

use crate::support::{
    Browser, TestSite,
    platform::{FakePlatform, as_deep_linking, as_teacher},
};

const LEARNERS: &str = "SELECT count(*) FROM users";
const COMPLETIONS: &str = "SELECT count(*) FROM progress";
const ERASE: [(&str, &str); 1] = [("confirmation", "EFFACER")];

/// Somebody with a session in a frame, and `/s/{handle}`.
struct Visit {
    browser: Browser,
    root: String,
}

impl Visit {
    /// The learner Élodie Lefèvre opens the course.
    async fn new(site: &TestSite, platform: &FakePlatform) -> Self {
        Self::with(site, platform, |_| {}).await
    }

    async fn with(
        site: &TestSite,
        platform: &FakePlatform,
        change: impl FnOnce(&mut serde_json::Value),
    ) -> Self {
        let mut browser = site.browser();
        let first = platform.open_with(site, &mut browser, change).await;
        let root: Vec<_> = first.split('/').take(3).collect();
        Self {
            browser,
            root: root.join("/"),
        }
    }

    async fn get(&mut self, path: &str) -> crate::support::Answer {
        let address = format!("{}{path}", self.root);
        self.browser.get_framed(&address).await
    }

    async fn finish(&mut self, grain: &str) {
        let address = format!("{}/grains/{grain}/completion", self.root);
        let answer = self.browser.post(&address).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }

    async fn erase(&mut self, pairs: &[(&str, &str)]) -> crate::support::Answer {
        let address = format!("{}/my-data/erasure", self.root);
        self.browser.post_form(&address, pairs).await
    }
}

/// What all tables of ours hold, as one text.
async fn everything(pool: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT oid::regclass::text FROM pg_class
         WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'internal'::regnamespace)",
    )
    .fetch_all(pool)
    .await
    .expect("tables");
    assert!(tables.len() > 15, "{tables:?}");
    let mut all = String::new();
    for table in tables {
        let query = format!("SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} AS t");
        let text: String = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(pool)
            .await
            .expect("a text");
        all.push_str(&text);
    }
    all
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_page_tells_what_is_kept_in_a_frame_with_or_without_cookies(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut visit = Visit::new(&site, &platform).await;
    visit.finish("grain1").await;
    let root = visit.root.clone();
    let mut cookieless = site.browser();
    cookieless.keeps_cookies = false;
    let first = platform.open(&site, &mut cookieless).await;
    let other_root: Vec<_> = first.split('/').take(3).collect();
    let other = Visit {
        browser: cookieless,
        root: other_root.join("/"),
    };
    for mut visit in [visit, other] {
        let page = visit.get("/my-data").await;
        assert_eq!(page.status, StatusCode::OK);
        for said in [
            "Élodie Lefèvre",
            "eleve1@example.test",
            "4, dans «\u{a0}Moodle de test\u{a0}»",
            "Profil créé le ",
            "Dernière visite le 14\u{a0}novembre\u{a0}2026",
            "1\u{a0}grain sur 29",
            "Le 14\u{a0}novembre\u{a0}2026",
            "Français 1re année (apprenant·e), depuis le ",
            "1\u{a0}envoi en attente",
            "2\u{a0}sessions, jusqu’au 14\u{a0}novembre\u{a0}2026 à 12\u{a0}h\u{a0}00",
            "Aucune durée n’est fixée d’avance",
        ] {
            assert!(page.text.contains(said), "{said}: {}", page.main());
        }
        let links = ["/my-data/export.csv", "/my-data/export.json"];
        for link in links {
            let link = format!("href=\"{}{link}\"", visit.root);
            assert!(page.text.contains(&link), "{link}");
        }
        assert!(!page.text.contains("<script"), "it needs none");
    }
    assert!(root.starts_with("/s/"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_page_with_a_session_leads_to_it_and_no_other(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut visit = Visit::new(&site, &platform).await;
    let link = format!("<a href=\"{}/my-data\">Mes données</a>", visit.root);
    for path in [
        "/",
        "/modules/module1",
        "/sequences/sequence1",
        "/grains/grain1",
        "/my-data",
    ] {
        assert!(visit.get(path).await.text.contains(&link), "{path}");
        let alone = site.browser().get(path).await;
        assert!(!alone.text.contains(">Mes données</a>"), "{path}");
    }
    let mut dialog = Visit::with(&site, &platform, as_deep_linking).await;
    let page = dialog.get("/lti/deep-linking").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        !page.text.contains("Mes données"),
        "the dialog is for the choice alone"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn without_a_session_the_page_says_how_to_come_and_files_are_refused(pool: PgPool) {
    let site = TestSite::in_production_with(pool, "RETENTION_MONTHS", "24").await;
    let mut browser = site.browser();
    let page = browser.get("/my-data").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("ouvrez le cours depuis Moodle"));
    assert!(page.text.contains("pendant 24\u{a0}mois, tout est effacé"));
    assert!(!page.text.contains("<form"));
    for path in ["/my-data/export.json", "/my-data/export.csv"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    let answer = browser.post_form("/my-data/erasure", &ERASE).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let ended = "/s/AAAAAAAAAAAAAAAAAAAAAA/my-data";
    let answer = browser.get(ended).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_file_for_programs_holds_everything_under_stable_names(pool: PgPool) {
    let site = TestSite::in_production_with(pool, "RETENTION_MONTHS", "24").await;
    let platform = FakePlatform::start(&site).await;
    let mut visit = Visit::new(&site, &platform).await;
    visit.finish("grain1").await;
    site.drain_outbox().await;
    site.clock.advance(Duration::minutes(1));
    visit.finish("grain8").await;
    site.leaves_jobs();
    site.execute(
        "UPDATE users SET created_at = '2026-11-14 09:00+00', updated_at = '2026-11-14 09:00+00'",
    )
    .await;
    site.execute("UPDATE lti_memberships SET created_at = '2026-11-14 09:00+00'")
        .await;
    let answer = visit.get("/my-data/export.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"mes-donnees.json\""
    );
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let mut export = answer.json();
    let id = export["profile"]["id"].take();
    assert_eq!(id.as_str().map(str::len), Some(36));
    let activity = json!({
        "title": "L’innovation", "course": "Français 1re année", "scope": "course", "scope_id": null
    });
    assert_eq!(
        export,
        json!({
            "version": 1,
            "exported_at": "2026-11-14T09:01:00Z",
            "retention_months": 24,
            "profile": {
                "id": null,
                "moodle_user_id": "4",
                "name": "Élodie Lefèvre",
                "family_name": "Lefèvre",
                "email": "eleve1@example.test",
                "created_at": "2026-11-14T09:00:00Z",
                "updated_at": export["profile"]["updated_at"].clone(),
                "last_visit_at": "2026-11-14T09:00:00Z",
            },
            "platform": { "name": "Moodle de test", "issuer": platform.issuer },
            "courses": [{
                "title": "Français 1re année", "label": "FRA1", "role": "learner", "role_source": "launch",
                "is_active": true, "since": "2026-11-14T09:00:00Z", "launched_at": "2026-11-14T09:00:00Z",
            }],
            "completions": [
                completion("grain1", "2026-11-14T09:00:00Z", &site),
                completion("grain8", "2026-11-14T09:01:00Z", &site),
            ],
            "grades": [{
                "activity": activity,
                "sent": { "given": 1, "maximum": 29, "at": export["grades"][0]["sent"]["at"].clone() },
                "refused": null,
            }],
            "queued": [{
                "activity": activity, "queued_at": "2026-11-14T09:01:00Z", "attempts": 0, "error": null,
                "given_up_at": null,
            }],
            "sessions": [{ "expires_at": "2026-11-14T11:00:00Z" }],
        })
    );
}

/// A completion as the export writes it.
fn completion(grain: &str, at: &str, site: &TestSite) -> serde_json::Value {
    let place = site.state.catalogue.grain(grain).expect("a grain");
    json!({
        "grain_id": grain, "grain_title": place.grain.title,
        "sequence_id": place.sequence.id, "sequence_title": place.sequence.title,
        "module_id": place.module.id, "module_title": place.module.title,
        "completed_at": at,
    })
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_table_opens_in_a_french_spreadsheet_and_calculates_nothing(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut visit = Visit::with(&site, &platform, |claims| {
        claims["name"] = json!("=HYPERLINK(\"https://evil.example\"; \"ici\")");
    })
    .await;
    visit.finish("grain1").await;
    let answer = visit.get("/my-data/export.csv").await;
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"mes-donnees.csv\""
    );
    assert!(
        answer
            .header("content-type")
            .starts_with("text/csv; charset=utf-8")
    );
    let text = answer.text;
    assert!(
        text.starts_with("\u{feff}Rubrique;Intitulé;Valeur;Date\r\n"),
        "{text}"
    );
    assert!(text.contains("Profil;Nom;\"'=HYPERLINK("), "{text}");
    assert!(
        text.contains("Cours Moodle;Français 1re année;apprenant·e;14/11/2026 10:00\r\n"),
        "{text}"
    );
    assert!(
        text.contains("14/11/2026 10:00\r\nActivité notée;L’innovation;"),
        "{text}"
    );
    assert!(
        text.contains("Session;fin au plus tard;;14/11/2026 12:00\r\n"),
        "{text}"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn another_word_erases_nothing_and_says_so(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut visit = Visit::new(&site, &platform).await;
    visit.finish("grain1").await;
    for (typed, said) in [
        (
            "oui <b>",
            "«\u{a0}oui &#60;b&#62;\u{a0}» n’est pas le mot qui confirme",
        ),
        ("", "le mot qui confirme manque"),
    ] {
        let answer = visit.erase(&[("confirmation", typed)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains(said), "{}", answer.main());
        assert!(answer.text.contains("role=\"alert\""));
        assert!(answer.text.contains("Élodie Lefèvre"), "the same page");
    }
    let answer = visit
        .erase(&[("confirmation", "EFFACER"), ("confirmation", "non")])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(site.count(LEARNERS).await, 1);
    assert_eq!(site.count(COMPLETIONS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_erasure_leaves_nothing_in_any_table_and_tells_what_went(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start(&site).await;
    let mut visit = Visit::new(&site, &platform).await;
    visit.finish("grain1").await;
    site.drain_outbox().await;
    visit.finish("grain2").await;
    let id: uuid::Uuid = sqlx::query_scalar("SELECT id FROM users")
        .fetch_one(&pool)
        .await
        .expect("one learner");
    let traces = [id.to_string(), "Élodie".to_owned(), "eleve1".to_owned()];
    let before = everything(&pool).await;
    assert!(
        traces.iter().all(|trace| before.contains(trace)),
        "{before}"
    );
    let answer = visit.erase(&[("confirmation", " effacer ")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    for said in [
        "Vos données sont effacées",
        "<li>votre profil",
        "<li>2\u{a0}grains terminés",
        "<li>1\u{a0}inscription à un cours Moodle",
        "<li>1\u{a0}envoi de note qui attendait",
        "<li>1\u{a0}session",
        "Les notes déjà transmises restent dans le carnet de Moodle",
        "crée un profil neuf",
        "/mod/lti/return.php",
    ] {
        assert!(answer.text.contains(said), "{said}: {}", answer.main());
    }
    assert!(!answer.text.contains(&visit.root), "no handle on the page");
    let after = everything(&pool).await;
    assert!(!traces.iter().any(|trace| after.contains(trace)), "{after}");
    assert!(
        platform.services.grade().is_some(),
        "what Moodle holds is Moodle's"
    );
    assert_eq!(site.drain_outbox().await, 0, "nothing is sent any more");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_session_is_over_at_once_and_the_course_begins_anew(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut visit = Visit::new(&site, &platform).await;
    let mut other_tab = Visit::new(&site, &platform).await;
    visit.finish("grain1").await;
    other_tab.get("/").await;
    assert_eq!(visit.erase(&ERASE).await.status, StatusCode::OK);
    for visit in [&mut visit, &mut other_tab] {
        for path in ["/", "/my-data"] {
            let answer = visit.get(path).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.location(), "");
        }
        assert_eq!(visit.erase(&ERASE).await.status, StatusCode::UNAUTHORIZED);
    }
    let mut again = Visit::new(&site, &platform).await;
    let page = again.get("/").await;
    assert!(page.text.contains("0\u{a0}grain sur 29"), "{}", page.main());
    assert_eq!(site.count(LEARNERS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_teacher_erases_themselves_and_nobody_else(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut learner = Visit::new(&site, &platform).await;
    learner.finish("grain1").await;
    let mut teacher = Visit::with(&site, &platform, as_teacher).await;
    let page = teacher.get("/my-data").await;
    assert!(page.text.contains("(enseignant·e)"), "{}", page.main());
    let answer = teacher.erase(&ERASE).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.text.contains("grain terminé</li>"));
    assert_eq!(site.count(LEARNERS).await, 1);
    assert_eq!(site.count(COMPLETIONS).await, 1);
    assert!(learner.get("/my-data").await.text.contains("Élodie"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_erasure_asked_from_elsewhere_is_refused(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let request = Request::post("/my-data/erasure")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("confirmation=EFFACER"));
    let answer = browser.send(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(site.count(LEARNERS).await, 1);
    let answer = browser.get("/my-data/erasure").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn in_read_only_mode_the_page_shows_and_the_erasure_waits(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain1"]).await;
    let mut conn = site.pool.acquire().await.expect("a connection");
    let turned = read_only::set(&mut conn, true, Duration::seconds(10)).await;
    assert!(turned.expect("a switch").is_on);
    let page = browser.get("/my-data").await;
    assert_eq!(page.status, StatusCode::OK);
    let answer = browser.post_form("/my-data/erasure", &ERASE).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.text.contains("en lecture seule"));
    assert_eq!(site.count(LEARNERS).await, 1);
    assert_eq!(
        browser.get("/my-data/export.json").await.status,
        StatusCode::OK
    );
}
