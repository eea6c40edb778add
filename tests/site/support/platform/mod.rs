//! A Moodle in a test: its key set on a real socket, its launches signed by a real key, the claims
//! those that Moodle 4.5 was seen to send.

pub(crate) mod registrar;
pub(crate) mod services;

use std::sync::{
    Arc, LazyLock, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize},
};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto, jwk::Jwk};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use self::services::FakeServices;
use super::{Answer, Browser, TestSite};

/// A key of a platform, made once for all tests.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) encoding: EncodingKey,
    pub(crate) pem: String,
}

impl SigningKey {
    fn new(kid: &str) -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der: Pkcs8V1Der<'_> = pair.as_der().expect("PKCS #8");
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            BASE64_STANDARD.encode(der.as_ref())
        );
        Self {
            kid: kid.to_owned(),
            encoding: EncodingKey::from_rsa_pem(pem.as_bytes()).expect("an RSA key"),
            pem,
        }
    }

    /// Its public part, as a key set holds it.
    pub(crate) fn jwk(&self) -> Value {
        let jwk = Jwk::from_encoding_key(&self.encoding, Algorithm::RS256).expect("a public key");
        let mut value = serde_json::to_value(jwk).expect("JSON");
        value["kid"] = json!(self.kid);
        value["use"] = json!("sig");
        value["alg"] = json!("RS256");
        value
    }

    /// A token with this header field `kid` and these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let header = Header {
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::RS256)
        };
        jsonwebtoken::encode(&header, claims, &self.encoding).expect("a signature")
    }

    /// The same with further header fields, or others in the place of the usual ones; `null` takes
    /// one away.
    pub(crate) fn sign_as(&self, fields: &Value, claims: &Value) -> String {
        let mut header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.kid });
        for (name, value) in fields.as_object().expect("fields") {
            header[name] = value.clone();
        }
        header
            .as_object_mut()
            .expect("an object")
            .retain(|_, value| !value.is_null());
        let message = unsigned(&header.to_string(), &claims.to_string());
        let signature = crypto::sign(message.as_bytes(), &self.encoding, Algorithm::RS256);
        format!("{message}.{}", signature.expect("a signature"))
    }
}

/// The key with which platforms of tests sign.
pub(crate) static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::new("platform-key-1"));

/// A key that no platform publishes unless a test says so.
pub(crate) static OTHER_KEY: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::new("platform-key-2"));

/// What the platform answers at the address of its keys.
#[derive(Clone)]
pub(crate) struct KeysAnswer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    pub(crate) location: Option<String>,
    /// Whether it takes the question and says nothing at all.
    pub(crate) is_silent: bool,
}

/// A platform, registered and approved.
#[derive(Clone)]
pub(crate) struct FakePlatform {
    /// Origin of its server, which is its issuer as well.
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    keys: Arc<Mutex<KeysAnswer>>,
    /// How often its keys were read.
    pub(crate) key_requests: Arc<AtomicUsize>,
    /// Its tokens, gradebook and class list.
    pub(crate) services: FakeServices,
}

/// A login that waits for its launch.
#[derive(Clone, Debug)]
pub(crate) struct PendingLaunch {
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) claims: Value,
}

impl FakePlatform {
    /// Starts a platform and registers it at the site.
    pub(crate) async fn start(site: &TestSite) -> Self {
        Self::start_as(site, "client-1").await
    }

    /// The same under another client id.
    pub(crate) async fn start_as(site: &TestSite, client_id: &str) -> Self {
        let platform = Self::start_unregistered(site, client_id).await;
        platform.register(site).await;
        platform
    }

    /// Starts a platform that no site knows yet.
    pub(crate) async fn start_unregistered(site: &TestSite, client_id: &str) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let platform = Self {
            services: FakeServices::new(site, &issuer, client_id),
            issuer,
            client_id: client_id.to_owned(),
            keys: Arc::new(Mutex::new(KeysAnswer {
                status: StatusCode::OK,
                body: json!({ "keys": [KEY.jwk()] }).to_string(),
                location: None,
                is_silent: false,
            })),
            key_requests: Arc::default(),
        };
        let (keys, count) = (platform.keys.clone(), platform.key_requests.clone());
        let answer = move || {
            count.fetch_add(1, Ordering::SeqCst);
            let answer = keys.lock().expect("no panic elsewhere").clone();
            async move {
                if answer.is_silent {
                    std::future::pending::<()>().await;
                }
                keys_response(answer)
            }
        };
        let router = Router::new()
            .route("/certs.php", get(answer))
            .merge(platform.services.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        platform
    }

    /// Registers this issuer, approved, with deployment « 4 ».
    pub(crate) async fn register(&self, site: &TestSite) {
        sqlx::query(
            "WITH platform AS (
                 INSERT INTO lti_platforms (name, issuer, client_id, authorization_url, token_url, jwks_url, status)
                 VALUES ('Moodle de test', $1, $2, $1 || '/auth.php', $1 || '/token.php', $1 || '/certs.php', 'approved')
                 RETURNING id
             )
             INSERT INTO lti_deployments (platform_id, external_id, status) SELECT id, '4', 'approved' FROM platform",
        )
        .bind(&self.issuer)
        .bind(&self.client_id)
        .execute(&site.pool)
        .await
        .expect("a registration");
    }

    /// What it answers from now on at the address of its keys.
    pub(crate) fn set_keys(&self, status: StatusCode, body: impl Into<String>) {
        *self.keys.lock().expect("no panic elsewhere") = KeysAnswer {
            status,
            body: body.into(),
            location: None,
            is_silent: false,
        };
    }

    /// It publishes these keys from now on.
    pub(crate) fn publish(&self, keys: &[Value]) {
        self.set_keys(StatusCode::OK, json!({ "keys": keys }).to_string());
    }

    /// It says nothing from now on when it is asked for its keys.
    pub(crate) fn silence_keys(&self) {
        self.keys.lock().expect("no panic elsewhere").is_silent = true;
    }

    /// How often its keys were read.
    pub(crate) fn readings(&self) -> usize {
        self.key_requests.load(Ordering::SeqCst)
    }

    /// It sends those who ask for its keys elsewhere.
    pub(crate) fn redirect_keys(&self, location: &str) {
        *self.keys.lock().expect("no panic elsewhere") = KeysAnswer {
            status: StatusCode::FOUND,
            body: String::new(),
            location: Some(location.to_owned()),
            is_silent: false,
        };
    }

    /// Parameters of a login, as Moodle posts them.
    pub(crate) fn login_pairs(&self, site: &TestSite) -> Vec<(String, String)> {
        [
            ("iss", self.issuer.as_str()),
            (
                "target_link_uri",
                &site.state.config.absolute("/lti/launch"),
            ),
            ("login_hint", "4"),
            (
                "lti_message_hint",
                r#"{"cmid":7,"launchid":"ltilaunch6_1319973215"}"#,
            ),
            ("client_id", &self.client_id),
            ("lti_deployment_id", "4"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    /// Begins a launch: posts the login and reads state and nonce from the redirect.
    pub(crate) async fn login(&self, site: &TestSite, browser: &mut Browser) -> PendingLaunch {
        self.login_as(site, browser, &self.login_pairs(site)).await
    }

    /// The same with other parameters.
    pub(crate) async fn login_as(
        &self,
        site: &TestSite,
        browser: &mut Browser,
        pairs: &[(String, String)],
    ) -> PendingLaunch {
        let answer = browser.post_from(&self.issuer, "/lti/login", pairs).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let address = Url::parse(answer.location()).expect("an address");
        let find = |name: &str| {
            let mut pairs = address.query_pairs();
            let (_, value) = pairs.find(|(key, _)| key == name).expect(name);
            value.into_owned()
        };
        let nonce = find("nonce");
        PendingLaunch {
            state: find("state"),
            claims: self.claims(site, &nonce),
            nonce,
        }
    }

    /// The claims of a good launch by a learner, of an activity that is graded.
    pub(crate) fn claims(&self, site: &TestSite, nonce: &str) -> Value {
        let now = site.clock.now().unix_timestamp();
        let issuer = &self.issuer;
        json!({
            "nonce": nonce,
            "iat": now,
            "exp": now + 60,
            "iss": issuer,
            "aud": self.client_id,
            "https://purl.imsglobal.org/spec/lti/claim/deployment_id": "4",
            "https://purl.imsglobal.org/spec/lti/claim/target_link_uri": site.state.config.absolute("/lti/launch"),
            "sub": "4",
            "https://purl.imsglobal.org/spec/lti/claim/lis": {
                "person_sourcedid": "E-0001", "course_section_sourcedid": "fra1"
            },
            "https://purl.imsglobal.org/spec/lti/claim/roles": [
                "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
            ],
            "https://purl.imsglobal.org/spec/lti/claim/context": {
                "id": "2", "label": "FRA1", "title": "Français 1re année", "type": ["CourseSection"]
            },
            "https://purl.imsglobal.org/spec/lti/claim/message_type": "LtiResourceLinkRequest",
            "https://purl.imsglobal.org/spec/lti/claim/resource_link": {
                "title": "L’innovation", "description": "", "id": "6"
            },
            "given_name": "Élodie",
            "family_name": "Lefèvre",
            "name": "Élodie Lefèvre",
            "https://purl.imsglobal.org/spec/lti/claim/ext": { "user_username": "eleve1", "lms": "moodle-2" },
            "email": "eleve1@example.test",
            "https://purl.imsglobal.org/spec/lti/claim/launch_presentation": {
                "locale": "fr",
                "document_target": "iframe",
                "return_url": format!("{issuer}/mod/lti/return.php?course=2&launch_container=3&instanceid=6&sesskey=hush")
            },
            "https://purl.imsglobal.org/spec/lti/claim/tool_platform": {
                "product_family_code": "moodle", "version": "2024100706", "name": "mtest"
            },
            "https://purl.imsglobal.org/spec/lti/claim/version": "1.3.0",
            "https://purl.imsglobal.org/spec/lti/claim/custom": {
                "langue": "$Person.address.locale",
                "context_memberships_url": format!("{issuer}/mod/lti/services.php/CourseSection/2/bindings/4/memberships")
            },
            "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
                "scope": [
                    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
                    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
                    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
                    "https://purl.imsglobal.org/spec/lti-ags/scope/score"
                ],
                "lineitems": format!("{issuer}/mod/lti/services.php/2/lineitems?type_id=4"),
                "lineitem": format!("{issuer}/mod/lti/services.php/2/lineitems/6/lineitem?type_id=4")
            },
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": format!("{issuer}/mod/lti/services.php/CourseSection/2/bindings/4/memberships"),
                "service_versions": ["1.0", "2.0"]
            }
        })
    }

    /// Posts a launch with this token, as the platform's page does.
    pub(crate) async fn post(&self, browser: &mut Browser, state: &str, token: &str) -> Answer {
        let pairs = [("id_token", token), ("state", state)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        browser.post_from(&self.issuer, "/lti/launch", &pairs).await
    }

    /// A whole launch, its claims changed by `change`: the answer to the last post.
    pub(crate) async fn launch_with(
        &self,
        site: &TestSite,
        browser: &mut Browser,
        change: impl FnOnce(&mut Value),
    ) -> Answer {
        let mut pending = self.login(site, browser).await;
        change(&mut pending.claims);
        let token = KEY.sign(&pending.claims);
        self.post(browser, &pending.state, &token).await
    }

    /// A whole launch that must succeed, followed to the first page: its address, such as
    /// `/s/…/grains/grain1`.
    pub(crate) async fn open_with(
        &self,
        site: &TestSite,
        browser: &mut Browser,
        change: impl FnOnce(&mut Value),
    ) -> String {
        let answer = self.launch_with(site, browser, change).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        enter(browser, answer.location()).await
    }

    /// A good launch by the learner Élodie Lefèvre, followed to the first page.
    pub(crate) async fn open(&self, site: &TestSite, browser: &mut Browser) -> String {
        self.open_with(site, browser, |_| {}).await
    }
}

/// The part of a token that is signed.
pub(crate) fn unsigned(header: &str, payload: &str) -> String {
    let [header, payload] = [header, payload].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
    format!("{header}.{payload}")
}

/// Follows a one-time address to the first page of its session.
pub(crate) async fn enter(browser: &mut Browser, address: &str) -> String {
    let page = browser.get(address).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let (_, rest) = page.text.split_once("content=\"0;url=").expect("a refresh");
    let (target, _) = rest.split_once('"').expect("an address");
    target.to_owned()
}

/// Makes the claims those of the teacher Hélène Marchand.
pub(crate) fn as_teacher(claims: &mut Value) {
    claims["sub"] = json!("3");
    claims["given_name"] = json!("Hélène");
    claims["family_name"] = json!("Marchand");
    claims["name"] = json!("Hélène Marchand");
    claims["email"] = json!("prof@example.test");
    claims["https://purl.imsglobal.org/spec/lti/claim/roles"] =
        json!(["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]);
}

/// Makes the claims those of « Select content » by that teacher.
pub(crate) fn as_deep_linking(claims: &mut Value) {
    as_teacher(claims);
    let issuer = claims["iss"].as_str().expect("an issuer").to_owned();
    let claims = claims.as_object_mut().expect("claims");
    for name in ["lti/claim/resource_link", "lti-nrps/claim/namesroleservice"] {
        claims.remove(&format!("https://purl.imsglobal.org/spec/{name}"));
    }
    let mut set = |name: &str, value: Value| {
        claims.insert(format!("https://purl.imsglobal.org/spec/{name}"), value);
    };
    set("lti/claim/message_type", json!("LtiDeepLinkingRequest"));
    set("lti/claim/launch_presentation", json!({ "locale": "fr" }));
    set(
        "lti-dl/claim/deep_linking_settings",
        json!({
            "accept_types": ["ltiResourceLink"],
            "accept_presentation_document_targets": ["frame", "iframe", "window"],
            "accept_copy_advice": false,
            "accept_multiple": true,
            "accept_unsigned": false,
            "auto_create": false,
            "can_confirm": false,
            "deep_link_return_url": format!("{issuer}/mod/lti/contentitem_return.php?course=2&id=4&sesskey=hush"),
            "title": "Micro-cours",
            "text": ""
        }),
    );
}

fn keys_response(answer: KeysAnswer) -> Response {
    let mut response = (answer.status, answer.body).into_response();
    if let Some(location) = answer.location {
        let value = location.parse().expect("ASCII");
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

impl Browser {
    /// Posts a form from a page of another origin.
    pub(crate) async fn post_from(
        &mut self,
        origin: &str,
        path: &str,
        pairs: &[(String, String)],
    ) -> Answer {
        let marks = [("sec-fetch-site", "cross-site"), ("origin", origin)];
        self.post_marked(&marks, path, pairs).await
    }

    /// Posts a form with these headers and no others that say where it comes from.
    pub(crate) async fn post_marked(
        &mut self,
        marks: &[(&str, &str)],
        path: &str,
        pairs: &[(String, String)],
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in marks {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        Answer {
            sent: pairs.iter().map(|(_, value)| value.clone()).collect(),
            ..self.send(request).await
        }
    }
}
