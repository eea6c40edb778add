//! `mini-site token`: signed addresses for an iframe.

use mini_site::{
    clock::Clock,
    config::Secret,
    embed::{self, EmbedToken},
};
use time::Duration;
use url::Url;

use super::{KEY, Operator, SITE};
use crate::{
    process::{run, text},
    support::EMBED_SECRET,
};

/// An operator whose database is away.
fn alone() -> Operator {
    Operator {
        database: "postgres://localhost:1/none".to_owned(),
        key: KEY,
        retention: "",
    }
}

#[test]
fn a_token_is_an_address_alone_and_needs_no_database() {
    let told = alone().reads(&[
        "token",
        "--moodle-user-id",
        "42",
        "--email",
        "camille@example.org",
        "--name",
        "Camille Durand",
        "--target",
        "/grains/grain8",
        "--lifetime",
        "1h30m",
    ]);
    let address = Url::parse(told.strip_suffix('\n').expect("a line")).expect("an address");
    assert_eq!(address.origin().ascii_serialization(), SITE);
    assert_eq!(address.path(), "/embed");
    let (name, token) = address.query_pairs().next().expect("a token");
    assert_eq!(name, "token");
    let now = Clock::system().now();
    let token = embed::verify(&token, &Secret::from_text(EMBED_SECRET), now).expect("accepted");
    let left = token.expires_at - now;
    assert!(
        left > Duration::minutes(85) && left <= Duration::minutes(90),
        "{left}"
    );
    assert!(
        token.id.as_ref().is_some_and(|id| id.len() >= 20),
        "it may be used once"
    );
    let EmbedToken {
        moodle_user_id,
        email,
        name,
        target,
        ..
    } = token;
    assert_eq!(moodle_user_id.as_str(), "42");
    assert_eq!(email.as_deref(), Some("camille@example.org"));
    assert_eq!(name.as_deref(), Some("Camille Durand"));
    assert_eq!(target.as_deref(), Some("/grains/grain8"));
}

#[test]
fn a_token_that_would_be_refused_is_not_printed() {
    let operator = alone();
    for (option, value, complaint) in [
        ("--lifetime", "12h1s", "--lifetime: "),
        ("--lifetime", "0s", "--lifetime: "),
        ("--lifetime", "-1h", "--lifetime: "),
        ("--target", "/grains/none", "--target: "),
        ("--target", "/nowhere", "--target: "),
        ("--target", "https://evil.example/", "--target: "),
        ("--name", "a\u{7}b", "name"),
    ] {
        let option = format!("{option}={value}");
        let told = operator.is_refused(&["token", "--moodle-user-id", "42", &option]);
        assert!(told.contains(complaint), "{option}: {told}");
    }
    let told = operator.is_refused(&["token", "--moodle-user-id", " "]);
    assert!(told.contains("--moodle-user-id"), "{told}");
}

#[test]
fn without_its_secret_no_token_is_signed() {
    let variables = [
        ("APP_ENV", "development"),
        ("DATABASE_URL", "postgres://localhost:1/none"),
    ];
    let output = run(&["token", "--moodle-user-id", "42"], &variables);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("EMBED_TOKEN_SECRET"));
}
