//! The token's header, its signature and the keys of its platform, rows J01 to J20.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::http::StatusCode;
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use mini_site::lti::store::list_platforms;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::refusal::Refusals;
use crate::support::{
    Answer, TestSite,
    platform::{FakePlatform, KEY, OTHER_KEY, unsigned},
};

async fn start(pool: PgPool) -> (TestSite, FakePlatform) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    (site, platform)
}

/// A whole launch whose token is made by `make` from the claims of a good one.
async fn launch(
    site: &TestSite,
    platform: &FakePlatform,
    make: impl FnOnce(&Value) -> String,
) -> Answer {
    let mut browser = site.browser();
    let pending = platform.login(site, &mut browser).await;
    let token = make(&pending.claims);
    platform.post(&mut browser, &pending.state, &token).await
}

async fn assert_opens(site: &TestSite, platform: &FakePlatform, make: fn(&Value) -> String) {
    let answer = launch(site, platform, make).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

/// A key set of one key, some of its members changed; `null` takes one away.
fn jwk(changes: &Value) -> Value {
    let mut jwk = KEY.jwk();
    for (name, value) in changes.as_object().expect("members") {
        jwk[name] = value.clone();
    }
    let members = jwk.as_object_mut().expect("an object");
    members.retain(|_, value| !value.is_null());
    jwk
}

/// A token of this header, signed by any key and algorithm.
fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = unsigned(&header.to_string(), &claims.to_string());
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("a signature");
    format!("{message}.{signature}")
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j01_a_token_that_names_no_key_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for kid in [json!(null), json!(""), json!(1), json!(["platform-key-1"])] {
        let answer = launch(&site, &platform, |claims| {
            KEY.sign_as(&json!({ "kid": kid }), claims)
        })
        .await;
        refusals.check(&answer, 401, "key-missing").await;
    }
    assert_eq!(platform.readings(), 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j02_a_key_that_is_not_published_is_looked_for_once_more_then_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    let refusals = Refusals::of(&site).await;
    let answer = launch(&site, &platform, |claims| OTHER_KEY.sign(claims)).await;
    refusals.check(&answer, 401, "key-unknown").await;
    assert_eq!(platform.readings(), 2);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j03_a_key_that_is_new_since_the_last_reading_is_found(pool: PgPool) {
    let (site, platform) = start(pool).await;
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    platform.publish(&[KEY.jwk(), OTHER_KEY.jwk()]);
    for key in [&*OTHER_KEY, &*OTHER_KEY, &*KEY] {
        let answer = launch(&site, &platform, |claims| key.sign(claims)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    }
    assert_eq!(platform.readings(), 2, "one reading more");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j03_a_key_that_was_withdrawn_opens_nothing_an_hour_later(pool: PgPool) {
    let (site, platform) = start(pool).await;
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    platform.publish(&[OTHER_KEY.jwk()]);
    site.clock.advance(Duration::hours(1));
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    let refusals = Refusals::of(&site).await;
    site.clock.advance(Duration::seconds(1));
    let answer = launch(&site, &platform, |claims| KEY.sign(claims)).await;
    refusals.check(&answer, 401, "key-unknown").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j04_a_rain_of_unknown_keys_causes_one_reading_a_minute(pool: PgPool) {
    let (site, platform) = start(pool).await;
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    let refusals = Refusals::of(&site).await;
    for rank in 0..10 {
        let answer = launch(&site, &platform, |claims| {
            KEY.sign_as(&json!({ "kid": format!("random-{rank}") }), claims)
        })
        .await;
        refusals.check(&answer, 401, "key-unknown").await;
        site.clock.advance(Duration::seconds(5));
    }
    assert_eq!(platform.readings(), 2, "one reading more");
    site.clock.advance(Duration::seconds(10));
    launch(&site, &platform, |claims| OTHER_KEY.sign(claims)).await;
    assert_eq!(platform.readings(), 3, "and one in the next minute");
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    assert_eq!(platform.readings(), 3, "none for a known key");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j04_launches_that_come_together_wait_for_one_reading(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let mut conn = site.pool.acquire().await.expect("a connection");
    let platforms = list_platforms(&mut conn).await.expect("a platform");
    // All three ask before the platform can have answered the first: it lives on this thread.
    let ask = || site.state.key_cache.find(&platforms[0], &KEY.kid);
    let (one, two, three) = tokio::join!(ask(), ask(), ask());
    for found in [one, two, three] {
        assert_eq!(found.expect("a key").len(), 1);
    }
    assert_eq!(platform.readings(), 1);
}

/// Overlaps with I03 and with each row about a claim that must be there: the first of them is told.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j05_a_signed_token_that_is_no_launch_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let body = json!({ "name": "badltilaunch" });
    let answer = launch(&site, &platform, |_| KEY.sign(&body)).await;
    refusals.check(&answer, 401, "claim-missing:iss").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j06_what_is_no_token_at_all_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let header = r#"{"alg":"RS256","kid":"platform-key-1"}"#;
    let good = KEY.sign(&platform.claims(&site, "nonce"));
    let (message, signature) = good.rsplit_once('.').expect("three parts");
    let (first, second) = message.split_once('.').expect("three parts");
    let mut texts = vec![
        ".".to_owned(),
        "..".to_owned(),
        "no token".to_owned(),
        message.to_owned(),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!("{first}=.{second}.{signature}"),
        format!("{first}.{second}.{signature}="),
        format!("{first}.{second}.{signature}+"),
        format!("{first}.é.{signature}"),
        format!("{first}. {second}.{signature}"),
    ];
    for part in [
        "",
        "[]",
        "\"text\"",
        "null",
        "1",
        "{",
        "{}{}",
        "{\"a\":\"\\ud800\"}",
    ] {
        texts.push(format!("{}.{signature}", unsigned(part, "{}")));
        let message = unsigned(header, part);
        let signature = crypto::sign(message.as_bytes(), &KEY.encoding, Algorithm::RS256);
        texts.push(format!("{message}.{}", signature.expect("a signature")));
    }
    let nested = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    texts.push(format!("{}.{signature}", unsigned(&nested, "{}")));
    for text in texts {
        let answer = launch(&site, &platform, |_| text).await;
        refusals.check(&answer, 401, "token-malformed").await;
    }
    assert_eq!(platform.readings(), 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j07_an_unsigned_token_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for alg in ["none", "None", "nOnE", "NONE", "", "rs256"] {
        for signature in ["", "AAAA"] {
            let header = json!({ "alg": alg, "kid": KEY.kid }).to_string();
            let answer = launch(&site, &platform, |claims| {
                format!("{}.{signature}", unsigned(&header, &claims.to_string()))
            })
            .await;
            refusals.check(&answer, 401, "algorithm").await;
        }
    }
    // The right name, and nothing behind it.
    let header = json!({ "alg": "RS256", "kid": KEY.kid }).to_string();
    let answer = launch(&site, &platform, |claims| {
        format!("{}.", unsigned(&header, &claims.to_string()))
    })
    .await;
    refusals.check(&answer, 401, "signature").await;
}

/// The public key of the platform, in each form in which somebody may take it for a secret.
fn public_key_bytes() -> [Vec<u8>; 3] {
    let base64: String = KEY
        .pem
        .lines()
        .filter(|line| !line.contains("KEY"))
        .collect();
    let private = BASE64_STANDARD.decode(base64).expect("base64");
    let pair = KeyPair::from_pkcs8(&private).expect("a key");
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().expect("SPKI");
    let spki = spki.as_ref().to_vec();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        BASE64_STANDARD.encode(&spki)
    );
    [pem.into_bytes(), spki, pair.public_key().as_ref().to_vec()]
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j08_the_public_key_is_no_secret_to_sign_with(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for bytes in public_key_bytes() {
        let key = EncodingKey::from_secret(&bytes);
        let header = json!({ "alg": "HS256", "kid": KEY.kid });
        let answer = launch(&site, &platform, |claims| {
            sign(&header, claims, &key, Algorithm::HS256)
        })
        .await;
        refusals.check(&answer, 401, "algorithm").await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j09_another_algorithm_than_rs256_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for (name, algorithm) in [
        ("RS384", Algorithm::RS384),
        ("RS512", Algorithm::RS512),
        ("PS256", Algorithm::PS256),
    ] {
        let header = json!({ "alg": name, "kid": KEY.kid });
        let answer = launch(&site, &platform, |claims| {
            sign(&header, claims, &KEY.encoding, algorithm)
        })
        .await;
        refusals.check(&answer, 401, "algorithm").await;
    }
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
    let der = der.expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref());
    let point = pair.expect("a key").public_key().as_ref().to_vec();
    let [x, y] = [&point[1..33], &point[33..]].map(|half| BASE64_URL_SAFE_NO_PAD.encode(half));
    platform.publish(&[json!({
        "kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "curve", "alg": "ES256", "use": "sig"
    })]);
    let key = EncodingKey::from_ec_der(der.as_ref());
    let header = json!({ "alg": "ES256", "kid": "curve" });
    let answer = launch(&site, &platform, |claims| {
        sign(&header, claims, &key, Algorithm::ES256)
    })
    .await;
    refusals.check(&answer, 401, "algorithm").await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j10_a_signature_by_another_key_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let answer = launch(&site, &platform, |claims| {
        OTHER_KEY.sign_as(&json!({ "kid": KEY.kid }), claims)
    })
    .await;
    refusals.check(&answer, 401, "signature").await;
}

/// The same check as J10, by the other half of what is signed.
#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j11_what_was_changed_after_the_signature_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": KEY.kid });
    let other_header = json!({ "alg": "RS256", "kid": KEY.kid, "typ": "JWT", "x": 1 });
    for is_header_changed in [false, true] {
        let answer = launch(&site, &platform, |claims| {
            let token = sign(&header, claims, &KEY.encoding, Algorithm::RS256);
            let (_, signature) = token.rsplit_once('.').expect("three parts");
            let mut claims = claims.clone();
            let mut header = &header;
            if is_header_changed {
                header = &other_header;
            } else {
                claims["sub"] = json!("3");
            }
            let message = unsigned(&header.to_string(), &claims.to_string());
            format!("{message}.{signature}")
        })
        .await;
        refusals.check(&answer, 401, "signature").await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j12_a_key_that_the_token_brings_along_is_ignored(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let attacker = FakePlatform::start(&site).await;
    attacker.publish(&[
        OTHER_KEY.jwk(),
        jwk(&json!({ "kid": KEY.kid, "n": OTHER_KEY.jwk()["n"] })),
    ]);
    let address = format!("{}/certs.php", attacker.issuer);
    let refusals = Refusals::of(&site).await;
    for (kid, code) in [(&OTHER_KEY.kid, "key-unknown"), (&KEY.kid, "signature")] {
        for (name, value) in [
            ("jku", json!(address)),
            ("x5u", json!(address)),
            ("jwk", OTHER_KEY.jwk()),
            ("x5c", json!(["MIIB"])),
        ] {
            let fields = json!({ "kid": kid, name: value });
            let answer = launch(&site, &platform, |claims| {
                OTHER_KEY.sign_as(&fields, claims)
            })
            .await;
            refusals.check(&answer, 401, code).await;
        }
    }
    assert_eq!(attacker.readings(), 0);
    // What is ignored does no harm to a good token either.
    let fields = json!({ "jku": address, "jwk": OTHER_KEY.jwk() });
    let answer = launch(&site, &platform, |claims| KEY.sign_as(&fields, claims)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j13_an_extension_that_must_be_understood_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for fields in [
        json!({ "crit": ["http://example.org/unknown"], "http://example.org/unknown": true }),
        json!({ "crit": ["b64"], "b64": true }),
        json!({ "crit": [] }),
    ] {
        let answer = launch(&site, &platform, |claims| KEY.sign_as(&fields, claims)).await;
        refusals.check(&answer, 401, "algorithm").await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j14_a_published_key_that_may_not_sign_is_left_aside(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let modulus = BASE64_URL_SAFE_NO_PAD
        .decode(KEY.jwk()["n"].as_str().expect("a modulus"))
        .expect("base64url");
    let short = BASE64_URL_SAFE_NO_PAD.encode(&modulus[..255]);
    let padded = BASE64_URL_SAFE_NO_PAD.encode([&[0; 1][..], &modulus[..255]].concat());
    for changes in [
        json!({ "use": "enc" }),
        json!({ "kty": "EC" }),
        json!({ "kty": "oct", "k": "c2VjcmV0" }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "RSA-OAEP" }),
        json!({ "n": short }),
        json!({ "n": padded }),
        json!({ "n": "AQAB" }),
        json!({ "n": "" }),
        json!({ "n": null }),
        json!({ "e": null }),
        json!({ "kid": null }),
        json!({ "kid": 7 }),
    ] {
        platform.publish(&[jwk(&changes)]);
        site.clock.advance(Duration::minutes(2));
        let answer = launch(&site, &platform, |claims| KEY.sign(claims)).await;
        refusals.check(&answer, 401, "key-unknown").await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j15_of_two_keys_of_one_name_exactly_one_must_have_signed(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let namesake = jwk(&json!({ "n": OTHER_KEY.jwk()["n"] }));
    platform.publish(&[namesake.clone(), KEY.jwk()]);
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    let refusals = Refusals::of(&site).await;
    for keys in [[KEY.jwk(), KEY.jwk()], [namesake.clone(), namesake]] {
        let fresh = TestSite::in_production(site.pool.clone()).await;
        platform.publish(&keys);
        let answer = launch(&fresh, &platform, |claims| KEY.sign(claims)).await;
        refusals.check(&answer, 401, "signature").await;
    }
    // A key of another name is not tried.
    let fresh = TestSite::in_production(site.pool.clone()).await;
    platform.publish(&[KEY.jwk(), OTHER_KEY.jwk()]);
    let answer = launch(&fresh, &platform, |claims| {
        OTHER_KEY.sign_as(&json!({ "kid": KEY.kid }), claims)
    })
    .await;
    refusals.check(&answer, 401, "signature").await;
}

/// Answers that are no key set, though a good key stands in each.
fn bad_answers() -> [(StatusCode, String); 4] {
    let set = json!({ "keys": [KEY.jwk()] }).to_string();
    let padding = " ".repeat(10 * 1024 * 1024);
    [
        (StatusCode::INTERNAL_SERVER_ERROR, set.clone()),
        (StatusCode::NOT_FOUND, set.clone()),
        (StatusCode::OK, format!("<!DOCTYPE html><pre>{set}</pre>")),
        (StatusCode::OK, format!("{padding}{set}")),
    ]
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j16_without_keys_the_launch_waits_for_better_times(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let mut browser = site.browser();
    let pending = platform.login(&site, &mut browser).await;
    let token = KEY.sign(&pending.claims);
    let mut readings = 0;
    for (status, body) in bad_answers() {
        platform.set_keys(status, body);
        readings += 1;
        // The second time the platform is not asked: it has failed a moment ago.
        for _ in 0..2 {
            let answer = platform.post(&mut browser, &pending.state, &token).await;
            refusals.check(&answer, 503, "keys-unavailable").await;
            assert_eq!(answer.header("retry-after"), "5");
            assert_eq!(platform.readings(), readings);
        }
        site.clock.advance(Duration::seconds(1));
    }
    platform.publish(&[KEY.jwk()]);
    let answer = platform.post(&mut browser, &pending.state, &token).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j16_a_platform_that_takes_no_connection_makes_the_launch_wait(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    site.execute("UPDATE lti_platforms SET jwks_url = 'http://127.0.0.1:1/certs.php'")
        .await;
    let answer = launch(&site, &platform, |claims| KEY.sign(claims)).await;
    refusals.check(&answer, 503, "keys-unavailable").await;
    assert_eq!(platform.readings(), 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j16_a_remembered_key_opens_whatever_the_platform_answers(pool: PgPool) {
    let (site, platform) = start(pool).await;
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    for (rank, (status, body)) in (2..).zip(bad_answers()) {
        platform.set_keys(status, body);
        assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
        let refusals = Refusals::of(&site).await;
        // A key that is not remembered may be a new one: nobody can tell now.
        for _ in 0..2 {
            let answer = launch(&site, &platform, |claims| OTHER_KEY.sign(claims)).await;
            refusals.check(&answer, 503, "keys-unavailable").await;
            assert_eq!(platform.readings(), rank);
        }
        site.clock.advance(Duration::seconds(1));
    }
    // Even when the set is so old that it was to be read again.
    site.clock.advance(Duration::hours(2));
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    assert_eq!(platform.readings(), 6);
    platform.publish(&[KEY.jwk(), OTHER_KEY.jwk()]);
    site.clock.advance(Duration::seconds(1));
    assert_opens(&site, &platform, |claims| OTHER_KEY.sign(claims)).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j16_a_remembered_key_waits_for_no_reading(pool: PgPool) {
    let (site, platform) = start(pool).await;
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    platform.silence_keys();
    let waiting = {
        let (site, platform) = (site.clone(), platform.clone());
        tokio::spawn(async move {
            launch(&site, &platform, |claims| OTHER_KEY.sign(claims)).await;
        })
    };
    while platform.readings() < 2 {
        tokio::task::yield_now().await;
    }
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
    assert!(!waiting.is_finished(), "the other one still waits");
    waiting.abort();
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j17_keys_are_read_where_they_are_registered_and_nowhere_else(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let elsewhere = FakePlatform::start(&site).await;
    let refusals = Refusals::of(&site).await;
    platform.redirect_keys(&format!("{}/certs.php", elsewhere.issuer));
    let answer = launch(&site, &platform, |claims| KEY.sign(claims)).await;
    refusals.check(&answer, 503, "keys-unavailable").await;
    assert_eq!(platform.readings(), 1);
    assert_eq!(elsewhere.readings(), 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j17_keys_on_a_private_network_are_not_read(pool: PgPool) {
    let site = TestSite::in_production_with(pool, "LTI_ALLOW_PRIVATE_NETWORKS", "false").await;
    let platform = FakePlatform::start(&site).await;
    let refusals = Refusals::of(&site).await;
    let answer = launch(&site, &platform, |claims| KEY.sign(claims)).await;
    refusals.check(&answer, 503, "keys-unavailable").await;
    assert_eq!(platform.readings(), 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j18_a_key_need_not_say_its_algorithm_nor_its_use(pool: PgPool) {
    let (site, platform) = start(pool).await;
    platform.publish(&[jwk(&json!({ "alg": null, "use": null }))]);
    assert_opens(&site, &platform, |claims| KEY.sign(claims)).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j19_an_endless_token_is_not_looked_at(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    let with_size = |claims: &Value, size: usize| {
        let mut claims = claims.clone();
        claims["padding"] = json!("x".repeat(size * 3 / 4));
        KEY.sign(&claims)
    };
    let answer = launch(&site, &platform, |claims| with_size(claims, 30 * 1024)).await;
    refusals.check(&answer, 401, "token-too-long").await;
    assert_eq!(platform.readings(), 0);
    let answer = launch(&site, &platform, |claims| with_size(claims, 16 * 1024)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn j20_a_token_within_the_token_or_an_encrypted_one_is_refused(pool: PgPool) {
    let (site, platform) = start(pool).await;
    let refusals = Refusals::of(&site).await;
    for fields in [
        json!({ "cty": "JWT" }),
        json!({ "enc": "A128GCM" }),
        json!({ "zip": "DEF" }),
    ] {
        let answer = launch(&site, &platform, |claims| KEY.sign_as(&fields, claims)).await;
        refusals.check(&answer, 401, "algorithm").await;
    }
    let header = json!({ "alg": "RSA-OAEP", "enc": "A128GCM", "kid": KEY.kid }).to_string();
    let header = BASE64_URL_SAFE_NO_PAD.encode(header);
    let encrypted = format!("{header}.AAAA.AAAA.AAAA.AAAA");
    let answer = launch(&site, &platform, |_| encrypted).await;
    refusals.check(&answer, 401, "token-malformed").await;
}
