//! `mini-site lti …`, and what `check` says of platforms and keys.

use mini_site::{
    clock::Clock,
    lti::registration::{
        invite::{self, InviteState},
        store,
    },
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{OTHER_KEY, Operator};
use crate::{
    process::text,
    support::{TestSite, platform::FakePlatform},
};

/// Arguments that register a platform at this issuer.
fn add(issuer: &str) -> Vec<String> {
    [
        ("--name", "Moodle de l’université".to_owned()),
        ("--issuer", issuer.to_owned()),
        ("--client-id", "client-1".to_owned()),
        ("--deployment-id", "4".to_owned()),
        ("--authorization-url", format!("{issuer}/auth.php")),
        ("--token-url", format!("{issuer}/token.php")),
        ("--jwks-url", format!("{issuer}/certs.php")),
    ]
    .into_iter()
    .flat_map(|(name, value)| [name.to_owned(), value])
    .collect()
}

fn line<'a>(command: &[&'a str], arguments: &'a [String]) -> Vec<&'a str> {
    let arguments = arguments.iter().map(String::as_str);
    command.iter().copied().chain(arguments).collect()
}

async fn insert_platform(pool: &PgPool, id: &str, status: &str) {
    sqlx::query(
        "INSERT INTO lti_platforms (id, name, issuer, client_id, authorization_url, token_url, jwks_url, status)
         VALUES ($1::uuid, 'Moodle', 'https://moodle.example.org', $1, 'a', 't', 'j', $2)",
    )
    .bind(id)
    .bind(status)
    .execute(pool)
    .await
    .expect("a platform");
}

async fn status(pool: &PgPool, id: &str) -> String {
    sqlx::query_scalar("SELECT status FROM lti_platforms WHERE id = $1::uuid")
        .bind(id)
        .fetch_one(pool)
        .await
        .expect("a status")
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_invitation_is_an_address_alone_good_for_a_week(pool: PgPool) {
    let told = Operator::new(&pool).reads(&["lti", "invite"]);
    let address = told.strip_suffix('\n').expect("a line");
    let code = address.strip_prefix("https://cours.example.org/lti/registration?invite=");
    let code = code.expect("an address");
    let mut conn = pool.acquire().await.expect("a connection");
    let now = Clock::system().now();
    for (at, state) in [
        (now, InviteState::Open),
        (
            now + invite::LIFETIME + Duration::minutes(1),
            InviteState::Expired,
        ),
    ] {
        let found = store::find_invite_state(&mut conn, code, at).await;
        assert_eq!(found.expect("a state"), state);
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_platform_that_was_added_by_hand_opens_the_course_at_once(pool: PgPool) {
    let site = TestSite::in_production(pool.clone()).await;
    let platform = FakePlatform::start_unregistered(&site, "client-1").await;
    let operator = Operator::new(&pool);
    let arguments = add(&platform.issuer);
    let told = operator.reads(&line(&["lti", "add"], &arguments));
    let id = told.trim().strip_prefix("registered and approved: ");
    let listed: Value =
        serde_json::from_str(&operator.reads(&["lti", "list", "--json"])).expect("JSON");
    assert_eq!(
        listed,
        json!([{
            "id": id,
            "name": "Moodle de l’université",
            "issuer": platform.issuer,
            "client_id": "client-1",
            "deployment_ids": ["4"],
            "status": "approved",
        }])
    );
    platform.open(&site, &mut site.browser()).await;
    let again = operator.is_refused(&line(&["lti", "add"], &arguments));
    assert!(again.contains("registered already"), "{again}");
    assert_eq!(site.count("SELECT count(*) FROM lti_deployments").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn all_that_is_wrong_with_a_platform_is_told_at_once(pool: PgPool) {
    let arguments: Vec<_> = [
        ("--name", " "),
        ("--issuer", "moodle"),
        ("--client-id", ""),
        ("--deployment-id", "4"),
        ("--authorization-url", "ftp://moodle.example.org/"),
        ("--token-url", "https://me:hush@moodle.example.org/"),
        ("--jwks-url", "https://moodle.example.org/certs php"),
    ]
    .into_iter()
    .flat_map(|(name, value)| [name.to_owned(), value.to_owned()])
    .collect();
    let told = Operator::new(&pool).is_refused(&line(&["lti", "add"], &arguments));
    for option in [
        "--name: it is empty",
        "--issuer: “moodle” is no address",
        "--client-id: it is empty",
        "--authorization-url: ftp://moodle.example.org/ may not be asked",
        "--token-url: ",
        "--jwks-url: ",
    ] {
        assert!(told.contains(&format!("\n  {option}")), "{option}: {told}");
    }
    assert!(
        !told.contains("--deployment-id") && !told.contains("hush"),
        "{told}"
    );
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM lti_platforms")
        .fetch_one(&pool)
        .await
        .expect("a count");
    assert_eq!(rows, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_list_is_a_table_and_says_what_to_do_when_it_is_empty(pool: PgPool) {
    let operator = Operator::new(&pool);
    assert!(
        operator
            .reads(&["lti", "list"])
            .contains("mini-site lti invite")
    );
    assert_eq!(operator.reads(&["lti", "list", "--json"]), "[]\n");
    let id = "11112222-0000-4000-8000-000000000000";
    insert_platform(&pool, id, "pending").await;
    sqlx::query("INSERT INTO lti_deployments (platform_id, external_id) VALUES ($1::uuid, '7')")
        .bind(id)
        .execute(&pool)
        .await
        .expect("a deployment");
    let told = operator.reads(&["lti", "list"]);
    let lines: Vec<_> = told.lines().collect();
    let [titles, row] = lines[..] else {
        panic!("{told}");
    };
    let columns = |line: &str| line.split("  ").filter(|cell| !cell.is_empty()).count();
    assert_eq!((columns(titles), columns(row)), (6, 6), "{told}");
    assert_eq!(titles.find("STATUS"), row.find("pending"), "{told}");
    assert!(
        row.starts_with("11112222  ") && row.ends_with("7 (pending)"),
        "{told}"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_platform_is_approved_and_suspended_by_the_beginning_of_its_id(pool: PgPool) {
    let operator = Operator::new(&pool);
    let id = "aaaa2222-0000-4000-8000-000000000000";
    let other = "aaaa3333-0000-4000-8000-000000000000";
    insert_platform(&pool, id, "pending").await;
    insert_platform(&pool, other, "pending").await;
    sqlx::query(
        "INSERT INTO lti_deployments (platform_id, external_id) VALUES ($1::uuid, '7'), ($2::uuid, '7')",
    )
    .bind(id)
    .bind(other)
    .execute(&pool)
    .await
    .expect("deployments");
    for (start, complaint) in [
        ("aaaa", "several"),
        ("bbbb", "no platform"),
        ("", "no platform"),
    ] {
        for command in ["approve", "suspend"] {
            let told = operator.is_refused(&["lti", command, start]);
            assert!(told.contains(complaint), "{told}");
        }
    }
    assert_eq!(status(&pool, id).await, "pending");
    let told = operator.reads(&["lti", "approve", "AAAA2"]);
    assert!(told.contains("approved now: 1"), "{told}");
    assert_eq!(status(&pool, id).await, "approved");
    assert_eq!(status(&pool, other).await, "pending");
    let approved: Vec<String> = sqlx::query_scalar(
        "SELECT platform_id::text FROM lti_deployments WHERE status = 'approved'",
    )
    .fetch_all(&pool)
    .await
    .expect("deployments");
    assert_eq!(approved, [id]);
    operator.reads(&["lti", "suspend", id]);
    assert_eq!(status(&pool, id).await, "suspended");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_changed_secret_is_found_by_check_and_mended_by_a_rotation(pool: PgPool) {
    let mut operator = Operator::new(&pool);
    let told = operator.reads(&["check"]);
    assert!(told.contains("key: none yet"), "{told}");
    let told = operator.reads(&["lti", "rotate-key"]);
    assert!(told.starts_with("new key: "), "{told}");
    let told = operator.reads(&["lti", "rotate-key"]);
    assert!(
        told.starts_with("new key: "),
        "the first one signs already: {told}"
    );
    let told = operator.reads(&["lti", "rotate-key"]);
    assert!(told.starts_with("nothing was changed"), "{told}");
    operator.key = OTHER_KEY;
    let output = operator.types(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let told = text(&output.stderr);
    // After a move the key is sound, and only `.env` is wrong: that cure comes first.
    let (first, then) = told
        .split_once("SECRET_KEY of the old server")
        .expect(&told);
    assert!(!first.contains("rotate-key"), "{told}");
    assert!(
        then.contains("if it is lost, run: mini-site lti rotate-key"),
        "{told}"
    );
    operator.reads(&["lti", "rotate-key"]);
    assert!(operator.reads(&["check"]).contains(" signs\n"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn check_counts_the_platforms_and_those_who_wait(pool: PgPool) {
    let operator = Operator::new(&pool);
    let told = operator.reads(&["check"]);
    assert!(
        told.contains("platforms: 0 approved, 0 pending, 0 suspended"),
        "{told}"
    );
    assert!(!told.contains("lti approve"), "{told}");
    for (rank, status) in ["approved", "pending", "pending", "suspended"]
        .iter()
        .enumerate()
    {
        let id = format!("{rank}1112222-0000-4000-8000-000000000000");
        insert_platform(&pool, &id, status).await;
    }
    let told = operator.reads(&["check"]);
    assert!(
        told.contains("platforms: 1 approved, 2 pending, 1 suspended"),
        "{told}"
    );
    assert!(told.contains("mini-site lti approve ID"), "{told}");
}

#[sqlx::test(migrations = false)]
async fn without_its_tables_a_command_says_what_to_run(pool: PgPool) {
    let told = Operator::new(&pool).is_refused(&["lti", "list"]);
    assert!(told.contains("see: mini-site check"), "{told}");
}
