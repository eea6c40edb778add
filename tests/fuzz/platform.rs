//! A platform, a good launch of it and a good iframe token: what everything is held against.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, jwk::Jwk};
use mini_site::{
    config::Secret,
    lti::{
        GradePolicy, Platform, PlatformId, PlatformStatus,
        key_set::{KeySet, PlatformKey},
        launch::{self, Expected, Launch, LaunchError},
        login::Login,
    },
    sealing,
};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, macros::datetime};
use url::Url;
use uuid::Uuid;

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-14 09:00 UTC);
pub(crate) const SITE: &str = "https://cours.example.org";
pub(crate) const ISSUER: &str = "https://moodle.example.org";
pub(crate) const NONCE: &str = "2c3f5e2f-3dd9-49f6-a75c-92d4d31673ba";
pub(crate) const KID: &str = "platform-key-1";
pub(crate) const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";

/// The key of the platform.
pub(crate) static KEY: LazyLock<EncodingKey> = LazyLock::new(new_key);

/// A key of somebody else.
pub(crate) static OTHER_KEY: LazyLock<EncodingKey> = LazyLock::new(new_key);

/// The secret of iframe tokens.
pub(crate) static SECRET: LazyLock<Secret> =
    LazyLock::new(|| Secret::from_text("a secret of tests, thirty-two bytes or more"));

fn new_key() -> EncodingKey {
    let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
    let pem = BASE64_STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
    EncodingKey::from_rsa_pem(pem.as_bytes()).expect("an RSA key")
}

/// The public part of the platform's key, as its key set holds it.
pub(crate) static JWK: LazyLock<Value> = LazyLock::new(|| {
    let jwk = Jwk::from_encoding_key(&KEY, Algorithm::RS256).expect("a public key");
    let mut jwk = serde_json::to_value(jwk).expect("JSON");
    jwk["kid"] = json!(KID);
    jwk["use"] = json!("sig");
    jwk["alg"] = json!("RS256");
    jwk
});

pub(crate) static KEYS: LazyLock<Vec<PlatformKey>> =
    LazyLock::new(|| keys_of(&json!({ "keys": [&*JWK] })));

/// The keys of a set that bear the name of the platform's key.
pub(crate) fn keys_of(set: &Value) -> Vec<PlatformKey> {
    KeySet::from_json(set.to_string().as_bytes()).map_or_else(|_| Vec::new(), |set| set.named(KID))
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The part of a token that is signed.
pub(crate) fn message(header: &Value, claims: &Value) -> String {
    let [header, claims] = [header, claims].map(|part| base64url(part.to_string()));
    format!("{header}.{claims}")
}

/// A token signed by this key.
pub(crate) fn signed(
    header: &Value,
    claims: &Value,
    key: &EncodingKey,
    algorithm: Algorithm,
) -> String {
    let message = message(header, claims);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).expect("a signature");
    format!("{message}.{signature}")
}

/// The header of a good launch.
pub(crate) static HEADER: LazyLock<Value> =
    LazyLock::new(|| json!({ "typ": "JWT", "alg": "RS256", "kid": KID }));

pub(crate) static PLATFORM: LazyLock<Platform> = LazyLock::new(|| Platform {
    id: PlatformId(Uuid::nil()),
    name: "Moodle de test".to_owned(),
    issuer: ISSUER.to_owned(),
    client_id: "client-1".to_owned(),
    authorization_url: format!("{ISSUER}/mod/lti/auth.php?tenant=7"),
    token_url: format!("{ISSUER}/mod/lti/token.php"),
    jwks_url: format!("{ISSUER}/mod/lti/certs.php"),
    token_audience: None,
    service_hosts: Vec::new(),
    status: PlatformStatus::Approved,
    accepts_new_deployments: false,
    grade_policy: GradePolicy::Progressive,
    lowers_grades: false,
});

/// Claims of a good launch, those that may be left out included.
pub(crate) static CLAIMS: LazyLock<Value> = LazyLock::new(|| {
    let now = NOW.unix_timestamp();
    let mut claims = json!({
        "nonce": NONCE, "iat": now, "exp": now + 60, "nbf": now, "iss": ISSUER, "aud": "client-1",
        "azp": "client-1", "sub": "4", "name": "Élodie Lefèvre", "given_name": "Élodie",
        "family_name": "Lefèvre", "email": "eleve1@example.test",
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
            "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
            "lineitem": format!("{ISSUER}/mod/lti/services.php/2/lineitems/6/lineitem?type_id=4"),
        },
        "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
            "context_memberships_url": format!("{ISSUER}/mod/lti/services.php/memberships"),
        },
        "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": {
            "accept_types": ["ltiResourceLink"], "accept_multiple": true, "data": "opaque",
            "deep_link_return_url": format!("{ISSUER}/mod/lti/contentitem_return.php?course=2"),
        },
    });
    for (name, value) in [
        ("deployment_id", json!("4")),
        ("target_link_uri", json!(format!("{SITE}/lti/launch"))),
        (
            "roles",
            json!(["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"]),
        ),
        (
            "context",
            json!({ "id": "2", "label": "FRA1", "title": "Français 1re année" }),
        ),
        ("message_type", json!("LtiResourceLinkRequest")),
        (
            "resource_link",
            json!({ "id": "6", "title": "L’innovation" }),
        ),
        (
            "launch_presentation",
            json!({ "document_target": "iframe", "return_url": format!("{ISSUER}/course") }),
        ),
        ("version", json!("1.3.0")),
        ("custom", json!({ "grain": "grain1" })),
    ] {
        claims[format!("{CLAIM}{name}")] = value;
    }
    claims
});

/// A good launch.
pub(crate) static GOOD: LazyLock<String> =
    LazyLock::new(|| signed(&HEADER, &CLAIMS, &KEY, Algorithm::RS256));

/// Judges a token as the site does.
pub(crate) fn judge(token: &str, keys: &[PlatformKey]) -> Result<Launch, LaunchError> {
    let site = Url::parse(SITE).expect("an address");
    let login = Login {
        platform: PLATFORM.id,
        nonce_hash: sealing::hash(NONCE).to_vec(),
        cookie_hash: Vec::new(),
        deployment_hint: Some("4".to_owned()),
        created_at: NOW - Duration::seconds(5),
        expires_at: NOW + Duration::minutes(10),
        consumption: None,
    };
    launch::read_header(token)?;
    let expected = Expected {
        platform: &PLATFORM,
        login: &login,
        site: &site,
        now: NOW,
    };
    launch::verify(token, keys, expected)
}

/// The header of an iframe token.
pub(crate) static EMBED_HEADER: LazyLock<Value> =
    LazyLock::new(|| json!({ "typ": "JWT", "alg": "HS256" }));

/// Claims of a good iframe token.
pub(crate) static EMBED_CLAIMS: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "sub": "42", "exp": NOW.unix_timestamp() + 3_600, "email": "camille@example.org",
        "name": "Camille Durand", "target": "/grains/grain8", "jti": "once",
    })
});

/// A good iframe token.
pub(crate) static GOOD_EMBED: LazyLock<String> = LazyLock::new(|| {
    let key = EncodingKey::from_secret(SECRET.bytes());
    signed(&EMBED_HEADER, &EMBED_CLAIMS, &key, Algorithm::HS256)
});
