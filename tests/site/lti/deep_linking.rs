//! Deep linking: a teacher chooses what to place, the platform gets a signed answer.

use axum::http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode_header, jwk::Jwk};
use mini_site::lti::keys;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{frames::root_of, row::Row};
use crate::support::{
    Answer, Browser, TestSite,
    platform::{FakePlatform, KEY, as_deep_linking, enter},
};

const SETTINGS: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings";
const ITEMS: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items";
const DATA: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/data";
const ROLES: &str = "https://purl.imsglobal.org/spec/lti/claim/roles";
const SESSIONS: &str = "SELECT count(*) FROM internal.sessions";

/// A dialog that stands open at the platform, with our page in it.
struct Dialog {
    site: TestSite,
    platform: FakePlatform,
    browser: Browser,
    address: String,
}

impl Dialog {
    /// Moodle's dialog.
    async fn open(pool: PgPool) -> Self {
        Self::open_with(pool, |_| {}).await
    }

    /// A dialog whose settings are changed by `change`.
    async fn open_with(pool: PgPool, change: impl FnOnce(&mut Value)) -> Self {
        let site = TestSite::in_production(pool).await;
        let platform = FakePlatform::start(&site).await;
        let mut browser = site.browser();
        let address = platform
            .open_with(&site, &mut browser, |claims| {
                as_deep_linking(claims);
                change(&mut claims[SETTINGS]);
            })
            .await;
        assert!(address.ends_with("/lti/deep-linking"), "{address}");
        Self {
            site,
            platform,
            browser,
            address,
        }
    }

    async fn page(&mut self) -> Answer {
        let page = self.browser.get_framed(&self.address).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        page
    }

    /// Ticks these and presses « Insérer ».
    async fn insert(&mut self, choices: &[&str]) -> Answer {
        let pairs: Vec<_> = choices.iter().map(|choice| ("choice", *choice)).collect();
        self.browser.post_form(&self.address, &pairs).await
    }

    /// Presses « Annuler », a box ticked.
    async fn cancel(&mut self) -> Answer {
        let pairs = [("choice", "grain8"), ("cancel", "1")];
        self.browser.post_form(&self.address, &pairs).await
    }

    /// The claims of the answer that a page sends, its signature checked by our key set.
    async fn claims(&self, answer: &Answer) -> Value {
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let token = token(answer);
        let header = decode_header(&token).expect("a token");
        assert_eq!(header.alg, Algorithm::RS256);
        let state = &self.site.state;
        let published = keys::published(&state.db, &state.config.secret_key, state.clock.now())
            .await
            .expect("our keys");
        let key = published
            .iter()
            .find(|key| key["kid"].as_str() == header.kid.as_deref())
            .expect("the key is published");
        let key: Jwk = serde_json::from_value(key.clone()).expect("a key");
        // The times are those of the test's clock; tests look at them.
        let mut rules = Validation::new(Algorithm::RS256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.required_spec_claims.clear();
        let key = DecodingKey::from_jwk(&key).expect("a public key");
        jsonwebtoken::decode::<Value>(&token, &key, &rules)
            .expect("a signature of ours")
            .claims
    }

    /// What is placed when these are chosen.
    async fn items(&mut self, choices: &[&str]) -> Vec<Value> {
        let answer = self.insert(choices).await;
        let claims = self.claims(&answer).await;
        claims[ITEMS].as_array().expect("a list").clone()
    }
}

/// The token in the form of the answer.
fn token(answer: &Answer) -> String {
    let (_, rest) = answer
        .text
        .split_once(r#"name="JWT" value=""#)
        .expect("a field");
    rest.split('"').next().expect("a value").to_owned()
}

/// The values of the boxes of a page, with their kind.
fn boxes(page: &str) -> Vec<(&str, &str)> {
    page.split(r#"<input type=""#)
        .skip(1)
        .map(|part| {
            let (kind, rest) = part.split_once('"').expect("a kind");
            let (_, rest) = rest.split_once(r#"name="choice" value=""#).expect("a box");
            (kind, rest.split('"').next().expect("a value"))
        })
        .collect()
}

/// Where the forms of a page may post to, as its policy says.
fn form_targets(page: &Answer) -> &str {
    let policy = page.header("content-security-policy");
    let (_, rest) = policy.split_once("form-action ").expect("a directive");
    rest.split(';').next().unwrap_or_default()
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d01_a_teacher_chooses_among_the_course_its_modules_sequences_and_grains(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let page = dialog.page().await;
    let found = boxes(&page.text);
    let count = |start: &str| {
        let names = found.iter().filter(|(_, name)| {
            name.strip_prefix(start)
                .is_some_and(|rest| rest.parse::<u32>().is_ok())
        });
        names.count()
    };
    assert_eq!(found[0], ("checkbox", "course"));
    assert_eq!(
        (count("module"), count("sequence"), count("grain")),
        (4, 9, 29)
    );
    assert_eq!(found.len(), 1 + 4 + 9 + 29);
    for words in [
        "<small>29\u{a0}grains · 3\u{a0}h\u{a0}34</small>",
        "Module\u{a0}1\u{a0}: Comprendre l’innovation à l’université</span><small>6\u{a0}grains · 41\u{a0}min</small>",
        "Séquence\u{a0}1\u{a0}: Ce qu’innover veut dire</span><small>3\u{a0}grains · 21\u{a0}min</small>",
        "Les visages de l’innovation</span><small>6\u{a0}min</small>",
        "Hélène Marchand",
        "Sans choix, rien n’est inséré",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert!(!page.text.contains("<script"), "no script is needed");
    assert!(!page.text.contains("Vous enseignez dans ce cours"));
    assert_eq!(
        dialog
            .site
            .count("SELECT count(*) FROM lti_resource_links")
            .await,
        0
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d01_the_session_of_an_activity_has_no_such_page(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let home = platform.open(&site, &mut browser).await;
    let address = format!("{home}lti/deep-linking");
    let page = browser.get_framed(&address).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    let answer = browser.post_form(&address, &[("choice", "grain8")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(site.count(SESSIONS).await, 1, "it goes on");
    let outside = site.browser().get("/lti/deep-linking").await;
    assert_eq!(outside.status, StatusCode::NOT_FOUND);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d01_opening_the_dialog_leaves_the_address_of_the_class_list_alone(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    platform.open(&site, &mut browser).await;
    platform
        .open_with(&site, &mut browser, as_deep_linking)
        .await;
    let known = "SELECT count(*) FROM lti_contexts WHERE memberships_url IS NOT NULL";
    assert_eq!(
        site.count(known).await,
        1,
        "Moodle says nothing of it there"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d02_a_dialog_that_does_not_say_where_to_answer_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for (settings, code) in [
        (Value::Null, "claim-missing:deep_linking_settings"),
        (json!("here"), "claim-malformed:deep_linking_settings"),
        (
            json!({ "accept_types": ["ltiResourceLink"] }),
            "claim-missing:deep_link_return_url",
        ),
        (
            json!({ "accept_types": ["ltiResourceLink"], "deep_link_return_url": "" }),
            "claim-malformed:deep_link_return_url",
        ),
    ] {
        row.refuses(StatusCode::UNAUTHORIZED, code, |claims| {
            as_deep_linking(claims);
            claims[SETTINGS] = settings;
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d03_a_place_that_takes_no_activity_says_so_and_gets_an_empty_answer(pool: PgPool) {
    let mut dialog = Dialog::open_with(pool, |settings| {
        settings["accept_types"] = json!(["file", "html"]);
    })
    .await;
    let page = dialog.page().await;
    assert!(
        page.text
            .contains("Cet emplacement n’accepte pas d’activité")
    );
    assert_eq!(boxes(&page.text), []);
    assert!(page.text.contains(r#"name="cancel""#));
    // Whatever a forged form says.
    let items = dialog.items(&["grain8"]).await;
    assert_eq!(items, Vec::<Value>::new());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d04_where_one_is_taken_two_are_not_sent(pool: PgPool) {
    let mut dialog = Dialog::open_with(pool, |settings| {
        settings["accept_multiple"] = json!(false);
    })
    .await;
    let page = dialog.page().await;
    assert!(boxes(&page.text).iter().all(|(kind, _)| *kind == "radio"));
    let answer = dialog.insert(&["module2", "grain8"]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("Un seul contenu peut être placé ici"));
    assert!(!answer.text.contains("JWT"));
    let items = dialog.items(&["grain8", "grain8"]).await;
    assert_eq!(items.len(), 1, "the dialog is still open");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d04_where_several_are_taken_each_is_sent_once(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let items = dialog
        .items(&["course", "module2", "sequence3", "grain8", "grain8"])
        .await;
    let titles: Vec<_> = items.iter().map(|item| &item["title"]).collect();
    assert_eq!(
        titles,
        [
            "Innover à l’université\u{a0}: de l’idée au projet",
            "Faire naître et éprouver une idée",
            "Partir d’un problème",
            "Observer et écouter\u{a0}: l’entretien de découverte"
        ]
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d05_the_answer_goes_to_the_platform_and_nowhere_else(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let port = row.platform.issuer.rsplit(':').next().expect("a port");
    let addresses = [
        "https://evil.example/return".to_owned(),
        format!("https://127.0.0.1:{port}/return"),
        "http://127.0.0.1:1/return".to_owned(),
        "javascript:alert(1)".to_owned(),
        "data:text/html,x".to_owned(),
        "/mod/lti/contentitem_return.php".to_owned(),
        format!("http://127.0.0.1:{port}@evil.example/"),
    ];
    for address in addresses {
        row.refuses(StatusCode::UNAUTHORIZED, "foreign-return", |claims| {
            as_deep_linking(claims);
            claims[SETTINGS]["deep_link_return_url"] = json!(address);
        })
        .await;
    }
    row.site
        .execute("UPDATE lti_platforms SET service_hosts = 'lms.example other.example'")
        .await;
    row.refuses(StatusCode::UNAUTHORIZED, "foreign-return", |claims| {
        as_deep_linking(claims);
        claims[SETTINGS]["deep_link_return_url"] = json!("http://other.example/return");
    })
    .await;
    row.accepts(|claims| {
        as_deep_linking(claims);
        claims[SETTINGS]["deep_link_return_url"] = json!("https://other.example/return");
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d06_only_teachers_place_activities(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for role in [
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
        "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator",
    ] {
        row.refuses(StatusCode::FORBIDDEN, "role-too-low", |claims| {
            as_deep_linking(claims);
            claims[ROLES] = json!([role]);
        })
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d07_the_answer_is_ours_for_this_platform_and_short_lived(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let answer = dialog.insert(&["grain8"]).await;
    let claims = dialog.claims(&answer).await;
    let lti = |name: &str| &claims[format!("https://purl.imsglobal.org/spec/lti/claim/{name}")];
    assert_eq!(claims["iss"], "client-1");
    assert_eq!(claims["aud"], json!(dialog.platform.issuer));
    assert_eq!(lti("message_type"), "LtiDeepLinkingResponse");
    assert_eq!(lti("version"), "1.3.0");
    assert_eq!(lti("deployment_id"), "4");
    let now = dialog.site.clock.now().unix_timestamp();
    let (issued, expires) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    let (issued, expires) = (issued.expect("a time"), expires.expect("a time"));
    assert!(issued <= now - 2, "Moodle has no leeway");
    assert!(
        expires > now && expires - issued <= 300,
        "{issued} {expires}"
    );
    let nonce = claims["nonce"].as_str().expect("a nonce").to_owned();
    assert!(nonce.len() >= 32, "{nonce}");
    let again = dialog
        .platform
        .open_with(&dialog.site, &mut dialog.browser, as_deep_linking)
        .await;
    dialog.address = again;
    let answer = dialog.insert(&["grain8"]).await;
    assert_ne!(dialog.claims(&answer).await["nonce"], json!(nonce));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d08_what_the_platform_wants_back_comes_back_unchanged(pool: PgPool) {
    let data = "csrf=« \"é\\u{0} 😀 & <b>\u{0}\t» ;";
    let mut dialog = Dialog::open_with(pool, |settings| settings["data"] = json!(data)).await;
    dialog.page().await;
    let answer = dialog.insert(&["grain8"]).await;
    assert_eq!(dialog.claims(&answer).await[DATA], json!(data));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d08_what_the_platform_did_not_send_does_not_come_back(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let answer = dialog.insert(&["grain8"]).await;
    let claims = dialog.claims(&answer).await;
    assert!(claims.get(DATA).is_none(), "{claims}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d09_an_item_names_its_page_and_its_part_of_the_course(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let items = dialog
        .items(&["course", "module2", "sequence3", "grain8"])
        .await;
    let found: Vec<_> = items
        .iter()
        .map(|item| {
            assert_eq!(item["type"], "ltiResourceLink");
            assert!(item["text"].as_str().is_some_and(|text| text.len() > 20));
            (item["url"].as_str().expect("an address"), &item["custom"])
        })
        .collect();
    let origin = "https://cours.example.org";
    assert_eq!(
        found,
        [
            (&*format!("{origin}/"), &Value::Null),
            (
                &format!("{origin}/modules/module2"),
                &json!({ "module": "module2" })
            ),
            (
                &format!("{origin}/sequences/sequence3"),
                &json!({ "sequence": "sequence3" })
            ),
            (
                &format!("{origin}/grains/grain8"),
                &json!({ "grain": "grain8" })
            ),
        ]
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d10_a_gradebook_column_comes_with_each_item_unless_it_is_refused(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    for (accepts, expected) in [(Some(true), true), (None, true), (Some(false), false)] {
        let address = platform
            .open_with(&site, &mut browser, |claims| {
                as_deep_linking(claims);
                if let Some(accepts) = accepts {
                    claims[SETTINGS]["accept_lineitem"] = json!(accepts);
                }
            })
            .await;
        let mut dialog = Dialog {
            site: site.clone(),
            platform: platform.clone(),
            browser: browser.clone(),
            address,
        };
        let page = dialog.page().await;
        assert_eq!(page.text.contains("La note sera"), expected, "{accepts:?}");
        let items = dialog.items(&["course", "module2", "grain8"]).await;
        let found: Vec<_> = items.iter().map(|item| item.get("lineItem")).collect();
        let columns = [
            json!({ "scoreMaximum": 29, "label": items[0]["title"], "resourceId": "course", "tag": "course" }),
            json!({ "scoreMaximum": 7, "label": items[1]["title"], "resourceId": "module2", "tag": "module" }),
            json!({ "scoreMaximum": 1, "label": items[2]["title"], "resourceId": "grain8", "tag": "grain" }),
        ];
        let columns = columns.iter().map(|column| expected.then_some(column));
        assert_eq!(found, columns.collect::<Vec<_>>(), "{accepts:?}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d11_going_back_is_a_sound_answer_with_nothing_in_it(pool: PgPool) {
    let mut dialog = Dialog::open_with(pool, |settings| settings["data"] = json!("x")).await;
    let answer = dialog.cancel().await;
    assert!(answer.text.contains("Rien ne sera inséré"));
    let claims = dialog.claims(&answer).await;
    assert_eq!(claims[ITEMS], json!([]));
    assert_eq!(claims[DATA], "x");
    assert_eq!(dialog.site.count(SESSIONS).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d11_inserting_nothing_is_told_before_anything_is_sent(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    for choices in [&[][..], &["grain99"], &["grain8", "grain99"], &[""]] {
        let answer = dialog.insert(choices).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("rien n’a été transmis à Moodle"));
        assert!(!answer.text.contains("JWT"));
        let is_ticked = answer.text.contains(r#"value="grain8" checked"#);
        assert_eq!(is_ticked, choices.contains(&"grain8"));
        assert!(!answer.text.contains("grain99"));
    }
    let items = dialog.items(&["grain8"]).await;
    assert_eq!(items.len(), 1, "the dialog is still open");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d12_an_impossible_choice_is_told_to_teacher_and_admin_alike(pool: PgPool) {
    let mut dialog = Dialog::open_with(pool, |settings| {
        settings["accept_types"] = json!(["link"]);
    })
    .await;
    let answer = dialog.cancel().await;
    let claims = dialog.claims(&answer).await;
    let names: Vec<_> = claims.as_object().expect("claims").keys().collect();
    let prefix = "https://purl.imsglobal.org/spec/lti-dl/claim/";
    assert_eq!(
        names
            .iter()
            .filter_map(|name| name.strip_prefix(prefix))
            .collect::<Vec<_>>(),
        ["content_items", "errorlog", "errormsg"]
    );
    assert_eq!(
        claims[format!("{prefix}errormsg")],
        "Cet emplacement n’accepte pas d’activité."
    );
    assert!(
        claims[format!("{prefix}errorlog")]
            .as_str()
            .is_some_and(|log| log.contains("accept_types"))
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d13_a_button_sends_the_answer_where_scripts_do_not_run(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let page = dialog.page().await;
    assert_eq!(form_targets(&page).trim_end(), "'self'");
    let issuer = dialog.platform.issuer.clone();
    let answer = dialog.insert(&["grain8", "module2"]).await;
    let form = format!(
        r#"<form method="post" action="{issuer}/mod/lti/contentitem_return.php?course=2&#38;id=4&#38;sesskey=hush""#
    );
    assert!(answer.text.contains(&form), "{}", answer.text);
    assert!(
        answer
            .text
            .contains("<button class=\"button\">Continuer dans Moodle</button>")
    );
    assert!(!answer.text.contains("noscript"));
    assert!(answer.text.contains("Faire naître et éprouver une idée"));
    assert_eq!(form_targets(&answer), format!("'self' {issuer}"));
    let scripts: Vec<_> = answer.text.split("<script ").skip(1).collect();
    assert_eq!(scripts.len(), 1);
    let address = scripts[0]
        .strip_prefix("src=\"")
        .and_then(|rest| rest.split('"').next())
        .expect("a script of its own file");
    let script = dialog.browser.get(address).await;
    assert!(script.text.contains(".submit()"), "{address}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d14_a_placed_activity_opens_the_very_part_that_was_chosen(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let choices = ["course", "module2", "sequence3", "grain8"];
    let items = dialog.items(&choices).await;
    let paths = [
        "/",
        "/modules/module2",
        "/sequences/sequence3",
        "/grains/grain8",
    ];
    for (number, (item, path)) in items.iter().zip(paths).enumerate() {
        for with_custom in [true, false] {
            let Dialog {
                site,
                platform,
                browser,
                ..
            } = &mut dialog;
            let mut pairs = platform.login_pairs(site);
            pairs[1].1 = item["url"].as_str().expect("an address").to_owned();
            let mut pending = platform.login_as(site, browser, &pairs).await;
            let claims = &mut pending.claims;
            let lti = "https://purl.imsglobal.org/spec/lti/claim";
            claims[format!("{lti}/target_link_uri")] = item["url"].clone();
            claims[format!("{lti}/resource_link")]["id"] = json!(number.to_string());
            if with_custom {
                claims[format!("{lti}/custom")] = item["custom"].clone();
            }
            let token = KEY.sign(claims);
            let answer = platform.post(browser, &pending.state, &token).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
            let first = enter(browser, answer.location()).await;
            let place = &first[root_of(&first).len()..];
            assert_eq!(place, path, "{item}");
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d15_a_choice_is_sent_once(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    let answer = dialog.insert(&["grain8"]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(dialog.site.count(SESSIONS).await, 0, "the session is over");
    let again = dialog.insert(&["grain9"]).await;
    assert_eq!(again.status, StatusCode::UNAUTHORIZED);
    assert!(
        again.text.contains("<code>dialog-over</code>"),
        "{}",
        again.text
    );
    assert!(!again.text.contains("JWT"));
    let page = dialog.browser.get_framed(&dialog.address).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(page.text.contains("Ce choix n’est plus ouvert"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d15_of_two_choices_sent_together_one_is_sent(pool: PgPool) {
    let dialog = Dialog::open(pool).await;
    let (mut one, mut two) = (dialog.browser.clone(), dialog.browser.clone());
    let (first, second) = tokio::join!(
        one.post_form(&dialog.address, &[("choice", "grain8")]),
        two.post_form(&dialog.address, &[("choice", "grain9")]),
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::UNAUTHORIZED]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn d15_a_dialog_left_open_too_long_says_so(pool: PgPool) {
    let mut dialog = Dialog::open(pool).await;
    dialog.site.clock.advance(Duration::hours(2));
    let answer = dialog.insert(&["grain8"]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains("Ce choix n’est plus ouvert"));
}
