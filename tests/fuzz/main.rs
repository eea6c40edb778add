//! Whatever arrives: the readers of tokens, key sets and forms never panic, and take nothing for
//! signed that is not.
//!
//! `PROPTEST_CASES=100000 cargo test --test fuzz` tries harder than the few hundred cases of the
//! usual run.

mod arbitrary;
mod platform;

use arbitrary::{any_json, changed, damaged, text};
use jsonwebtoken::{Algorithm, EncodingKey};
use mini_site::{
    embed,
    lti::{
        key_set::KeySet,
        launch::{self, Launch, Message, Wanted},
        login::{LoginRequest, LoginSecrets, authorization_address},
    },
};
use platform::{
    CLAIM, CLAIMS, EMBED_CLAIMS, EMBED_HEADER, GOOD, GOOD_EMBED, HEADER, ISSUER, JWK, KEY, KEYS,
    KID, NONCE, NOW, OTHER_KEY, PLATFORM, SECRET, SITE, base64url, judge, keys_of, message, signed,
};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use time::Duration;
use url::{Url, form_urlencoded};

/// Parameters of a login.
const PARAMETERS: &[&str] = &[
    "iss",
    "login_hint",
    "target_link_uri",
    "client_id",
    "lti_message_hint",
    "lti_deployment_id",
];

fn config(factor: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.saturating_mul(factor),
        failure_persistence: None,
        ..usual
    }
}

#[test]
fn what_all_of_this_starts_from_is_good() {
    judge(&GOOD, &KEYS).expect("a good launch");
    embed::verify(&GOOD_EMBED, &SECRET, NOW).expect("a good token");
}

proptest! {
    #![proptest_config(config(4))]

    #[test]
    fn any_text_is_no_token(text in text()) {
        assert!(launch::read_header(&text).is_err());
        assert!(embed::verify(&text, &SECRET, NOW).is_err());
    }

    #[test]
    fn a_header_that_is_taken_names_a_key_and_rs256(
        header in prop_oneof![any_json(), changed(&HEADER)],
        signature in vec(any::<u8>(), 0..300),
    ) {
        check_header(&header, &signature);
    }

    #[test]
    fn a_damaged_token_is_refused(token in damaged(&GOOD)) {
        prop_assume!(token != *GOOD);
        assert!(judge(&token, &KEYS).is_err());
    }

    #[test]
    fn a_damaged_iframe_token_is_refused(token in damaged(&GOOD_EMBED)) {
        prop_assume!(token != *GOOD_EMBED);
        assert!(embed::verify(&token, &SECRET, NOW).is_err());
    }

    #[test]
    fn an_iframe_token_without_our_signature_is_refused(
        header in prop_oneof![any_json(), changed(&EMBED_HEADER)],
        claims in changed(&EMBED_CLAIMS),
        signature in vec(any::<u8>(), 0..64),
    ) {
        let key = EncodingKey::from_secret(b"another secret of thirty-two bytes or more");
        let elsewhere = signed(&header, &claims, &key, Algorithm::HS256);
        let invented = format!("{}.{}", message(&header, &claims), base64url(signature));
        for token in [elsewhere, invented] {
            assert!(embed::verify(&token, &SECRET, NOW).is_err());
        }
    }

    #[test]
    fn any_claims_of_an_iframe_token_are_judged(
        claims in prop_oneof![any_json(), changed(&EMBED_CLAIMS)],
    ) {
        check_embed_claims(&claims);
    }

    #[test]
    fn any_bytes_are_read_as_a_key_set(bytes in vec(any::<u8>(), 0..200)) {
        drop(KeySet::from_json(&bytes));
    }

    #[test]
    fn keys_of_a_set_verify_what_they_signed_alone(
        keys in vec(prop_oneof![any_json(), changed(&JWK)], 0..4),
    ) {
        check_keys(&keys);
    }

    #[test]
    fn any_form_begins_a_login_or_is_refused(
        pairs in vec((select(PARAMETERS), text()), 0..9),
        bytes in vec(any::<u8>(), 0..60),
    ) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        let good = PARAMETERS.iter().skip(pairs.len()).map(|name| (*name, SITE));
        form.extend_pairs(pairs).extend_pairs(good);
        let body = [form.finish().as_bytes(), b"&", &bytes].concat();
        check_form(&body);
    }

    #[test]
    fn any_path_asks_for_some_part_of_a_course(path in text()) {
        let wanted = Wanted::from_path(&path);
        assert_eq!(wanted.kind == "course", wanted.id.is_none());
    }
}

proptest! {
    // Each of these is signed by a real key.
    #![proptest_config(config(2))]

    #[test]
    fn any_claims_of_the_platform_are_judged(claims in prop_oneof![any_json(), changed(&CLAIMS)]) {
        if let Ok(launch) = judge(&signed(&HEADER, &claims, &KEY, Algorithm::RS256), &KEYS) {
            check_launch(&launch, &claims);
        }
    }

    #[test]
    fn a_token_signed_by_somebody_else_is_refused(
        header in changed(&HEADER),
        claims in changed(&CLAIMS),
    ) {
        let token = signed(&header, &claims, &OTHER_KEY, Algorithm::RS256);
        assert!(judge(&token, &KEYS).is_err());
    }
}

/// A header with any signature behind it: none of them is the platform's.
fn check_header(fields: &Value, signature: &[u8]) {
    let token = format!("{}.{}", message(fields, &CLAIMS), base64url(signature));
    if let Ok(header) = launch::read_header(&token) {
        assert_eq!(fields["alg"], "RS256");
        assert_eq!(fields["kid"], header.kid);
        for name in ["crit", "cty", "enc", "zip"] {
            assert!(fields.get(name).is_none(), "{name}");
        }
    }
    assert!(judge(&token, &KEYS).is_err());
}

fn check_embed_claims(claims: &Value) {
    let key = EncodingKey::from_secret(SECRET.bytes());
    let token = signed(&EMBED_HEADER, claims, &key, Algorithm::HS256);
    let Ok(token) = embed::verify(&token, &SECRET, NOW) else {
        return;
    };
    assert!(token.expires_at > NOW - Duration::minutes(1));
    assert!(token.expires_at <= NOW + embed::MAX_LIFETIME + Duration::minutes(1));
    let is_path = |path: &str| path.starts_with('/') && !path.starts_with("//");
    assert!(token.target.as_deref().is_none_or(is_path));
    for text in [token.name, token.email, token.id].into_iter().flatten() {
        assert!(!text.contains(char::is_control));
    }
}

/// The keys of a set are those that may sign, and a launch is good when its key is among them.
fn check_keys(keys: &[Value]) {
    let found = keys_of(&json!({ "keys": keys }));
    let fits = |key: &&Value| {
        let is = |name: &str, value: &str| key.get(name).is_some_and(|known| known == value);
        let may_be =
            |name: &str, value: &str| key.get(name).is_none_or(Value::is_null) || is(name, value);
        is("kid", KID) && is("kty", "RSA") && may_be("alg", "RS256") && may_be("use", "sig")
    };
    let mut fitting = keys.iter().filter(fits);
    assert!(found.len() <= fitting.clone().count());
    let is_published = fitting.any(|key| key["n"] == JWK["n"] && key["e"] == JWK["e"]);
    assert!(judge(&GOOD, &found).is_err() || is_published);
}

/// A form that begins a login is whole and unambiguous, and its hints go back as they came.
fn check_form(body: &[u8]) {
    let pairs: Vec<_> = form_urlencoded::parse(body).into_owned().collect();
    let Ok(request) = LoginRequest::from_pairs(&pairs) else {
        return;
    };
    for name in ["iss", "login_hint", "target_link_uri"] {
        assert_eq!(pairs.iter().filter(|(known, _)| known == name).count(), 1);
    }
    assert!(!request.issuer.contains(char::is_control));
    let site = Url::parse(SITE).expect("an address");
    if request.check_target(&site).is_ok() {
        let target = Url::parse(&request.target_link_uri).expect("it was checked");
        assert_eq!(target.origin(), site.origin());
    }
    let secrets = LoginSecrets::random().expect("random bytes");
    let redirect_uri = format!("{SITE}/lti/launch");
    let address = authorization_address(&PLATFORM, &request, &secrets, &redirect_uri);
    let address = address.expect("the registered address is one");
    let own = format!("{}&", PLATFORM.authorization_url);
    assert!(address.as_str().starts_with(&own));
    let asked: Vec<_> = address.query_pairs().into_owned().collect();
    for (name, value) in [
        ("login_hint", Some(request.login_hint)),
        ("lti_message_hint", request.message_hint),
        ("state", Some(secrets.state)),
        ("redirect_uri", Some(redirect_uri)),
    ] {
        let found = asked.iter().filter(|(known, _)| known == name);
        assert!(found.map(|(_, value)| value).eq(value.iter()), "{name}");
    }
}

/// What is true of every launch that is accepted, whatever its claims.
fn check_launch(launch: &Launch, claims: &Value) {
    let lti = |name: &str| &claims[format!("{CLAIM}{name}")];
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["nonce"], NONCE);
    assert_eq!(lti("version"), "1.3.0");
    assert_eq!(lti("deployment_id"), "4");
    assert_eq!(launch.deployment, "4");
    assert_eq!(claims["sub"], launch.subject.as_str());
    let is_us = |value: &Value| value == "client-1";
    let audiences = claims["aud"].as_array();
    assert!(is_us(&claims["aud"]) || audiences.is_some_and(|all| all.iter().any(is_us)));
    let moment = |name: &str| claims[name].as_f64().expect("a time");
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds of this century are exact"
    )]
    let now = NOW.unix_timestamp() as f64;
    assert!(moment("exp") + 60.0 >= now && moment("iat") <= now + 60.0);
    for text in [&launch.name, &launch.email].into_iter().flatten() {
        assert!(!text.contains(char::is_control) && text.chars().count() <= 320);
    }
    let origin = |text: &str| Url::parse(text).map(|url| url.origin().ascii_serialization());
    let leads_there = |text: &str| origin(text).is_ok_and(|origin| origin == ISSUER);
    let return_url = launch.presentation.return_url.as_deref();
    assert!(return_url.is_none_or(leads_there));
    match &launch.message {
        Message::ResourceLink(link) => {
            assert!((1..=255).contains(&link.id.chars().count()));
            let column = link.gradebook.as_ref();
            let host = Some("moodle.example.org");
            assert!(column.is_none_or(|column| column.line_item_url.host_str() == host));
        }
        Message::DeepLinking(settings) => assert!(leads_there(&settings.return_url)),
    }
}
