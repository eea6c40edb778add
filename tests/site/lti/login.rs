//! The first step of a launch, rows L01 to L18: what a platform announces, and where the browser
//! is sent.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use mini_site::lti::login::store::delete_expired_logins;
use sqlx::PgPool;
use time::Duration;
use url::{Url, form_urlencoded};

use super::refusal::Refusals;
use crate::support::{Answer, TestSite, platform::FakePlatform};

const LOGINS: &str = "SELECT count(*) FROM internal.lti_logins";

type Pairs = Vec<(String, String)>;

async fn start(pool: PgPool) -> (TestSite, FakePlatform) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    (site, platform)
}

/// The parameters of a good login, one of them changed.
fn with(site: &TestSite, platform: &FakePlatform, name: &str, value: &str) -> Pairs {
    let mut pairs = platform.login_pairs(site);
    let pair = pairs.iter_mut().find(|(known, _)| known == name);
    value.clone_into(&mut pair.expect("a parameter").1);
    pairs
}

/// The parameters of a good login, one of them left out.
fn without(site: &TestSite, platform: &FakePlatform, name: &str) -> Pairs {
    let mut pairs = platform.login_pairs(site);
    pairs.retain(|(known, _)| known != name);
    pairs
}

async fn post(site: &TestSite, platform: &FakePlatform, pairs: &[(String, String)]) -> Answer {
    let mut browser = site.browser();
    browser
        .post_from(&platform.issuer, "/lti/login", pairs)
        .await
}

/// Where the browser is sent to: the address before its query, and the query in the order of names.
fn destination(answer: &Answer) -> (String, Pairs) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let mut address = Url::parse(answer.location()).expect("an address");
    let mut pairs: Pairs = address.query_pairs().into_owned().collect();
    pairs.sort();
    address.set_query(None);
    (address.to_string(), pairs)
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    let mut found = pairs.iter().filter(|(known, _)| known == name);
    let (_, value) = found.next().expect(name);
    assert_eq!(found.next(), None, "{name} stands there once");
    value
}

/// What a good login of `login_pairs` asks of the platform.
fn assert_asks(site: &TestSite, platform: &FakePlatform, answer: &Answer) {
    let (address, mut pairs) = destination(answer);
    assert_eq!(address, format!("{}/auth.php", platform.issuer));
    pairs.retain(|(name, value)| {
        let is_fresh = name == "state" || name == "nonce";
        assert!(!is_fresh || value.len() == 43, "{name}: {value}");
        !is_fresh
    });
    let expected = [
        ("client_id", "client-1"),
        ("login_hint", "4"),
        (
            "lti_message_hint",
            r#"{"cmid":7,"launchid":"ltilaunch6_1319973215"}"#,
        ),
        ("prompt", "none"),
        ("redirect_uri", &site.state.config.absolute("/lti/launch")),
        ("response_mode", "form_post"),
        ("response_type", "id_token"),
        ("scope", "openid"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(pairs, expected);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l01_a_posted_login_is_sent_on_to_the_platform(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let answer = post(&site, &platform, &platform.login_pairs(&site)).await;
    assert_asks(&site, &platform, &answer);
    assert_eq!(site.count(LOGINS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l02_a_login_in_an_address_is_sent_on_as_well(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(platform.login_pairs(&site))
        .finish();
    let answer = site.browser().get(&format!("/lti/login?{query}")).await;
    assert_asks(&site, &platform, &answer);
    assert_eq!(site.count(LOGINS).await, 1);
}

/// A login without a parameter, and with nothing in it, is refused by the name of the parameter.
async fn assert_required(pool: PgPool, name: &str) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for pairs in [
        without(&site, &platform, name),
        with(&site, &platform, name, ""),
    ] {
        let answer = post(&site, &platform, &pairs).await;
        let code = format!("login-missing:{name}");
        refusals.check(&answer, 400, &code).await;
    }
    assert_eq!(site.count(LOGINS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l03_a_login_without_an_issuer_is_refused(pool: PgPool) {
    assert_required(pool, "iss").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l04_a_login_without_a_login_hint_is_refused(pool: PgPool) {
    assert_required(pool, "login_hint").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l05_a_login_without_a_target_is_refused(pool: PgPool) {
    assert_required(pool, "target_link_uri").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l06_an_issuer_that_nobody_registered_is_sent_nowhere(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let slash = format!("{}/", platform.issuer);
    for issuer in ["https://moodle.example.org", &slash] {
        let pairs = with(&site, &platform, "iss", issuer);
        let answer = post(&site, &platform, &pairs).await;
        refusals.check(&answer, 404, "login-unknown-platform").await;
    }
    assert_eq!(site.count(LOGINS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l07_the_only_registration_of_an_issuer_needs_no_client_id(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let pairs = without(&site, &platform, "client_id");
    let answer = post(&site, &platform, &pairs).await;
    assert_asks(&site, &platform, &answer);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l08_one_of_several_registrations_must_be_named(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut second = platform.clone();
    "client-2".clone_into(&mut second.client_id);
    second.register(&site).await;
    let refusals = Refusals::of(&site).await;
    let answer = post(&site, &platform, &without(&site, &platform, "client_id")).await;
    refusals.check(&answer, 400, "login-ambiguous").await;
    assert_eq!(site.count(LOGINS).await, 0);
    let (_, pairs) = destination(&post(&site, &second, &second.login_pairs(&site)).await);
    assert_eq!(value(&pairs, "client_id"), "client-2");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l09_a_client_id_that_nobody_registered_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let pairs = with(&site, &platform, "client_id", "client-nobody-knows");
    let answer = post(&site, &platform, &pairs).await;
    refusals.check(&answer, 404, "login-unknown-platform").await;
    assert_eq!(site.count(LOGINS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l10_a_registration_that_waits_or_is_suspended_opens_nothing(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for status in [
        "UPDATE lti_platforms SET status = 'pending'",
        "UPDATE lti_platforms SET status = 'suspended'",
    ] {
        site.execute(status).await;
        let answer = post(&site, &platform, &platform.login_pairs(&site)).await;
        refusals
            .check(&answer, 403, "login-inactive-platform")
            .await;
        // The platform's admin looks for the reason in its frame.
        let policy = answer.header("content-security-policy");
        let (_, ancestors) = policy.split_once("frame-ancestors ").expect("a policy");
        assert!(ancestors.contains(&platform.issuer), "{policy}");
    }
    assert_eq!(site.count(LOGINS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l11_a_target_on_another_site_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for target in [
        "https://evil.example/lti/launch",
        "http://cours.example.org/lti/launch",
        "https://cours.example.org:8443/lti/launch",
        "https://cours.example.org.evil.example/",
        "https://cours.example.org@evil.example/",
        "//cours.example.org/lti/launch",
        "/grains/grain1",
        "javascript:alert(1)//cours.example.org",
    ] {
        let pairs = with(&site, &platform, "target_link_uri", target);
        let answer = post(&site, &platform, &pairs).await;
        refusals.check(&answer, 400, "login-foreign-target").await;
    }
    assert_eq!(site.count(LOGINS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l12_the_browser_is_asked_back_to_the_one_registered_address(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let target = "https://cours.example.org/grains/grain1?page=imparfait";
    let pairs = with(&site, &platform, "target_link_uri", target);
    let proxy = [
        ("host", "evil.example"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
    ];
    let mut browser = site.browser();
    let answer = browser.post_marked(&proxy, "/lti/login", &pairs).await;
    let (_, pairs) = destination(&answer);
    assert_eq!(
        value(&pairs, "redirect_uri"),
        "https://cours.example.org/lti/launch"
    );
    let kept: String = sqlx::query_scalar("SELECT target_link_uri FROM internal.lti_logins")
        .fetch_one(&site.pool)
        .await
        .expect("a login");
    assert_eq!(kept, target);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l13_hints_come_back_exactly_as_they_were_sent(pool: PgPool) {
    let (site, platform) = start(pool).await;
    for hint in [
        "a&state=stolen&b=c",
        r#"{"cmid":7,"launchid":"ltilaunch6_1319973215"}"#,
        "100 % + d’espoir\u{a0}; %26 reste %26",
        "  blancs, et\r\nune ligne\u{0}  ",
        &"é&\"".repeat(512),
    ] {
        for name in ["login_hint", "lti_message_hint"] {
            let pairs = with(&site, &platform, name, hint);
            let (_, pairs) = destination(&post(&site, &platform, &pairs).await);
            assert_eq!(value(&pairs, name), hint);
            assert_eq!(value(&pairs, "state").len(), 43);
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l14_a_parameter_that_stands_there_twice_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let good = platform.login_pairs(&site);
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&good)
        .finish();
    for (name, value) in &good {
        let code = format!("login-doubled:{name}");
        for other in [value.as_str(), "another"] {
            let second = (name.clone(), other.to_owned());
            let answer = post(&site, &platform, &[&good[..], &[second]].concat()).await;
            refusals.check(&answer, 400, &code).await;
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair(name, other)
                .finish();
            let request = Request::post(format!("/lti/login?{query}"))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(Body::from(body.clone()));
            let answer = site.browser().send(request.expect("a request")).await;
            refusals.check(&answer, 400, &code).await;
        }
    }
    assert_eq!(site.count(LOGINS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l15_no_two_logins_share_a_secret(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let answer = post(&site, &platform, &platform.login_pairs(&site)).await;
        let (_, pairs) = destination(&answer);
        secrets.extend(["state", "nonce"].map(|name| value(&pairs, name).to_owned()));
        let cookie = answer.header("set-cookie").split(';').next();
        let (_, cookie) = cookie
            .and_then(|pair| pair.split_once('='))
            .expect("a pair");
        secrets.push(cookie.to_owned());
    }
    for secret in &secrets {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(secret).expect("base64url");
        assert_eq!(bytes.len(), 32, "256 bits: {secret}");
    }
    secrets.sort();
    secrets.dedup();
    assert_eq!(secrets.len(), 6, "none twice");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l16_a_query_of_the_platforms_own_is_kept(pool: PgPool) {
    let (site, platform) = start(pool).await;
    site.execute(
        "UPDATE lti_platforms SET authorization_url = authorization_url || '?tenant=7&name=a%26b'",
    )
    .await;
    let answer = post(&site, &platform, &platform.login_pairs(&site)).await;
    let (address, pairs) = destination(&answer);
    assert_eq!(address, format!("{}/auth.php", platform.issuer));
    assert_eq!(value(&pairs, "tenant"), "7");
    assert_eq!(value(&pairs, "name"), "a&b");
    assert_eq!(value(&pairs, "scope"), "openid");
    assert_eq!(pairs.len(), 12);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l17_logins_that_lead_nowhere_are_deleted_when_they_are_over(pool: PgPool) {
    let (site, platform) = start(pool).await;
    for _ in 0..20 {
        post(&site, &platform, &platform.login_pairs(&site)).await;
    }
    site.clock.advance(Duration::minutes(5));
    post(&site, &platform, &platform.login_pairs(&site)).await;
    site.clock.advance(Duration::minutes(5));
    let now = site.clock.now();
    let mut conn = site.pool.acquire().await.expect("a connection");
    let deleted = delete_expired_logins(&mut conn, now).await;
    assert_eq!(deleted.expect("a purge"), 20);
    assert_eq!(site.count(LOGINS).await, 1, "the younger one stays");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l17_a_flood_of_logins_is_told_to_come_back_in_a_moment(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let other = FakePlatform::start(&site).await;
    let id = sqlx::query_scalar("SELECT id FROM lti_platforms WHERE issuer = $1")
        .bind(&platform.issuer)
        .fetch_one(&site.pool)
        .await
        .map(mini_site::lti::PlatformId)
        .expect("a platform");
    // As many as may come at once, without the work of each.
    let allowed = (0..10_000)
        .take_while(|_| site.state.limits.logins.take(id, site.clock.now()).is_ok())
        .count();
    assert_eq!(allowed, 4_000);
    let refusals = Refusals::of(&site).await;
    let answer = post(&site, &platform, &platform.login_pairs(&site)).await;
    refusals.check(&answer, 429, "login-too-many").await;
    assert_eq!(answer.header("retry-after"), "10");
    assert_eq!(site.count(LOGINS).await, 0);
    destination(&post(&site, &other, &other.login_pairs(&site)).await);
    site.clock.advance(Duration::seconds(1));
    for _ in 0..50 {
        destination(&post(&site, &platform, &platform.login_pairs(&site)).await);
    }
    let answer = post(&site, &platform, &platform.login_pairs(&site)).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn l18_the_answer_is_kept_by_nobody_and_its_cookie_is_short_lived(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let answer = post(&site, &platform, &platform.login_pairs(&site)).await;
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let mut cookies = answer.headers.get_all("set-cookie").iter();
    let cookie = cookies.next().and_then(|value| value.to_str().ok());
    assert_eq!(cookies.next(), None, "one cookie");
    let mut parts = cookie.expect("a cookie").split("; ");
    let (name, _) = parts
        .next()
        .and_then(|pair| pair.split_once('='))
        .expect("a pair");
    assert!(name.starts_with("__Host-l-"), "{name}");
    let mut attributes: Vec<_> = parts.collect();
    attributes.sort_unstable();
    let expected = [
        "HttpOnly",
        "Max-Age=600",
        "Partitioned",
        "Path=/",
        "SameSite=None",
        "Secure",
    ];
    assert_eq!(attributes, expected);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_control_character_is_refused_before_the_database_does(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for name in ["iss", "client_id", "target_link_uri", "lti_deployment_id"] {
        let good = platform.login_pairs(&site);
        for character in ['\0', '\n'] {
            let broken = format!("{}{character}", value(&good, name));
            let answer = post(&site, &platform, &with(&site, &platform, name, &broken)).await;
            let code = format!("login-malformed:{name}");
            refusals.check(&answer, 400, &code).await;
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_endless_parameter_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for (name, _) in platform.login_pairs(&site) {
        let pairs = with(&site, &platform, &name, &"x".repeat(8 * 1024 + 1));
        let answer = post(&site, &platform, &pairs).await;
        let code = format!("login-too-long:{name}");
        refusals.check(&answer, 400, &code).await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn looking_at_the_address_of_a_login_begins_none(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(platform.login_pairs(&site))
        .finish();
    let address = format!("/lti/login?{query}");
    let answer = site.browser().head(&address).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "GET, POST");
    assert!(!answer.headers.contains_key(header::SET_COOKIE));
    assert_eq!(site.count(LOGINS).await, 0);
    let answer = site.browser().get(&address).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}
