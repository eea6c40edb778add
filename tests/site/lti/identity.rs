//! Rows I01 to I20: which platform speaks, to whom, about whom, from where.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    frames::root_of,
    row::{LTI, Row},
};
use crate::support::platform::{FakePlatform, KEY};

const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;
const PEOPLE: &str = "SELECT count(*) FROM users";

/// The parameters of a login with another deployment, or none.
fn login_from(row: &Row, deployment: Option<&str>) -> Vec<(String, String)> {
    let pairs = row.platform.login_pairs(&row.site).into_iter();
    let mut pairs: Vec<_> = pairs
        .filter(|(name, _)| name != "lti_deployment_id")
        .collect();
    pairs.extend(deployment.map(|id| ("lti_deployment_id".to_owned(), id.to_owned())));
    pairs
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i01_another_platform_than_the_one_of_the_login_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let other = FakePlatform::start_as(&row.site, "client-1").await;
    row.refuses(REFUSED, "issuer", |claims| {
        claims["iss"] = json!(other.issuer);
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i02_an_issuer_is_compared_byte_for_byte(pool: PgPool) {
    let mut row = Row::new(pool).await;
    "https://moodle.example.org/lms".clone_into(&mut row.platform.issuer);
    row.site
        .execute("UPDATE lti_platforms SET issuer = 'https://moodle.example.org/lms'")
        .await;
    for issuer in [
        "https://moodle.example.org/lms/",
        "https://Moodle.example.org/lms",
        "https://moodle.example.org/LMS",
        "https://moodle.example.org:443/lms",
        "https://moodle.example.org",
        " https://moodle.example.org/lms",
        "http://moodle.example.org/lms",
    ] {
        row.refuses(REFUSED, "issuer", |claims| claims["iss"] = json!(issuer))
            .await;
    }
    row.accepts(|_| {}).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i03_a_token_without_an_issuer_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (value, code) in [
        (Value::Null, "claim-missing:iss"),
        (json!(""), "claim-malformed:iss"),
        (json!(["https://moodle.example.org"]), "claim-malformed:iss"),
    ] {
        row.refuses(REFUSED, code, |claims| claims["iss"] = value)
            .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i04_a_token_for_another_tool_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for audience in [json!("client-2"), json!(["client-2"]), json!("CLIENT-1")] {
        row.refuses(REFUSED, "audience", |claims| claims["aud"] = audience)
            .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i05_a_token_for_nobody_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (audience, code) in [
        (Value::Null, "claim-missing:aud"),
        (json!(""), "audience"),
        (json!([]), "audience"),
        (json!(1), "claim-malformed:aud"),
        (json!({ "client-1": true }), "claim-malformed:aud"),
        (json!(["client-1", 1]), "claim-malformed:aud"),
    ] {
        row.refuses(REFUSED, code, |claims| claims["aud"] = audience)
            .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i06_a_list_of_us_alone_is_for_us(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.accepts(|claims| claims["aud"] = json!(["client-1"]))
        .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i07_of_several_tools_the_authorized_party_counts(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.accepts(|claims| {
        claims["aud"] = json!(["client-1", "client-2"]);
        claims["azp"] = json!("client-1");
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i08_several_tools_without_an_authorized_party_are_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.refuses(REFUSED, "audience", |claims| {
        claims["aud"] = json!(["client-1", "client-2"]);
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i09_several_tools_of_which_another_is_authorized_are_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.refuses(REFUSED, "audience", |claims| {
        claims["aud"] = json!(["client-1", "client-2"]);
        claims["azp"] = json!("client-2");
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i10_an_authorized_party_other_than_us_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (party, code) in [
        (json!("client-2"), "audience"),
        (json!(""), "audience"),
        (json!(1), "claim-malformed:azp"),
    ] {
        row.refuses(REFUSED, code, |claims| claims["azp"] = party)
            .await;
    }
    // Whom it is for must be told all the same.
    row.refuses(REFUSED, "audience", |claims| {
        claims["aud"] = json!("client-2");
        claims["azp"] = json!("client-1");
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i11_an_empty_subject_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for subject in [json!(""), json!(4), json!(["4"]), json!(false)] {
        row.refuses(REFUSED, "claim-malformed:sub", |claims| {
            claims["sub"] = subject;
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i12_somebody_without_a_name_for_us_is_told_that_nothing_is_kept(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for is_null in [true, false] {
        let page = row
            .refuses(REFUSED, "anonymous", |claims| {
                if is_null {
                    claims["sub"] = Value::Null;
                } else {
                    claims.as_object_mut().expect("claims").remove("sub");
                }
            })
            .await;
        assert!(page.text.contains("Moodle ne dit pas qui vous êtes"));
        assert!(
            page.text
                .contains("votre progression ne peut pas être gardée")
        );
        let link = r#"<a class="button" href="/">Lire le cours sans enregistrer"#;
        assert!(page.text.contains(link), "{}", page.text);
    }
    assert_eq!(row.site.count(PEOPLE).await, 0);
    let course = row.browser.get("/").await;
    assert_eq!(course.status, StatusCode::OK);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i13_a_subject_is_kept_byte_for_byte_up_to_255_characters(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let odd = " 4 \"é'\\😀<b>&%; ".to_owned();
    let long = format!("{odd}{}", "😀".repeat(255 - odd.chars().count()));
    for subject in [odd.as_str(), &long, "4", "4 "] {
        row.accepts(|claims| claims["sub"] = json!(subject)).await;
    }
    let kept: Vec<String> =
        sqlx::query_scalar("SELECT moodle_user_id FROM users ORDER BY created_at, id")
            .fetch_all(&row.site.pool)
            .await
            .expect("people");
    for subject in [odd.as_str(), &long, "4", "4 "] {
        assert!(kept.iter().any(|known| known == subject), "{subject:?}");
    }
    assert_eq!(kept.len(), 4);
    for subject in [format!("{long}x"), "a\u{0}b".to_owned()] {
        row.refuses(REFUSED, "claim-malformed:sub", |claims| {
            claims["sub"] = json!(subject);
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i14_one_number_at_two_platforms_is_two_people(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let other = FakePlatform::start_as(&row.site, "client-1").await;
    row.accepts(|_| {}).await;
    other.open(&row.site, &mut row.browser).await;
    assert_eq!(row.site.count(PEOPLE).await, 2);
    // Two registrations of one issuer are two platforms as well.
    let mut second = row.platform.clone();
    second.client_id = "client-2".to_owned();
    second.register(&row.site).await;
    second.open(&row.site, &mut row.browser).await;
    assert_eq!(row.site.count(PEOPLE).await, 3);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i15_somebody_who_changes_name_and_address_stays_who_they_are(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.accepts(|_| {}).await;
    let first = row
        .accepts(|claims| {
            claims["name"] = json!("Élodie Martin");
            claims["email"] = json!("elodie.martin@example.test");
        })
        .await;
    assert_eq!(row.site.count(PEOPLE).await, 1);
    let page = row.page(&first).await;
    assert!(page.contains("Élodie Martin"));
    assert_eq!(
        row.text("SELECT email FROM users").await,
        "elodie.martin@example.test"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i16_two_people_with_one_address_stay_two(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.accepts(|_| {}).await;
    let other = row.accepts(|claims| claims["sub"] = json!("5")).await;
    assert_eq!(row.site.count(PEOPLE).await, 2);
    let root = root_of(&other);
    row.browser
        .post(&format!("{root}/grains/grain1/completion"))
        .await;
    let owners =
        "SELECT count(*) FROM progress JOIN users ON users.id = user_id AND moodle_user_id = '5'";
    assert_eq!(row.site.count(owners).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i17_a_token_from_no_deployment_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let login = login_from(&row, None);
    for (value, code) in [
        (Value::Null, "claim-missing:deployment_id"),
        (json!(""), "claim-malformed:deployment_id"),
        (json!(4), "claim-malformed:deployment_id"),
        (json!("4".repeat(256)), "claim-malformed:deployment_id"),
        (json!("4\u{0}"), "claim-malformed:deployment_id"),
    ] {
        row.refuses_after(&login, REFUSED, code, |claims| {
            claims[format!("{LTI}deployment_id")] = value;
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i18_a_new_deployment_waits_for_the_admin_unless_the_platform_may_bring_some(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let comes_from = |id: &'static str| {
        move |claims: &mut Value| claims[format!("{LTI}deployment_id")] = json!(id)
    };
    let status = StatusCode::FORBIDDEN;
    for hint in [None, Some("5")] {
        let login = login_from(&row, hint);
        let page = row
            .refuses_after(&login, status, "deployment-pending", comes_from("5"))
            .await;
        assert!(page.text.contains("Cette installation attend un accord"));
    }
    let recorded = "SELECT status FROM lti_deployments WHERE external_id = '5'";
    assert_eq!(row.text(recorded).await, "pending");
    assert_eq!(row.site.count(PEOPLE).await, 0, "nobody is known yet");
    row.site
        .execute("UPDATE lti_deployments SET status = 'approved'")
        .await;
    let login = login_from(&row, Some("5"));
    row.accepts_after(&login, comes_from("5")).await;
    row.site
        .execute("UPDATE lti_platforms SET accepts_new_deployments = true")
        .await;
    let login = login_from(&row, Some("6"));
    row.accepts_after(&login, comes_from("6")).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i18_a_page_that_waits_for_the_admin_goes_on_when_it_is_loaded_again(pool: PgPool) {
    let Row {
        site,
        platform,
        mut browser,
    } = Row::new(pool).await;
    site.execute("UPDATE lti_deployments SET status = 'pending'")
        .await;
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    for _ in 0..2 {
        let answer = platform.post(&mut browser, &pending.state, &token).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    }
    site.execute("UPDATE lti_deployments SET status = 'approved'")
        .await;
    let answer = platform.post(&mut browser, &pending.state, &token).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i19_the_deployment_of_another_platform_is_not_this_one_s(pool: PgPool) {
    let mut row = Row::new(pool).await;
    FakePlatform::start_as(&row.site, "client-2").await;
    row.site
        .execute("INSERT INTO lti_deployments (platform_id, external_id, status) SELECT id, '9', 'approved' FROM lti_platforms WHERE client_id = 'client-2'")
        .await;
    let login = login_from(&row, Some("9"));
    row.refuses_after(
        &login,
        StatusCode::FORBIDDEN,
        "deployment-pending",
        |claims| claims[format!("{LTI}deployment_id")] = json!("9"),
    )
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn i20_a_deployment_other_than_the_one_of_the_login_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let login = login_from(&row, Some("5"));
    row.refuses_after(&login, REFUSED, "deployment-mismatch", |_| {})
        .await;
    let login = login_from(&row, None);
    row.accepts_after(&login, |_| {}).await;
}
