//! Sessions in a frame: how they open, where they live, and what ends them.

use std::collections::{BTreeSet, VecDeque};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use crate::support::{
    Answer, Browser, TestSite,
    platform::{FakePlatform, as_teacher, enter},
};

const SESSIONS: &str = "SELECT count(*) FROM internal.sessions";
const COMPLETIONS: &str = "SELECT count(*) FROM progress";
const PRESENTATION: &str = "https://purl.imsglobal.org/spec/lti/claim/launch_presentation";
const CUSTOM: &str = "https://purl.imsglobal.org/spec/lti/claim/custom";
const RESOURCE_LINK: &str = "https://purl.imsglobal.org/spec/lti/claim/resource_link";

/// `/s/{handle}` of an address below it.
pub(crate) fn root_of(address: &str) -> &str {
    let end = address[3..].find('/').expect("a path below the handle") + 3;
    &address[..end]
}

/// Makes the activity open this part of the course.
fn opens(claims: &mut serde_json::Value, link: &str, kind: &str, id: &str) {
    claims[RESOURCE_LINK]["id"] = json!(link);
    claims[CUSTOM] = json!({ kind: id });
}

impl Browser {
    /// Opens an address below a handle as the browser marks it: `same-origin`, `none`, …
    async fn get_marked(&mut self, path: &str, site: &str) -> Answer {
        let request = Request::get(path).header("sec-fetch-site", site);
        self.send(request.body(Body::empty()).expect("a request"))
            .await
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_learner_is_known_by_name_in_the_frame_and_finishes_a_grain_there(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    for keeps_cookies in [true, false] {
        let mut browser = site.browser();
        browser.keeps_cookies = keeps_cookies;
        let first = platform.open(&site, &mut browser).await;
        let page = browser.get_framed(&first).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("Élodie Lefèvre"));
        let root = root_of(&first);
        let completion = format!("{root}/grains/grain1/completion");
        let answer = browser.post(&completion).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let next = format!("{root}/grains/grain2?finished=grain1");
        assert_eq!(answer.location(), next);
        assert_eq!(site.count(COMPLETIONS).await, 1);
        let answer = browser.post(&format!("{completion}/undo")).await;
        assert_eq!(answer.location(), format!("{root}/grains/grain1"));
        assert_eq!(site.count(COMPLETIONS).await, 0);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn no_link_form_or_script_of_any_page_leaves_the_root_of_the_session(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let root = root_of(&first).to_owned();
    browser
        .post(&format!("{root}/grains/grain2/completion"))
        .await;
    let mut seen = BTreeSet::from([first.clone(), format!("{root}/")]);
    let mut waiting: VecDeque<_> = seen.iter().cloned().collect();
    while let Some(address) = waiting.pop_front() {
        let page = browser.get_framed(&address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        for found in addresses(&page.text) {
            if found.starts_with("https://") || found.starts_with('#') || found.starts_with("data:")
            {
                continue;
            }
            let target = resolve(&address, &found);
            let is_inside = target.starts_with(&format!("{root}/"));
            assert!(
                is_inside || target.starts_with("/assets/"),
                "{address} leads to {target}"
            );
            let is_page = is_inside
                && !target.contains("/completion")
                && !target.contains("/api/")
                && !target.contains("/session/")
                && !target.ends_with("/erasure");
            if is_page && seen.insert(target.clone()) {
                waiting.push_back(target);
            }
        }
    }
    assert!(seen.contains(&format!("{root}/my-data/export.csv")));
    assert!(seen.len() > 40, "{} pages were seen", seen.len());
}

/// What the page refers to: links, forms, scripts, pictures, the address that a script is given.
fn addresses(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["href=\"", "src=\"", "action=\"", "data-api=\""] {
        for part in html.split(name).skip(1) {
            found.extend(part.split('"').next().map(str::to_owned));
        }
    }
    found
}

/// An address as the browser reads it on the page `from`, without fragment.
fn resolve(from: &str, address: &str) -> String {
    let base = url::Url::parse("https://cours.example.org").expect("an address");
    let page = base.join(from).expect("an address");
    let mut target = page.join(address).expect(address);
    target.set_fragment(None);
    target.as_str()[base.as_str().len() - 1..].to_owned()
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn two_tabs_of_two_activities_live_beside_one_another(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let one = platform
        .open_with(&site, &mut browser, |claims| {
            opens(claims, "6", "module", "module1");
        })
        .await;
    let two = platform
        .open_with(&site, &mut browser, |claims| {
            opens(claims, "7", "grain", "grain8");
        })
        .await;
    assert!(one.ends_with("/modules/module1") && two.ends_with("/grains/grain8"));
    assert_ne!(root_of(&one), root_of(&two));
    for address in [&one, &two, &one] {
        let page = browser.get_framed(address).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text.contains("Élodie Lefèvre"));
    }
    assert_eq!(site.count("SELECT count(*) FROM users").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn two_learners_in_one_browser_keep_their_own_name_and_progress(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let second = platform
        .open_with(&site, &mut browser, |claims| {
            claims["sub"] = json!("5");
            claims["name"] = json!("Noël D'Ornano");
        })
        .await;
    browser
        .post(&format!("{}/grains/grain1/completion", root_of(&first)))
        .await;
    let page = browser.get_framed(&format!("{}/", root_of(&second))).await;
    assert!(page.text.contains("Noël D&#39;Ornano"), "{}", page.text);
    assert!(!page.text.contains("Élodie"));
    assert!(page.text.contains("0\u{a0}grain sur 29"));
    let page = browser.get_framed(&format!("{}/", root_of(&first))).await;
    assert!(page.text.contains("Élodie") && page.text.contains("1\u{a0}grain sur 29"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_same_number_at_two_moodles_is_two_people_in_one_browser(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let here = FakePlatform::start(&site).await;
    let there = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = here.open(&site, &mut browser).await;
    let second = there.open(&site, &mut browser).await;
    browser
        .post(&format!("{}/grains/grain1/completion", root_of(&first)))
        .await;
    let page = browser.get_framed(&format!("{}/", root_of(&second))).await;
    assert!(page.text.contains("0\u{a0}grain sur 29"));
    assert_eq!(site.count("SELECT count(*) FROM users").await, 2);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn reloading_the_frame_stays_and_reloading_moodle_goes_on_where_one_stopped(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let root = root_of(&first).to_owned();
    assert_eq!(
        first,
        format!("{root}/"),
        "nothing is done: the course opens"
    );
    browser
        .post(&format!("{root}/grains/grain1/completion"))
        .await;
    let address = format!("{root}/grains/grain2?finished=grain1");
    for _ in 0..2 {
        let page = browser.get_framed(&address).await;
        assert!(page.text.contains("1\u{a0}grain sur 29"), "{}", page.text);
    }
    site.clock.advance(Duration::minutes(5));
    let again = platform.open(&site, &mut browser).await;
    assert_ne!(root_of(&again), root, "a new launch is a new session");
    assert!(again.ends_with("/grains/grain2"), "{again}");
    let old = browser.get_framed(&address).await;
    assert_eq!(old.status, StatusCode::OK, "the other tab goes on living");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn where_the_cookie_is_kept_the_address_alone_opens_nothing(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    // A link opened in a new tab arrives without the partitioned cookie; so does a stolen address.
    let mut elsewhere = site.browser();
    let page = elsewhere.get_framed(&first).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(
        page.text
            .contains("Cette page s’ouvre dans votre cours Moodle")
    );
    assert!(
        !page.text.contains(root_of(&first)),
        "no handle on the page"
    );
    let answer = elsewhere
        .post(&format!("{}/grains/grain1/completion", root_of(&first)))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(site.count(COMPLETIONS).await, 0);
    assert_eq!(browser.get_framed(&first).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn without_cookies_a_pasted_address_and_another_browser_are_refused(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    browser.keeps_cookies = false;
    let first = platform.open(&site, &mut browser).await;
    assert_eq!(browser.get_framed(&first).await.status, StatusCode::OK);
    // A browser older than the header says nothing, and is believed.
    assert_eq!(browser.get(&first).await.status, StatusCode::OK);
    for mark in ["none", "cross-site"] {
        let page = browser.get_marked(&first, mark).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{mark}");
        assert!(
            !page.text.contains(root_of(&first)),
            "no handle on the page"
        );
    }
    let request = Request::get(&first)
        .header("sec-fetch-site", "same-origin")
        .header(header::USER_AGENT, "curl/8.0");
    let answer = browser
        .send(request.body(Body::empty()).expect("a request"))
        .await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn pages_of_a_session_are_not_kept_and_tell_no_other_site_where_they_are(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let page = browser.get_framed(&first).await;
    assert_eq!(page.header("cache-control"), "private, no-store");
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert!(
        page.header("content-security-policy")
            .contains("default-src 'none'")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_one_time_address_opens_once_and_forgives_a_second_look(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let answer = platform.launch_with(&site, &mut browser, |_| {}).await;
    let ticket = answer.location().to_owned();
    let first = enter(&mut browser, &ticket).await;
    assert_eq!(enter(&mut browser, &ticket).await, first, "a second look");
    let mut other = site.browser();
    assert_eq!(other.get(&ticket).await.status, StatusCode::UNAUTHORIZED);
    site.clock.advance(Duration::seconds(11));
    assert_eq!(browser.get(&ticket).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get_framed(&first).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_stolen_one_time_address_opens_nothing_when_the_launch_was_bound(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    for is_read_only in [false, true] {
        if is_read_only {
            site.execute("SELECT internal.set_read_only(true)").await;
        }
        let mut browser = site.browser();
        let answer = platform.launch_with(&site, &mut browser, |_| {}).await;
        let ticket = answer.location().to_owned();
        let mut thief = site.browser();
        assert_eq!(thief.get(&ticket).await.status, StatusCode::UNAUTHORIZED);
        // Whose it is still opens it, and nobody else has used it up.
        let first = enter(&mut browser, &ticket).await;
        assert_eq!(browser.get_framed(&first).await.status, StatusCode::OK);
        assert_eq!(thief.get_framed(&first).await.status, StatusCode::FORBIDDEN);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_one_time_address_that_nobody_opened_is_over_after_a_minute(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let answer = platform.launch_with(&site, &mut browser, |_| {}).await;
    let ticket = answer.location().to_owned();
    site.clock.advance(Duration::seconds(61));
    assert_eq!(browser.get(&ticket).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        browser.get("/e/anything").await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_ends_after_two_idle_hours_and_says_what_was_not_saved(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    site.clock.advance(Duration::minutes(119));
    assert_eq!(browser.get_framed(&first).await.status, StatusCode::OK);
    site.clock.advance(Duration::minutes(121));
    let answer = browser
        .post(&format!("{}/grains/grain1/completion", root_of(&first)))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains("ce dernier clic ne l’a pas été"));
    assert!(answer.text.contains("ouvrez de nouveau l’activité"));
    assert!(!answer.text.contains("type=\"password\""));
    assert!(
        answer.text.contains("href=\"/grains/grain1\""),
        "it can be read"
    );
    assert_eq!(site.count(COMPLETIONS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_ends_after_eight_hours_however_busy(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    for _ in 0..7 {
        site.clock.advance(Duration::minutes(68));
        assert_eq!(browser.get_framed(&first).await.status, StatusCode::OK);
    }
    site.clock.advance(Duration::minutes(5));
    let page = browser.get_framed(&first).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.text.contains("Votre session est terminée"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn on_a_phone_a_link_leads_back_to_the_course_over_there(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let page = browser.get_framed(&first).await;
    assert!(
        !page.text.contains("Retour au cours"),
        "the frame stands in that course"
    );
    let first = platform
        .open_with(&site, &mut browser, |claims| {
            claims[PRESENTATION]["document_target"] = json!("frame");
        })
        .await;
    let page = browser.get_framed(&first).await;
    let link = format!(
        "href=\"{}/mod/lti/return.php?course=2&#38;launch_container=3",
        platform.issuer
    );
    assert!(page.text.contains(&link), "{}", page.text);
    assert!(page.text.contains(">Retour au cours</a>"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn leaving_ends_the_session_and_leads_back(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let end = format!("{}/session/end", root_of(&first));
    let page = browser.get_framed(&first).await;
    let button = format!("<form method=\"post\" action=\"{end}\"><button class=\"link\">Quitter");
    assert!(page.text.contains(&button), "{}", page.text);
    let answer = browser.post(&end).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("Vous avez quitté le cours"));
    assert!(answer.text.contains("/mod/lti/return.php"));
    assert_eq!(site.count(SESSIONS).await, 0);
    assert_eq!(
        browser.get_framed(&first).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_suspended_platform_opens_nothing_and_ends_its_sessions(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let names_it = |page: &Answer| {
        let policy = page.header("content-security-policy");
        let (_, ancestors) = policy.split_once("frame-ancestors").expect("it names some");
        ancestors.contains(&platform.issuer)
    };
    assert!(names_it(&browser.get_framed(&first).await));
    site.execute("UPDATE lti_platforms SET status = 'suspended'")
        .await;
    site.clock.advance(Duration::seconds(2));
    let page = browser.get_framed(&first).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(!names_it(&page));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_script_finds_the_api_below_the_root(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    site.leaves_jobs();
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let api = format!("{}/api/progress", root_of(&first));
    let answer = browser.post_json(&api, r#"{"grain_id":"grain1"}"#).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let mut stranger = site.browser();
    let answer = stranger.post_json(&api, r#"{"grain_id":"grain2"}"#).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.json()["error"]["code"], "out_of_frame");
    assert_eq!(site.count(COMPLETIONS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_teacher_is_told_that_their_own_reading_does_not_count(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open_with(&site, &mut browser, as_teacher).await;
    let page = browser.get_framed(&first).await;
    assert!(
        page.text
            .contains("ce que vous terminez ici n’est ni compté ni noté")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_session_of_a_frame_is_none_in_the_cookie_of_a_tab(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let first = platform.open(&site, &mut browser).await;
    let handle = &root_of(&first)[3..];
    browser.cookie = Some(format!("__Host-session={handle}"));
    let page = browser.get("/").await;
    assert!(!page.text.contains("Élodie"));
}
