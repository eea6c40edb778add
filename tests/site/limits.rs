//! How much one session, or one person with a token, may ask for at once.

use axum::http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use crate::{
    api::progress::{call, token},
    lti::root_of,
    support::{
        Answer, Browser, TestSite,
        platform::{FakePlatform, as_teacher},
    },
};

/// How many posts of one session are taken at once.
const BURST: usize = 120;

const COMPLETIONS: &str = "SELECT count(*) FROM progress";

/// A site that a platform opens; what its courier has to do is left to it.
async fn start(pool: PgPool) -> (TestSite, FakePlatform) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    (site, platform)
}

/// Finishes the first grain and takes that back until no more is taken. Ends with the grain to do.
async fn use_up(browser: &mut Browser, root: &str) {
    for turn in 0..BURST {
        let undo = if turn % 2 == 0 { "" } else { "/undo" };
        let address = format!("{root}/grains/grain1/completion{undo}");
        let answer = browser.post(&address).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "post {turn}");
    }
}

/// The answer to a post that is one too many.
fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.header("retry-after"), "1");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_that_posts_too_often_is_told_when_to_go_on_and_then_goes_on(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    use_up(&mut browser, "").await;
    for address in [
        "/grains/grain2/completion",
        "/grains/grain2/completion/undo",
    ] {
        let answer = browser.post(address).await;
        assert_refused(&answer);
        for said in [
            "<h1>Trop de demandes en quelques secondes</h1>",
            "votre dernière demande n’a pas été prise en compte",
            "href=\"/grains/grain2\">Revenir au grain",
            "href=\"/\">Aller à l’accueil du cours",
            "code <code>too-many-requests</code>",
        ] {
            assert!(answer.text.contains(said), "{said}: {}", answer.text);
        }
    }
    assert_eq!(site.count(COMPLETIONS).await, 0, "nothing is told saved");
    let page = browser.get("/grains/grain2").await;
    assert_eq!(page.status, StatusCode::OK, "reading goes on");
    assert!(page.text.contains("Terminer ce grain"));
    site.clock.advance(Duration::seconds(1));
    let answer = browser.post("/grains/grain2/completion").await;
    assert_eq!(answer.location(), "/grains/grain3?finished=grain2");
    assert_eq!(site.count(COMPLETIONS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_whole_course_finished_and_taken_back_at_once_never_meets_the_limit(pool: PgPool) {
    let (site, platform) = start(pool).await;
    for keeps_cookies in [true, false] {
        let mut browser = site.browser();
        browser.keeps_cookies = keeps_cookies;
        let first = platform.open(&site, &mut browser).await;
        let root = root_of(&first);
        for (act, done) in [("completion", 29), ("completion/undo", 0)] {
            for grain in 1..=29 {
                let address = format!("{root}/grains/grain{grain}");
                // Twice, as a browser does that sends again what was not answered.
                for _ in 0..2 {
                    let answer = browser.post(&format!("{address}/{act}")).await;
                    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{grain}");
                }
                assert_eq!(browser.get_framed(&address).await.status, StatusCode::OK);
            }
            assert_eq!(site.count(COMPLETIONS).await, done);
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn others_at_the_same_address_notice_nothing(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut busy = site.browser();
    let first = platform.open(&site, &mut busy).await;
    let busy_root = root_of(&first);
    use_up(&mut busy, busy_root).await;
    let completion = |root: &str| format!("{root}/grains/grain1/completion");
    assert_refused(&busy.post(&completion(busy_root)).await);
    // The same learner in another window, and somebody else.
    for subject in ["2", "5"] {
        let mut other = site.browser();
        let first = platform.open_with(&site, &mut other, |claims| claims["sub"] = subject.into());
        let first = first.await;
        let answer = other.post(&completion(root_of(&first))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn whoever_has_seen_an_address_alone_does_not_use_up_what_is_its_browsers(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let completion = format!("{}/grains/grain1/completion", root_of(&first));
    let mut stranger = site.browser();
    for _ in 0..BURST {
        let answer = stranger.post(&completion).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_refused(&stranger.post(&completion).await);
    let answer = browser.post(&completion).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_refusal_asks_the_database_nothing(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    use_up(&mut browser, "").await;
    site.leaves_jobs();
    // By now the session would have to be read again; 30 posts have come back.
    site.clock.advance(Duration::seconds(3));
    site.state.db.close().await;
    for turn in 0..30 {
        let answer = browser.post("/grains/grain1/completion").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{turn}");
    }
    for address in ["/grains/grain1/completion", "/my-data/erasure"] {
        assert_refused(&browser.post(address).await);
    }
    let page = browser.get("/grains/grain1").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_erasure_that_was_refused_leads_back_and_erases_nothing(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    use_up(&mut browser, "").await;
    let word = [("confirmation", "EFFACER")];
    let answer = browser.post_form("/my-data/erasure", &word).await;
    assert_refused(&answer);
    assert!(
        answer
            .text
            .contains("href=\"/my-data\">Revenir à mes données")
    );
    assert_eq!(site.count("SELECT count(*) FROM users").await, 1);
    site.clock.advance(Duration::seconds(1));
    let answer = browser.post_form("/my-data/erasure", &word).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(site.count("SELECT count(*) FROM users").await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_person_with_tokens_is_counted_by_person_and_told_as_json(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let body = r#"{"grain_id": "grain1"}"#;
    let profile = |who: &str| format!(r#"{{"moodle_user_id": "{who}"}}"#);
    for who in ["42", "43"] {
        let made = call(
            &site,
            "/api/auth/profile",
            &token(who, None),
            Some(&profile(who)),
        )
        .await;
        assert_eq!(made.status, StatusCode::CREATED);
    }
    // Two tokens of one person: the second one bears an address.
    let tokens = [token("42", None), token("42", Some("a@example.org"))];
    for turn in 1..BURST {
        let answer = call(&site, "/api/progress", &tokens[turn % 2], Some(body)).await;
        assert!(answer.status.is_success(), "{turn}: {}", answer.text);
    }
    for (path, body) in [
        ("/api/progress", body),
        ("/api/auth/profile", &profile("42")),
    ] {
        let answer = call(&site, path, &tokens[0], Some(body)).await;
        assert_refused(&answer);
        assert_eq!(answer.json()["error"]["code"], "too_many_requests");
        // A page elsewhere may read why.
        let origin = answer.header("access-control-allow-origin");
        assert_eq!(origin, "https://pages.example.org");
    }
    let answer = call(&site, "/api/progress", &tokens[0], None).await;
    assert_eq!(answer.json()["course"]["done"], 1, "reading goes on");
    let answer = call(&site, "/api/progress", &token("43", None), Some(body)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    site.clock.advance(Duration::seconds(1));
    let answer = call(&site, "/api/progress", &tokens[0], Some(body)).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_address_of_a_token_opens_a_bounded_number_of_sessions(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let open = |who: &str| format!("/embed?token={}", token(who, None));
    for _ in 0..BURST {
        let answer = site.browser().get(&open("42")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
    }
    assert_refused(&site.browser().get(&open("42")).await);
    let sessions = site.count("SELECT count(*) FROM internal.sessions").await;
    assert_eq!(sessions, 120);
    let other = site.browser().get(&open("43")).await;
    assert_eq!(other.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_class_is_taken_away_thirty_times_at_once_and_read_on_after_a_second(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut teacher = site.browser();
    let first = platform.open_with(&site, &mut teacher, as_teacher).await;
    let root = root_of(&first);
    let files = ["/class/export.csv", "/class/export.jsonl", "/class"];
    for turn in 0..30 {
        let answer = teacher
            .get_framed(&format!("{root}{}", files[turn % 3]))
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{turn}");
    }
    for file in files {
        let answer = teacher.get_framed(&format!("{root}{file}")).await;
        assert_refused(&answer);
        let back = format!("href=\"{root}/class\">Revenir à la classe");
        assert!(answer.text.contains(&back), "{}", answer.text);
    }
    let answer = teacher.get_framed(&format!("{root}/grains/grain1")).await;
    assert_eq!(answer.status, StatusCode::OK, "reading goes on");
    let answer = teacher.post(&format!("{root}/class/resending")).await;
    assert_ne!(answer.status, StatusCode::TOO_MANY_REQUESTS, "and writing");
    site.clock.advance(Duration::seconds(1));
    let answer = teacher.get_framed(&format!("{root}/class")).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn each_of_two_instances_counts_for_itself(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    use_up(&mut browser, "").await;
    assert_refused(&browser.post("/grains/grain1/completion").await);
    let mut elsewhere = site.sibling().await.browser();
    elsewhere.cookie = browser.cookie;
    let answer = elsewhere.post("/grains/grain1/completion").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}
