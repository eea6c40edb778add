//! Rows M01 to M21: what is to be opened, and what surrounds it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    frames::root_of,
    row::{LTI, Log, Row},
};
use crate::support::platform::{as_deep_linking, as_teacher};

const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

/// A claim of LTI by its short name.
fn lti<'a>(claims: &'a mut Value, name: &str) -> &'a mut Value {
    &mut claims[format!("{LTI}{name}")]
}

/// The path of a first page below the root of its session.
fn place(first: &str) -> &str {
    &first[root_of(first).len()..]
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m01_another_version_of_lti_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for version in ["11.3", "2.3", "1.3", "1.3.0 ", "LTI-1p0"] {
        row.refuses(REFUSED, "version", |claims| {
            *lti(claims, "version") = json!(version);
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m02_no_version_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (value, code) in [
        (Value::Null, "claim-missing:version"),
        (json!(""), "claim-malformed:version"),
        (json!(1.3), "claim-malformed:version"),
    ] {
        row.refuses(REFUSED, code, |claims| *lti(claims, "version") = value)
            .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m03_no_kind_of_message_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (value, code) in [
        (Value::Null, "claim-missing:message_type"),
        (json!(""), "claim-malformed:message_type"),
        (
            json!(["LtiResourceLinkRequest"]),
            "claim-malformed:message_type",
        ),
    ] {
        row.refuses(REFUSED, code, |claims| {
            *lti(claims, "message_type") = value;
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m04_a_message_that_we_do_not_take_is_told_so(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for kind in [
        "LtiSubmissionReviewRequest",
        "Foo",
        "ltiresourcelinkrequest",
        "LtiDeepLinkingResponse",
    ] {
        let page = row
            .refuses(StatusCode::BAD_REQUEST, "message-type", |claims| {
                *lti(claims, "message_type") = json!(kind);
            })
            .await;
        assert!(page.text.contains("n’est pas prise en charge"));
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m05_an_activity_without_its_identifier_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (value, code) in [
        (Value::Null, "claim-missing:resource_link"),
        (json!({ "title": "x" }), "claim-malformed:resource_link"),
        (json!({ "id": null }), "claim-malformed:resource_link"),
        (json!({ "id": "" }), "claim-malformed:resource_link"),
        (json!("6"), "claim-malformed:resource_link"),
    ] {
        row.refuses(REFUSED, code, |claims| {
            *lti(claims, "resource_link") = value;
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m06_the_identifier_of_an_activity_has_255_characters_at_most(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let code = "claim-malformed:resource_link";
    for id in [
        json!("é".repeat(256)),
        json!(6),
        json!(["6"]),
        json!("6\u{0}"),
    ] {
        row.refuses(REFUSED, code, |claims| {
            lti(claims, "resource_link")["id"] = id;
        })
        .await;
    }
    row.accepts(|claims| lti(claims, "resource_link")["id"] = json!("é".repeat(255)))
        .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m07_of_several_missing_claims_the_first_one_is_named(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let order = [
        ("iss", "claim-missing:iss"),
        ("aud", "claim-missing:aud"),
        ("iat", "claim-missing:iat"),
        ("exp", "claim-missing:exp"),
        ("nonce", "claim-missing:nonce"),
        ("deployment_id", "claim-missing:deployment_id"),
        ("version", "claim-missing:version"),
        ("sub", "anonymous"),
        ("roles", "claim-missing:roles"),
        ("message_type", "claim-missing:message_type"),
        ("resource_link", "claim-missing:resource_link"),
        ("target_link_uri", "claim-missing:target_link_uri"),
    ];
    for (rank, (_, code)) in order.iter().enumerate() {
        row.refuses(REFUSED, code, |claims| {
            let claims = claims.as_object_mut().expect("claims");
            for (name, _) in &order[rank..] {
                claims.remove(*name);
                claims.remove(&format!("{LTI}{name}"));
            }
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m08_a_launch_that_aims_at_nothing_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (value, code) in [
        (Value::Null, "claim-missing:target_link_uri"),
        (json!(""), "claim-malformed:target_link_uri"),
        (json!(1), "claim-malformed:target_link_uri"),
    ] {
        row.refuses(REFUSED, code, |claims| {
            *lti(claims, "target_link_uri") = value;
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m09_the_signed_target_wins_over_the_one_of_the_login(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let mut login = row.platform.login_pairs(&row.site);
    let target = login
        .iter_mut()
        .find(|(name, _)| name == "target_link_uri")
        .expect("a target");
    target.1 = "https://cours.example.org/grains/grain3".to_owned();
    for (target, expected) in [
        ("https://cours.example.org/grains/grain8", "/grains/grain8"),
        (
            "https://cours.example.org/sequences/sequence3?x=1#y",
            "/sequences/sequence3",
        ),
        (
            "https://cours.example.org/modules/module2/",
            "/modules/module2",
        ),
        ("https://cours.example.org/lti/launch", "/"),
        ("https://cours.example.org", "/"),
    ] {
        let first = row
            .accepts_after(&login, |claims| {
                *lti(claims, "target_link_uri") = json!(target);
            })
            .await;
        assert_eq!(place(&first), expected);
    }
    for target in [
        "https://evil.example/grains/grain8",
        "http://cours.example.org/grains/grain8",
        "https://cours.example.org:444/",
        "https://cours.example.org@evil.example/",
        "javascript:alert(1)",
        "/grains/grain8",
    ] {
        row.refuses_after(
            &login,
            StatusCode::BAD_REQUEST,
            "foreign-target",
            |claims| *lti(claims, "target_link_uri") = json!(target),
        )
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m10_an_activity_outside_of_any_course_keeps_progress(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let first = row
        .accepts(|claims| *lti(claims, "context") = Value::Null)
        .await;
    let root = root_of(&first);
    let answer = row
        .browser
        .post(&format!("{root}/grains/grain1/completion"))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    for (what, expected) in [
        ("SELECT count(*) FROM progress", 1),
        ("SELECT count(*) FROM lti_contexts", 0),
        ("SELECT count(*) FROM lti_memberships", 0),
        (
            "SELECT count(*) FROM lti_resource_links WHERE context_id IS NULL",
            1,
        ),
    ] {
        assert_eq!(row.site.count(what).await, expected, "{what}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m11_a_course_over_there_needs_no_title(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for context in [
        json!({ "id": "2" }),
        json!({ "id": "2", "title": "", "label": " " }),
        json!({ "id": "2", "title": 3, "label": ["x"] }),
        json!({ "id": "2", "title": null }),
    ] {
        row.accepts(|claims| *lti(claims, "context") = context)
            .await;
    }
    let unnamed = "SELECT count(*) FROM lti_contexts WHERE title IS NULL AND label IS NULL";
    assert_eq!(row.site.count(unnamed).await, 1);
    row.accepts(|claims| *lti(claims, "context") = json!({ "id": "2", "title": " Français \n1 " }))
        .await;
    assert_eq!(
        row.text("SELECT title FROM lti_contexts").await,
        "Français 1"
    );
    row.refuses(REFUSED, "claim-malformed:context", |claims| {
        *lti(claims, "context") = json!({ "title": "x" });
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m12_a_learner_may_tell_as_little_as_they_like(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let personal = ["name", "given_name", "family_name", "email"];
    for (number, (told, expected)) in [
        (json!({}), "Apprenant·e\u{a0}p0"),
        (
            json!({ "email": "eleve1@example.test" }),
            "Apprenant·e\u{a0}p1",
        ),
        (
            json!({ "name": "" , "given_name": " " }),
            "Apprenant·e\u{a0}p2",
        ),
        (
            json!({ "given_name": "Élodie", "family_name": "Lefèvre" }),
            "Élodie Lefèvre",
        ),
        (json!({ "family_name": "Lefèvre" }), "Lefèvre"),
        (json!({ "name": "Élodie" }), "Élodie"),
        (
            json!({ "name": ["Élodie"], "email": 3 }),
            "Apprenant·e\u{a0}p6",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let first = row
            .accepts(|claims| {
                let claims = claims.as_object_mut().expect("claims");
                claims.retain(|name, _| !personal.contains(&name.as_str()));
                claims.insert("sub".to_owned(), json!(format!("p{number}")));
                claims.extend(told.as_object().expect("claims").clone());
            })
            .await;
        let page = row.page(&first).await;
        let name = format!("Mes données\u{a0}: </span>{expected}</a>");
        assert!(page.contains(&name), "{expected}: {page}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m13_a_variable_that_the_platform_left_as_it_was_counts_as_absent(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (custom, expected) in [
        (json!({ "grain": "$ResourceLink.id" }), "/grains/grain3"),
        (
            json!({ "grain": "$X", "sequence": "", "module": "module2" }),
            "/modules/module2",
        ),
        (
            json!({ "grain": " ", "sequence": "sequence3", "module": "module2" }),
            "/sequences/sequence3",
        ),
        (
            json!({ "module": "module2", "sequence": "sequence3", "grain": " grain8 " }),
            "/grains/grain8",
        ),
        (json!({ "grain": 8, "module": null }), "/grains/grain3"),
        (json!({}), "/grains/grain3"),
        (Value::Null, "/grains/grain3"),
    ] {
        let first = row
            .accepts(|claims| {
                *lti(claims, "custom") = custom.clone();
                *lti(claims, "target_link_uri") = json!("https://cours.example.org/grains/grain3");
            })
            .await;
        assert_eq!(place(&first), expected, "{custom}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m14_a_part_that_the_course_has_not_is_named_to_teachers_only(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let asks_for = |kind: &'static str, id: &'static str| {
        move |claims: &mut Value| *lti(claims, "custom") = json!({ kind: id })
    };
    for (kind, id) in [
        ("grain", "grain99"),
        ("sequence", "grain8"),
        ("module", "<b>module9</b>"),
    ] {
        let shown = id.replace('<', "&#60;").replace('>', "&#62;");
        let page = row
            .refuses(StatusCode::NOT_FOUND, "unknown-scope", |claims| {
                as_teacher(claims);
                asks_for(kind, id)(claims);
            })
            .await;
        assert!(page.text.contains(&format!("«\u{a0}{shown}\u{a0}»")));
        let page = row
            .refuses(StatusCode::NOT_FOUND, "unknown-scope", asks_for(kind, id))
            .await;
        assert!(!page.text.contains(&shown), "{}", page.text);
    }
    let page = row
        .refuses(StatusCode::NOT_FOUND, "unknown-scope", |claims| {
            as_teacher(claims);
            *lti(claims, "custom") = json!({ "grain": "é".repeat(5_000) });
        })
        .await;
    assert_eq!(
        page.text.matches("éé").count(),
        60,
        "the lead and the description"
    );
    assert_eq!(row.site.count("SELECT count(*) FROM users").await, 0);
    assert_eq!(
        row.site
            .count("SELECT count(*) FROM lti_resource_links")
            .await,
        0
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m15_claims_that_nobody_knows_are_left_aside(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let nested = |depth: usize| (0..depth).fold(json!("x"), |inner, _| json!({ "a": [inner] }));
    row.accepts(|claims| {
        claims["https://example.org/claim/deep"] = nested(20);
        claims["x".repeat(300)] = json!([1e300, null, "\u{0}"]);
        lti(claims, "context")["deep"] = nested(20);
        lti(claims, "custom")["deep"] = nested(20);
    })
    .await;
    row.refuses(REFUSED, "token-malformed", |claims| {
        claims["https://example.org/claim/deep"] = nested(500);
    })
    .await;
}

/// Addresses that are no page of the platform.
const NO_PAGES: [&str; 6] = [
    "javascript:alert(document.cookie)",
    "data:text/html,x",
    "https://evil.example/mod/lti/return.php",
    "//evil.example/",
    "/mod/lti/return.php",
    "",
];

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m16_a_way_back_that_is_no_page_of_the_platform_is_no_link(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for address in NO_PAGES {
        let first = row
            .accepts(|claims| {
                *lti(claims, "launch_presentation") =
                    json!({ "document_target": "window", "return_url": address });
            })
            .await;
        let page = row.page(&first).await;
        assert!(!page.contains("Retour au cours"), "{address}: {page}");
        assert!(address.is_empty() || !page.contains(address));
        let root = root_of(&first);
        let left = row.browser.post(&format!("{root}/session/end")).await;
        assert_eq!(left.status, StatusCode::OK);
        assert!(!left.text.contains("Retour au cours"), "{}", left.text);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m17_the_way_back_is_a_link_and_nothing_else(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let log = Log::listen();
    let issuer = row.platform.issuer.clone();
    let first = row
        .accepts(|claims| {
            lti(claims, "launch_presentation")["document_target"] = json!("window");
        })
        .await;
    let page = row.browser.get_framed(&first).await;
    let href = format!(
        r#"href="{issuer}/mod/lti/return.php?course=2&#38;launch_container=3&#38;instanceid=6&#38;sesskey=hush""#
    );
    assert_eq!(page.text.matches("sesskey").count(), 1);
    assert!(page.text.contains(&href), "{}", page.text);
    assert_eq!(page.header("referrer-policy"), "same-origin");
    assert!(
        page.headers
            .values()
            .all(|value| !value.as_bytes().windows(4).any(|word| word == b"hush"))
    );
    let lines = log.lines();
    assert!(lines.lines().count() >= 4, "{lines}");
    assert!(!lines.contains("hush") && !lines.contains("return.php"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m18_any_language_of_the_platform_gets_the_course_in_french(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for locale in [
        json!("pt_br"),
        json!("fr-FR"),
        json!("xx"),
        json!(""),
        json!(3),
        Value::Null,
    ] {
        let first = row
            .accepts(|claims| lti(claims, "launch_presentation")["locale"] = locale)
            .await;
        assert!(row.page(&first).await.contains(r#"<html lang="fr">"#));
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m19_alone_in_its_window_the_course_leads_back_to_moodle(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (target, leads_back) in [
        (json!("window"), true),
        (json!("frame"), true),
        (json!("iframe"), false),
        (Value::Null, false),
    ] {
        let first = row
            .accepts(|claims| {
                lti(claims, "launch_presentation")["document_target"] = target.clone();
            })
            .await;
        let root = root_of(&first);
        for address in [first.clone(), format!("{root}/grains/grain8")] {
            let page = row.page(&address).await;
            let link = page.contains(">Retour au cours</a>");
            assert_eq!(link, leads_back, "{target} {address}");
            assert!(!page.contains("target=\"_"), "{target} {address}");
        }
    }
    let first = row
        .accepts(|claims| *lti(claims, "launch_presentation") = Value::Null)
        .await;
    assert!(!row.page(&first).await.contains("Retour au cours"));
}

/// What a platform tells otherwise.
type Change = fn(&mut Value);

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m20_an_activity_without_grades_works_and_tells_its_teacher(pool: PgPool) {
    const ENDPOINT: &str = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";
    let mut row = Row::new(pool).await;
    let without_score = |claims: &mut Value| {
        claims[ENDPOINT]["scope"] =
            json!(["https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"]);
    };
    let changes: [(&str, Change); 6] = [
        ("no claim", |claims| claims[ENDPOINT] = Value::Null),
        ("no column", |claims| {
            claims[ENDPOINT]["lineitem"] = Value::Null;
        }),
        ("an empty one", |claims| {
            claims[ENDPOINT]["lineitem"] = json!("");
        }),
        ("no right", without_score),
        ("no scopes", |claims| {
            claims[ENDPOINT]["scope"] = Value::Null;
        }),
        ("elsewhere", |claims| {
            claims[ENDPOINT]["lineitem"] = json!("https://evil.example/lineitem");
        }),
    ];
    let columns = "SELECT count(*) FROM lti_resource_links WHERE line_item_url IS NOT NULL";
    for (what, change) in changes {
        row.accepts(|_| {}).await;
        assert_eq!(row.site.count(columns).await, 1, "{what}");
        let first = row.accepts(change).await;
        assert_eq!(row.site.count(columns).await, 0, "{what}");
        let root = root_of(&first);
        let page = row.page(&format!("{root}/grains/grain1")).await;
        assert!(!page.contains("class=\"remark\""), "for teachers only");
        let undo = format!("{root}/grains/grain1/completion/undo");
        let completion = undo.trim_end_matches("/undo");
        let jobs = "SELECT coalesce(sum(version), 0) FROM internal.outbox";
        let before = row.site.count(jobs).await;
        let answer = row.browser.post(completion).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(row.site.count("SELECT count(*) FROM progress").await, 1);
        assert_eq!(row.site.count(jobs).await, before, "{what}");
        row.browser.post(&undo).await;
        let first = row
            .accepts(|claims| {
                as_teacher(claims);
                change(claims);
            })
            .await;
        let remark = "Les notes ne sont pas activées sur cette activité";
        assert!(row.page(&first).await.contains(remark), "{what}");
    }
    let first = row.accepts(as_teacher).await;
    let page = row.page(&first).await;
    assert!(!page.contains("Les notes ne sont pas activées"));
    assert!(page.contains("n’est ni compté ni noté"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn m21_words_of_the_platform_are_shown_as_words(pool: PgPool) {
    const EVIL: &str = "</span><script>alert(\"1\")</script>&amp;'";
    let shown = "&#60;/span&#62;&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62;&#38;amp;&#39;";
    let mut row = Row::new(pool).await;
    let spoil = |claims: &mut Value| {
        claims["name"] = json!(EVIL);
        lti(claims, "context")["title"] = json!(EVIL);
        lti(claims, "context")["label"] = json!(EVIL);
        *lti(claims, "resource_link") = json!({ "id": EVIL, "title": EVIL });
    };
    let first = row.accepts(spoil).await;
    let root = root_of(&first).to_owned();
    for path in [
        "/",
        "/modules/module1",
        "/sequences/sequence1",
        "/grains/grain1",
    ] {
        let page = row.page(&format!("{root}{path}")).await;
        assert!(page.contains(shown), "{path}: {page}");
        assert!(!page.contains("<script>") && !page.contains(EVIL), "{path}");
    }
    let dialog = row
        .accepts(|claims| {
            as_deep_linking(claims);
            spoil(claims);
            lti(claims, "resource_link").take();
        })
        .await;
    let page = row.page(&dialog).await;
    assert!(page.contains(shown) && !page.contains("<script>"), "{page}");
    assert_eq!(row.text("SELECT title FROM lti_contexts").await, EVIL);
}
