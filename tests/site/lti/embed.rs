//! `GET /embed?token=…`: a signed token in the address of a frame, without LTI.

use axum::http::StatusCode;
use mini_site::{
    config::Secret,
    embed::{self, EmbedToken},
    learner::MoodleUserId,
};
use sqlx::PgPool;
use time::Duration;

use crate::support::{Answer, EMBED_SECRET, START, TestSite, platform::enter};

const SESSIONS: &str = "SELECT count(*) FROM internal.sessions";

fn token() -> EmbedToken {
    EmbedToken {
        moodle_user_id: MoodleUserId::try_from("42").expect("an identifier"),
        email: Some("camille@example.org".to_owned()),
        name: Some("Camille Durand".to_owned()),
        target: None,
        id: None,
        expires_at: START + Duration::hours(1),
    }
}

fn signed(token: &EmbedToken) -> String {
    embed::mint(token, &Secret::from_text(EMBED_SECRET)).expect("a signature")
}

async fn show(site: &TestSite, token: &str) -> Answer {
    site.browser().get(&format!("/embed?token={token}")).await
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_token_opens_a_session_in_the_frame_with_and_without_cookies(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    for (keeps_cookies, landing) in [(true, "/"), (false, "/grains/grain2")] {
        let mut browser = site.browser();
        browser.keeps_cookies = keeps_cookies;
        let answer = browser
            .get(&format!("/embed?token={}", signed(&token())))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-s-"), "{cookie}");
        assert!(
            cookie.contains("; HttpOnly; SameSite=None; Partitioned; Secure"),
            "{cookie}"
        );
        let first = enter(&mut browser, answer.location()).await;
        let page = browser.get_framed(&first).await;
        assert!(page.text.contains("Camille Durand"), "{}", page.text);
        let root = first
            .strip_suffix(landing)
            .expect("the course opens where one stopped");
        let completion = format!("{root}/grains/grain1/completion");
        assert_eq!(
            browser.post(&completion).await.status,
            StatusCode::SEE_OTHER
        );
    }
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_token_says_which_page_to_open(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let mut browser = site.browser();
    let token = EmbedToken {
        target: Some("/sequences/sequence3".to_owned()),
        ..token()
    };
    let answer = browser
        .get(&format!("/embed?token={}", signed(&token)))
        .await;
    let first = enter(&mut browser, answer.location()).await;
    assert!(first.ends_with("/sequences/sequence3"), "{first}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_course_as_a_whole_opens_where_one_stopped(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let mut browser = site.browser();
    let answer = browser
        .get(&format!("/embed?token={}", signed(&token())))
        .await;
    let first = enter(&mut browser, answer.location()).await;
    browser
        .post(&format!("{first}grains/grain4/completion"))
        .await;
    let answer = browser
        .get(&format!("/embed?token={}", signed(&token())))
        .await;
    let again = enter(&mut browser, answer.location()).await;
    assert!(again.ends_with("/grains/grain5"), "{again}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_token_with_a_number_of_its_own_is_used_once(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let token = signed(&EmbedToken {
        id: Some("b7c1".to_owned()),
        ..token()
    });
    let (one, two) = tokio::join!(show(&site, &token), show(&site, &token));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED]);
    let answer = show(&site, &token).await;
    assert!(
        answer.text.contains("<code>token-used</code>"),
        "{}",
        answer.text
    );
    assert_eq!(site.count(SESSIONS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_is_no_good_token_gets_a_page_that_says_so(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let good = signed(&token());
    let with = |change: fn(&mut EmbedToken)| {
        let mut token = token();
        change(&mut token);
        signed(&token)
    };
    let unauthorised = StatusCode::UNAUTHORIZED;
    let (_, signature) = good.rsplit_once('.').expect("three parts");
    let none = format!("eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiIsImV4cCI6MTc5NTM0NTIwMH0.{signature}");
    for (text, status, code) in [
        (format!("{good}x"), unauthorised, "token-signature"),
        ("a.b.c".to_owned(), unauthorised, "token-signature"),
        (none, unauthorised, "token-signature"),
        (
            with(|token| token.expires_at = START - Duration::minutes(2)),
            unauthorised,
            "token-expired",
        ),
        (
            with(|token| token.expires_at = START + Duration::hours(13)),
            unauthorised,
            "token-too-far-ahead",
        ),
        (
            with(|token| token.target = Some("https://evil.example/".to_owned())),
            unauthorised,
            "token-claim",
        ),
        (
            with(|token| token.name = Some("n".repeat(300))),
            unauthorised,
            "token-claim",
        ),
        (
            with(|token| token.target = Some("/grains/none".to_owned())),
            StatusCode::NOT_FOUND,
            "unknown-scope",
        ),
        (
            "a".repeat(5000),
            StatusCode::PAYLOAD_TOO_LARGE,
            "token-too-long",
        ),
    ] {
        let answer = show(&site, &text).await;
        assert_eq!(answer.status, status, "{code}: {}", answer.text);
        assert!(
            answer.text.contains(&format!("<code>{code}</code>")),
            "{code}: {}",
            answer.text
        );
        assert!(answer.header("set-cookie").is_empty());
        assert!(!answer.text.contains(&text));
    }
    assert_eq!(
        site.browser().get("/embed").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(site.count(SESSIONS).await, 0);
    assert_eq!(site.count("SELECT count(*) FROM users").await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_pages_that_hold_such_a_frame_are_named_in_the_settings(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let policy = site.browser().get("/").await;
    let policy = policy.header("content-security-policy").to_owned();
    assert!(
        policy.contains("frame-ancestors https://pages.example.org"),
        "{policy}"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn looking_at_an_address_that_opens_once_does_not_use_it_up(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let once = EmbedToken {
        id: Some("1".to_owned()),
        ..token()
    };
    let address = format!("/embed?token={}", signed(&once));
    let mut browser = site.browser();
    let looked = browser.head(&address).await;
    assert_eq!(looked.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(site.count(SESSIONS).await, 0);
    let ticket = browser.get(&address).await.location().to_owned();
    // As a program that knows neither cookie nor browser.
    let looked = site.browser().head(&ticket).await;
    assert_eq!(looked.status, StatusCode::METHOD_NOT_ALLOWED);
    site.clock.advance(Duration::seconds(11));
    let first = enter(&mut browser, &ticket).await;
    assert_eq!(browser.get_framed(&first).await.status, StatusCode::OK);
}
