//! Dynamic registration: an admin follows an invitation, and a platform is known, pending.

use axum::http::StatusCode;
use mini_site::lti::{
    client::PlatformClient,
    registration::{PlatformConfiguration, RegistrationError},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use url::Url;

use crate::support::{
    Answer, TestSite,
    platform::registrar::{Registrar, invite},
};

const PLATFORMS: &str = "SELECT count(*) FROM lti_platforms";

/// Opens the registration page of a new invitation, as the platform's frame does.
async fn register(site: &TestSite, registrar: &Registrar) -> Answer {
    let code = invite(site).await;
    let address = registrar.address(&code, Some("one.time.token"));
    site.browser().get(&address).await
}

/// Registers at a platform that was changed first, and must be refused at this check.
async fn refused(pool: PgPool, change: impl FnOnce(&Registrar), code: &str) -> Answer {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    change(&registrar);
    let address = registrar.address(&invite(&site).await, Some("one.time.token"));
    let answer = site.browser().get(&address).await;
    assert!(answer.status.is_client_error(), "{}", answer.text);
    assert!(
        answer.text.contains(&format!("<code>{code}</code>")),
        "{}",
        answer.text
    );
    assert!(!answer.text.contains("one.time.token"));
    assert_eq!(site.count(PLATFORMS).await, 0);
    registrar.configure(|configuration| *configuration = json!({}));
    let again = site.browser().get(&address).await;
    assert!(
        again
            .text
            .contains("<code>registration-configuration</code>"),
        "still open"
    );
    answer
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn what_is_posted_is_what_moodle_wants(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    let page = register(&site, &registrar).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let seen = registrar.seen();
    let posted = seen.last().expect("a registration");
    assert_eq!(posted.content_type.as_deref(), Some("application/json"));
    let launch = "https://cours.example.org/lti/launch";
    let mut body = posted.body.clone();
    let scope = body["scope"].take();
    assert_eq!(
        body,
        json!({
            "application_type": "web",
            "response_types": ["id_token"],
            "grant_types": ["implicit", "client_credentials"],
            "initiate_login_uri": "https://cours.example.org/lti/login",
            "redirect_uris": [launch],
            "client_name": "Innover à l’université",
            "jwks_uri": "https://cours.example.org/.well-known/jwks.json",
            "token_endpoint_auth_method": "private_key_jwt",
            "logo_uri": "https://cours.example.org/assets/img/favicon.svg",
            "scope": null,
            "https://purl.imsglobal.org/spec/lti-tool-configuration": {
                "domain": "cours.example.org",
                "target_link_uri": launch,
                "description": site.state.catalogue.course.subtitle,
                "claims": ["iss", "sub", "name", "given_name", "family_name", "email"],
                "messages": [
                    { "type": "LtiResourceLinkRequest", "target_link_uri": launch },
                    { "type": "LtiDeepLinkingRequest", "target_link_uri": launch, "label": "Choisir une partie du cours" }
                ]
            }
        })
    );
    let mut scopes: Vec<_> = scope.as_str().expect("a text").split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(
        scopes,
        [
            "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
            "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
            "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
            "https://purl.imsglobal.org/spec/lti-ags/scope/score",
            "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
        ]
    );
    let logo = body["logo_uri"].as_str().expect("an address");
    let path = logo
        .strip_prefix("https://cours.example.org")
        .expect("ours");
    let picture = site.browser().get(path).await;
    assert_eq!(picture.status, StatusCode::OK);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k04_a_configuration_whose_issuer_lives_elsewhere_is_refused(pool: PgPool) {
    let change = |registrar: &Registrar| {
        registrar.configure(|configuration| {
            configuration["issuer"] = json!("https://moodle.example.org");
        });
    };
    let page = refused(pool, change, "registration-foreign-issuer").await;
    assert!(page.text.contains("vérification de la configuration"));
}

#[test]
fn k05_an_endpoint_on_http_or_on_a_private_network_is_refused() {
    let client = PlatformClient::new(false).expect("certificates");
    let from = Url::parse("https://moodle.example.org/config").expect("an address");
    let sound = json!({
        "issuer": "https://moodle.example.org",
        "authorization_endpoint": "https://moodle.example.org/auth.php",
        "token_endpoint": "https://moodle.example.org/token.php",
        "jwks_uri": "https://moodle.example.org/certs.php",
        "registration_endpoint": "https://moodle.example.org/register.php",
    });
    assert!(PlatformConfiguration::read(&sound, &from, &client).is_ok());
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "registration_endpoint",
    ] {
        for address in [
            "http://moodle.example.org/a",
            "https://10.0.0.5/a",
            "https://[::1]/a",
            "https://localhost/a",
            "file:///etc/passwd",
        ] {
            let mut changed = sound.clone();
            changed[name] = json!(address);
            let verdict = PlatformConfiguration::read(&changed, &from, &client);
            assert!(
                matches!(verdict, Err(RegistrationError::Endpoint(found, _)) if found == name),
                "{name} {address}: {verdict:?}"
            );
        }
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k05_a_bad_endpoint_is_not_asked_and_the_page_names_it(pool: PgPool) {
    let change = |registrar: &Registrar| {
        registrar.configure(|configuration| {
            configuration["jwks_uri"] = json!("ftp://127.0.0.1/certs");
        });
    };
    let page = refused(pool, change, "registration-endpoint:jwks_uri").await;
    assert!(page.text.contains("publique et en https"), "{}", page.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k05_a_configuration_on_a_private_network_is_not_read(pool: PgPool) {
    let site = TestSite::in_production_with(pool, "LTI_ALLOW_PRIVATE_NETWORKS", "false").await;
    let registrar = Registrar::start(&site).await;
    let page = register(&site, &registrar).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text
            .contains("<code>registration-configuration</code>"),
        "{}",
        page.text
    );
    assert!(registrar.seen().is_empty());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k06_a_registration_token_goes_to_the_registration_endpoint_alone(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    assert_eq!(register(&site, &registrar).await.status, StatusCode::OK);
    let seen = registrar.seen();
    let told: Vec<_> = seen
        .iter()
        .map(|seen| (seen.path, seen.authorization.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("/openid-configuration", None),
            ("/openid-registration.php", Some("Bearer one.time.token")),
        ]
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k06_a_platform_that_sends_no_token_is_registered_too(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    let address = registrar.address(&invite(&site).await, None);
    let page = site.browser().get(&address).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert_eq!(
        registrar
            .seen()
            .last()
            .expect("a registration")
            .authorization,
        None
    );
    assert_eq!(site.count(PLATFORMS).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k07_a_platform_that_is_known_is_not_overwritten(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    assert_eq!(register(&site, &registrar).await.status, StatusCode::OK);
    site.execute("UPDATE lti_platforms SET status = 'approved', name = 'Le nôtre'")
        .await;
    registrar.configure(|configuration| {
        configuration["token_endpoint"] = json!("http://127.0.0.1/elsewhere");
    });
    let code = invite(&site).await;
    let address = registrar.address(&code, None);
    let page = site.browser().get(&address).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    assert!(page.text.contains("déjà enregistré ici"), "{}", page.text);
    let untouched = "SELECT count(*) FROM lti_platforms WHERE status = 'approved' AND name = 'Le nôtre' \
                     AND token_url LIKE '%/token.php'";
    assert_eq!(site.count(untouched).await, 1);
    assert_eq!(site.count(PLATFORMS).await, 1);
    let open = "SELECT count(*) FROM internal.lti_invites WHERE used_at IS NULL";
    assert_eq!(
        site.count(open).await,
        1,
        "the invitation serves another platform"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k08_the_page_closes_itself_and_says_what_comes_next(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    let page = register(&site, &registrar).await;
    let id: String = sqlx::query_scalar("SELECT left(id::text, 8) FROM lti_platforms")
        .fetch_one(&site.pool)
        .await
        .expect("a platform");
    for words in [
        "Vous pouvez fermer cette page".to_owned(),
        format!("mini-site lti approve {id}"),
        "Manage tools".to_owned(),
        "Activate".to_owned(),
        "Show in activity chooser and as a preconfigured tool".to_owned(),
    ] {
        assert!(page.text.contains(&words), "{words}: {}", page.text);
    }
    assert!(
        !page.text.contains("<script>"),
        "the policy allows no inline script"
    );
    let (_, rest) = page.text.split_once("<script src=\"").expect("a script");
    let (script, _) = rest.split_once('"').expect("an address");
    let script = site.browser().get(script).await;
    assert_eq!(script.status, StatusCode::OK);
    assert!(
        script
            .text
            .contains("{ subject: 'org.imsglobal.lti.close' }")
    );
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k08_a_failure_does_not_close_the_page(pool: PgPool) {
    let change = |registrar: &Registrar| {
        registrar.answer(
            StatusCode::UNAUTHORIZED,
            json!({ "error": "Expired <b>token</b>" }),
        );
    };
    let page = refused(pool, change, "registration-announcement").await;
    assert!(!page.text.contains("<script"), "{}", page.text);
    assert!(page.text.contains("demande d’enregistrement"));
    assert!(page.text.contains("une erreur 401"));
    assert!(
        page.text.contains("Expired &#60;b&#62;token"),
        "{}",
        page.text
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn k09_a_new_registration_opens_nothing_until_it_is_approved(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    assert_eq!(register(&site, &registrar).await.status, StatusCode::OK);
    let pending = "SELECT count(*) FROM lti_platforms p JOIN lti_deployments d ON d.platform_id = p.id \
                   WHERE p.status = 'pending' AND p.product = 'moodle' AND p.token_audience IS NULL \
                   AND d.external_id = '4' AND d.status = 'approved'";
    assert_eq!(site.count(pending).await, 1);
    let platform = &registrar.platform;
    let mut browser = site.browser();
    let login = browser
        .post_from(&platform.issuer, "/lti/login", &platform.login_pairs(&site))
        .await;
    assert_eq!(login.status, StatusCode::FORBIDDEN);
    site.execute("UPDATE lti_platforms SET status = 'approved'")
        .await;
    let home = platform.open(&site, &mut browser).await;
    let page = browser.get_framed(&home).await;
    assert!(page.text.contains("Élodie Lefèvre"), "{}", page.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_platform_that_tells_no_deployment_is_registered_without_one(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    registrar.answer(StatusCode::CREATED, json!({ "client_id": "c" }));
    assert_eq!(register(&site, &registrar).await.status, StatusCode::OK);
    assert_eq!(site.count(PLATFORMS).await, 1);
    assert_eq!(site.count("SELECT count(*) FROM lti_deployments").await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_platform_names_the_audience_of_assertions_where_it_wants_another(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    registrar.configure(|configuration| {
        configuration["authorization_server"] = json!("https://auth.example.org");
    });
    assert_eq!(register(&site, &registrar).await.status, StatusCode::OK);
    let told =
        "SELECT count(*) FROM lti_platforms WHERE token_audience = 'https://auth.example.org'";
    assert_eq!(site.count(told).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_parameter_that_stands_there_twice_is_refused(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    let code = invite(&site).await;
    for name in ["invite", "openid_configuration", "registration_token"] {
        let address = registrar.address(&code, Some("a"));
        let page = site.browser().get(&format!("{address}&{name}=b")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        let check = format!("<code>registration-parameter:{name}</code>");
        assert!(page.text.contains(&check), "{name}: {}", page.text);
    }
    assert!(registrar.seen().is_empty());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_field_that_is_missing_is_named(pool: PgPool) {
    let change = |registrar: &Registrar| {
        registrar.configure(|configuration| {
            configuration["token_endpoint"] = Value::Null;
        });
    };
    let page = refused(pool, change, "registration-configuration").await;
    assert!(page.text.contains("token_endpoint"), "{}", page.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_answer_without_a_client_id_registers_nothing(pool: PgPool) {
    let change = |registrar: &Registrar| registrar.answer(StatusCode::OK, json!({}));
    let page = refused(pool, change, "registration-announcement").await;
    assert!(page.text.contains("client_id"), "{}", page.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn this_page_alone_may_stand_in_a_frame_of_a_platform_that_is_not_known(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    let mut browser = site.browser();
    let refused = browser.get(&registrar.address("guessed", None)).await;
    let done = register(&site, &registrar).await;
    assert_eq!(
        (refused.status, done.status),
        (StatusCode::FORBIDDEN, StatusCode::OK)
    );
    for page in [refused, done] {
        let ancestors = ["https://pages.example.org", &registrar.origin];
        assert_eq!(page.frame_ancestors(), ancestors);
    }
    let home = browser.get("/").await;
    assert_eq!(home.frame_ancestors(), ["https://pages.example.org"]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn looking_at_an_invitation_does_not_use_it_up(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let registrar = Registrar::start(&site).await;
    let address = registrar.address(&invite(&site).await, Some("one.time.token"));
    let answer = site.browser().head(&address).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "GET");
    assert!(registrar.seen().is_empty(), "the platform hears nothing");
    assert_eq!(site.count(PLATFORMS).await, 0);
    let answer = site.browser().get(&address).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}
