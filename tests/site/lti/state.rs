//! State, nonce and replay, rows S01 to S19: a launch answers one login, once, in the browser in
//! which it began.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;
use url::form_urlencoded;

use super::refusal::Refusals;
use crate::support::{
    Answer, Browser, TestSite,
    platform::{FakePlatform, KEY, PendingLaunch, enter},
};

const SESSIONS: &str = "SELECT count(*) FROM internal.sessions";
const UNUSED_LOGINS: &str = "SELECT count(*) FROM internal.lti_logins WHERE consumed_at IS NULL";

/// Where our own pages say that they come from.
const OURS: [(&str, &str); 2] = [
    ("sec-fetch-site", "same-origin"),
    ("origin", "https://cours.example.org"),
];

/// A browser that does not say which page posts.
const SILENT: [&[(&str, &str)]; 3] = [
    &[],
    &[("origin", "null")],
    &[("origin", "null"), ("sec-fetch-site", "cross-site")],
];

async fn start(pool: PgPool) -> (TestSite, FakePlatform) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    (site, platform)
}

fn form(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

impl Browser {
    /// Posts a launch with these headers.
    async fn post_launch(
        &mut self,
        marks: &[(&str, &str)],
        state: &str,
        token: &str,
        more: &[(&str, &str)],
    ) -> Answer {
        let pairs = [&[("id_token", token), ("state", state)], more].concat();
        self.post_marked(marks, "/lti/launch", &form(&pairs)).await
    }
}

/// A browser that keeps no cookie, and a launch that it is about to post.
async fn without_cookie(
    site: &TestSite,
    platform: &FakePlatform,
) -> (Browser, PendingLaunch, String) {
    let mut browser = site.browser();
    browser.keeps_cookies = false;
    let pending = platform.login(site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    (browser, pending, token)
}

/// The value of a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&start).expect(name);
    rest.split('"').next().unwrap_or_default().to_owned()
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s01_a_good_launch_leads_to_its_session(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut browser = site.browser();
    let answer = platform.launch_with(&site, &mut browser, |_| {}).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let first = enter(&mut browser, answer.location()).await;
    assert!(first.starts_with("/s/"), "{first}");
    let page = browser.get_framed(&first).await;
    assert!(page.text.contains("Élodie Lefèvre"), "{}", page.text);
    assert_eq!(site.count(SESSIONS).await, 1);
    assert_eq!(site.count(UNUSED_LOGINS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s02_a_launch_without_state_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    let state = ("state", pending.state.as_str());
    for pairs in [
        vec![("id_token", token.as_str())],
        vec![("id_token", token.as_str()), ("state", "")],
        vec![("id_token", token.as_str()), state, state],
    ] {
        let answer = browser
            .post_from(&platform.issuer, "/lti/launch", &form(&pairs))
            .await;
        refusals.check(&answer, 400, "state-missing").await;
    }
    let answer = browser
        .post_from(&platform.issuer, "/lti/launch", &form(&[state]))
        .await;
    refusals.check(&answer, 400, "token-missing").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s03_a_state_that_we_never_gave_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    let swapped: String = pending.state.chars().rev().collect();
    for state in [
        "0f4980da-df26-45f2-9e27-a12db4a3adbd",
        "é\0",
        &swapped,
        &pending.nonce,
    ] {
        let answer = platform.post(&mut browser, state, &token).await;
        refusals.check(&answer, 401, "state-unknown").await;
    }
}

/// Two checks say so: the one before the token is looked at, and the statement that takes the login.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s04_a_login_is_over_after_ten_minutes(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    for (waited, is_over) in [
        (Duration::minutes(10), true),
        (Duration::seconds(599), false),
    ] {
        let pending = platform.login(&site, &mut browser).await;
        site.clock.advance(waited);
        // The platform took its time and signs now: nothing but the state is old.
        let token = KEY.sign(&platform.claims(&site, &pending.nonce));
        let answer = platform.post(&mut browser, &pending.state, &token).await;
        if is_over {
            refusals.check(&answer, 401, "state-expired").await;
            assert!(answer.text.contains("ouvrez de nouveau l’activité"));
        } else {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        }
    }
}

/// Overlaps with I01 and I04: the state names the registration, whose issuer and client id the
/// token must bear.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s05_a_token_of_another_registration_does_not_answer_this_state(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let elsewhere = FakePlatform::start(&site).await;
    let mut second = platform.clone();
    "client-2".clone_into(&mut second.client_id);
    second.register(&site).await;
    let refusals = Refusals::of(&site).await;
    for (other, code) in [(elsewhere, "issuer"), (second, "audience")] {
        let mut browser = site.browser();
        let pending = platform.login(&site, &mut browser).await;
        let token = KEY.sign(&other.claims(&site, &pending.nonce));
        let answer = platform.post(&mut browser, &pending.state, &token).await;
        refusals.check(&answer, 401, code).await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s06_a_token_without_nonce_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for (nonce, code) in [
        (json!(null), "claim-missing:nonce"),
        (json!(""), "claim-malformed:nonce"),
        (json!(7), "claim-malformed:nonce"),
    ] {
        let mut browser = site.browser();
        let change = |claims: &mut serde_json::Value| claims["nonce"] = nonce;
        let answer = platform.launch_with(&site, &mut browser, change).await;
        refusals.check(&answer, 401, code).await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s07_a_fresh_nonce_that_is_not_of_this_login_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let change = |claims: &mut serde_json::Value| {
        claims["nonce"] = json!("2c3f5e2f-3dd9-49f6-a75c-92d4d31673ba");
    };
    let answer = platform.launch_with(&site, &mut browser, change).await;
    refusals.check(&answer, 401, "nonce").await;
}

/// The same check as S07: the nonce is compared with the one of this login, so that it makes no
/// difference whether we gave it to another.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s08_the_nonce_of_another_login_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let other = platform.login(&site, &mut browser).await;
    let change = |claims: &mut serde_json::Value| claims["nonce"] = json!(other.nonce);
    let answer = platform.launch_with(&site, &mut browser, change).await;
    refusals.check(&answer, 401, "nonce").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s09_the_same_launch_two_minutes_later_is_a_replay(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    let answer = platform.post(&mut browser, &pending.state, &token).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let refusals = Refusals::of(&site).await;
    site.clock.advance(Duration::minutes(2));
    let answer = platform.post(&mut browser, &pending.state, &token).await;
    refusals.check(&answer, 401, "replay").await;
    assert_eq!(site.count(SESSIONS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s10_a_refresh_leads_to_the_same_session(pool: PgPool) {
    let (site, platform) = start(pool).await;
    for keeps_cookies in [true, false] {
        let mut browser = site.browser();
        browser.keeps_cookies = keeps_cookies;
        let pending = platform.login(&site, &mut browser).await;
        let token = KEY.sign(&pending.claims);
        let first = platform.post(&mut browser, &pending.state, &token).await;
        let page = enter(&mut browser, first.location()).await;
        let sessions = site.count(SESSIONS).await;
        site.clock.advance(Duration::seconds(119));
        let again = platform.post(&mut browser, &pending.state, &token).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
        assert_eq!(again.location(), first.location());
        assert_eq!(enter(&mut browser, again.location()).await, page);
        assert_eq!(site.count(SESSIONS).await, sessions, "no second session");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s10_a_refresh_in_another_browser_is_a_replay(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    platform.post(&mut browser, &pending.state, &token).await;
    let refusals = Refusals::of(&site).await;
    let mut other = site.browser();
    let answer = platform.post(&mut other, &pending.state, &token).await;
    refusals.check(&answer, 401, "replay").await;
}

/// Two things say so: the hash of the token that took the login, and the address of the session,
/// which is derived from state and token together.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s11_another_token_for_a_used_state_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut browser = site.browser();
    let mut pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    let answer = platform.post(&mut browser, &pending.state, &token).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let refusals = Refusals::of(&site).await;
    pending.claims["sub"] = json!("5");
    let other = KEY.sign(&pending.claims);
    let answer = platform.post(&mut browser, &pending.state, &other).await;
    refusals.check(&answer, 401, "replay").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s12_of_two_posts_at_once_one_opens_the_session_of_both(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut one = site.browser();
    let pending = platform.login(&site, &mut one).await;
    let token = KEY.sign(&pending.claims);
    let mut two = one.clone();
    let (first, second) = tokio::join!(
        platform.post(&mut one, &pending.state, &token),
        platform.post(&mut two, &pending.state, &token),
    );
    for answer in [&first, &second] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }
    assert_eq!(first.location(), second.location());
    assert_eq!(site.count(SESSIONS).await, 1);
}

/// Two tokens for one state at once: the row of the login decides which of them opens.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s12_of_two_different_tokens_at_once_one_opens_a_session(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut one = site.browser();
    let mut pending = platform.login(&site, &mut one).await;
    let token = KEY.sign(&pending.claims);
    pending.claims["sub"] = json!("5");
    let other = KEY.sign(&pending.claims);
    let mut two = one.clone();
    let (first, second) = tokio::join!(
        platform.post(&mut one, &pending.state, &token),
        platform.post(&mut two, &pending.state, &other),
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::UNAUTHORIZED]);
    assert_eq!(site.count(SESSIONS).await, 1);
    assert_eq!(site.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s13_the_cookie_of_another_login_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    platform.login(&site, &mut browser).await;
    let cookies = browser.cookie.take().expect("two cookies");
    let (mine, others) = cookies.split_once("; ").expect("two cookies");
    let (name, _) = mine.split_once('=').expect("a pair");
    let (_, value) = others.split_once('=').expect("a pair");
    let token = KEY.sign(&pending.claims);
    for value in [value, ""] {
        browser.cookie = Some(format!("{name}={value}"));
        let answer = platform.post(&mut browser, &pending.state, &token).await;
        refusals.check(&answer, 401, "cookie-mismatch").await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s14_without_a_cookie_a_post_of_the_platforms_page_is_accepted(pool: PgPool) {
    let (site, platform) = start(pool).await;
    site.execute(
        "UPDATE lti_platforms SET authorization_url = 'https://login.example.org/auth.php'",
    )
    .await;
    for origin in ["https://login.example.org", platform.issuer.as_str()] {
        let (mut browser, pending, token) = without_cookie(&site, &platform).await;
        let marks = [("sec-fetch-site", "cross-site"), ("origin", origin)];
        let answer = browser
            .post_launch(&marks, &pending.state, &token, &[])
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let first = enter(&mut browser, answer.location()).await;
        let page = browser.get_framed(&first).await;
        assert!(page.text.contains("Élodie Lefèvre"), "{}", page.text);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s15_without_a_cookie_a_post_of_another_site_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let (mut browser, pending, token) = without_cookie(&site, &platform).await;
    for origin in [
        "https://evil.example",
        &format!("{}.evil.example", platform.issuer),
        &platform.issuer.replace("http:", "https:"),
        "https://cours.example.org",
        "",
    ] {
        let marks = [("sec-fetch-site", "cross-site"), ("origin", origin)];
        let answer = browser
            .post_launch(&marks, &pending.state, &token, &[])
            .await;
        refusals.check(&answer, 401, "foreign-origin").await;
    }
    assert_eq!(site.count(UNUSED_LOGINS).await, 1, "it may still come");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s16_without_cookie_and_origin_the_person_is_told_who_they_will_be(pool: PgPool) {
    let (site, platform) = start(pool).await;
    for (rank, marks) in (1..).zip(SILENT) {
        let (mut browser, pending, token) = without_cookie(&site, &platform).await;
        let page = browser
            .post_launch(marks, &pending.state, &token, &[])
            .await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("<strong>Élodie Lefèvre</strong>"));
        assert!(page.text.contains("nouvelle fenêtre"));
        assert!(
            page.text
                .contains("action=\"/lti/launch\" target=\"_blank\"")
        );
        assert_eq!(page.header("set-cookie"), "");
        assert_eq!(
            site.count(SESSIONS).await,
            rank - 1,
            "nothing is opened yet"
        );
        assert_eq!(site.count(UNUSED_LOGINS).await, 1);
        let [state, token, confirmed] =
            ["state", "id_token", "confirmed"].map(|name| hidden(&page.text, name));
        let more = [("confirmed", confirmed.as_str())];
        let answer = browser.post_launch(&OURS, &state, &token, &more).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let first = enter(&mut browser, answer.location()).await;
        assert!(
            browser
                .get_framed(&first)
                .await
                .text
                .contains("Élodie Lefèvre")
        );
        assert_eq!(site.count(SESSIONS).await, rank);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s16_a_confirmation_that_our_page_did_not_post_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let (mut browser, pending, token) = without_cookie(&site, &platform).await;
    let evil = [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
    ];
    let disguised = [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://cours.example.org"),
    ];
    let forged = SILENT.into_iter().chain([&evil[..], &disguised[..]]);
    for marks in forged {
        let more = [("confirmed", "1")];
        let answer = browser
            .post_launch(marks, &pending.state, &token, &more)
            .await;
        refusals.check(&answer, 401, "foreign-origin").await;
    }
    assert_eq!(site.count(UNUSED_LOGINS).await, 1);
}

/// Somebody opens a session of their own, then makes another's browser send the same launch.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s16_a_session_that_is_open_already_is_asked_for_as_well(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let (mut attacker, pending, token) = without_cookie(&site, &platform).await;
    let answer = platform.post(&mut attacker, &pending.state, &token).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    for marks in SILENT {
        let mut victim = site.browser();
        let page = victim.post_launch(marks, &pending.state, &token, &[]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("<strong>Élodie Lefèvre</strong>"));
        assert_eq!(victim.cookie, None);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s16_only_a_launch_that_passes_every_check_is_worth_a_confirmation(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let (mut browser, mut pending, _) = without_cookie(&site, &platform).await;
    pending.claims["name"] = json!("<b>Élodie</b> & \"fils\"");
    let good = KEY.sign(&pending.claims);
    pending.claims["nonce"] = json!("another");
    let bad = KEY.sign(&pending.claims);
    let answer = browser.post_launch(&[], &pending.state, &bad, &[]).await;
    refusals.check(&answer, 401, "nonce").await;
    let page = browser.post_launch(&[], &pending.state, &good, &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(
        page.text.contains("&#60;b&#62;Élodie&#60;/b&#62;"),
        "{}",
        page.text
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s17_an_error_of_the_platforms_own_is_told_and_uses_the_login_up(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for (error, code) in [
        ("login_required", "platform-error:login_required"),
        ("access_denied", "platform-error:access_denied"),
        ("<script>alert(1)</script>", "platform-error:other"),
    ] {
        let mut browser = site.browser();
        let pending = platform.login(&site, &mut browser).await;
        let pairs = form(&[
            ("error", error),
            ("error_description", "<img src=x onerror=alert(1)>"),
            ("state", &pending.state),
        ]);
        let mut answer = browser
            .post_from(&platform.issuer, "/lti/launch", &pairs)
            .await;
        // The name of a known error is the one thing that comes back, as our own word.
        answer.sent.retain(|value| !code.ends_with(value.as_str()));
        refusals.check(&answer, 401, code).await;
        assert!(!answer.text.contains("alert(1)"));
        let token = KEY.sign(&pending.claims);
        let answer = platform.post(&mut browser, &pending.state, &token).await;
        refusals.check(&answer, 401, "replay").await;
    }
    let pairs = form(&[("error", "server_error"), ("state", "never given by us")]);
    let answer = site
        .browser()
        .post_from(&platform.issuer, "/lti/launch", &pairs)
        .await;
    refusals.check(&answer, 401, "state-unknown").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s18_a_launch_in_an_address_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("id_token", &token), ("state", &pending.state)])
        .finish();
    let mut answer = browser.get(&format!("/lti/launch?{query}")).await;
    answer.sent = vec![token.clone(), pending.state.clone()];
    refusals.check(&answer, 405, "method-not-allowed").await;
    assert_eq!(answer.header("allow"), "POST");
    let answer = browser
        .post_from(&platform.issuer, &format!("/lti/launch?{query}"), &[])
        .await;
    refusals.check(&answer, 400, "state-missing").await;
    assert_eq!(site.count(UNUSED_LOGINS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn s19_a_body_that_is_too_large_or_no_form_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    // What is good save for its size, and save for its kind.
    let more = "x".repeat(64 * 1024);
    let marks = [("origin", platform.issuer.as_str())];
    let answer = browser
        .post_launch(&marks, &pending.state, &token, &[("more", &more)])
        .await;
    refusals.check(&answer, 413, "too-large").await;
    for kind in ["application/json", "text/plain", "multipart/form-data", ""] {
        let request = Request::post("/lti/launch")
            .header(header::CONTENT_TYPE, kind)
            .header(header::ORIGIN, &platform.issuer)
            .body(Body::from(format!(
                "id_token={token}&state={}",
                pending.state
            )));
        let mut answer = browser.send(request.expect("a request")).await;
        answer.sent = vec![token.clone(), pending.state.clone()];
        refusals.check(&answer, 415, "unsupported-body").await;
    }
    let request = Request::post("/lti/launch")
        .header(
            header::CONTENT_TYPE,
            "Application/X-WWW-Form-Urlencoded; charset=utf-8",
        )
        .header(header::ORIGIN, &platform.issuer)
        .body(Body::from(format!(
            "id_token={token}&state={}",
            pending.state
        )));
    let answer = browser.send(request.expect("a request")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}
