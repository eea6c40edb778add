//! The database is away: what pages, posts and the host's questions are answered.

use axum::http::StatusCode;
use mini_site::db::{is_unreachable, store::ping};
use sqlx::{
    Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};
use time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::TestSite;

/// A site whose database goes away once it is up: its pool is closed.
async fn abandoned(pool: &PgPool) -> (TestSite, crate::support::Browser) {
    let options = pool.connect_options().as_ref().clone();
    let own = PgPoolOptions::new()
        .connect_with(options)
        .await
        .expect("a pool");
    let site = TestSite::new(own).await;
    let browser = site.learner("42").await;
    site.state.db.close().await;
    (site, browser)
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn pages_say_that_the_database_is_away(pool: PgPool) {
    let (_site, mut browser) = abandoned(&pool).await;
    for path in ["/", "/modules/module1", "/grains/grain1"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(
            answer
                .text
                .contains("Rien de ce que vous avez terminé n’est perdu"),
            "{path}"
        );
        assert_eq!(answer.header("retry-after"), "5");
    }
    let answer = browser.post("/grains/grain1/completion").await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "nothing is acknowledged"
    );
    let answer = browser.get("/api/progress").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"]["code"], "unavailable");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_course_is_readable_without_a_session_and_without_a_database(pool: PgPool) {
    let (site, _) = abandoned(&pool).await;
    assert_eq!(
        site.browser().get("/grains/grain1").await.status,
        StatusCode::OK
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_process_lives_but_is_not_ready(pool: PgPool) {
    let site = TestSite::new(pool.clone()).await;
    assert_eq!(
        site.browser().get("/health/ready").await.status,
        StatusCode::OK
    );
    let (site, _) = abandoned(&pool).await;
    assert_eq!(
        site.browser().get("/health/live").await.status,
        StatusCode::OK
    );
    let ready = site.browser().get("/health/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
}

/// From now on the database has no room for what learners do, nor for their sessions.
async fn take_room(site: &TestSite) {
    site.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$",
    )
    .await;
    site.execute("CREATE TRIGGER no_room BEFORE INSERT ON progress EXECUTE FUNCTION fail()")
        .await;
    site.execute(
        "CREATE TRIGGER no_room BEFORE UPDATE ON internal.sessions EXECUTE FUNCTION fail()",
    )
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_database_without_room_says_a_little_later_and_acknowledges_nothing(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    take_room(&site).await;
    let answer = browser.post("/grains/grain1/completion").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), "5");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn pages_are_read_while_there_is_no_room_to_extend_a_session(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    take_room(&site).await;
    site.clock.advance(Duration::minutes(11));
    for path in ["/", "/grains/grain1"] {
        assert_eq!(browser.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn once_a_connection_was_found_cut_the_others_are_asked_before_they_are_used(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let db = &site.state.db;
    let (one, two) = tokio::join!(db.acquire(), db.acquire());
    for lent in [one, two] {
        lent.expect("a connection").keep().await.expect("a commit");
    }
    site.cut_connections().await;
    let mut unlucky = db.acquire().await.expect("one that was cut");
    drop(ping(&mut unlucky).await);
    drop(unlucky);
    for _ in 0..2 {
        let mut next = db.acquire().await.expect("a connection");
        ping(&mut next).await.expect("it lives");
        next.keep().await.expect("a commit");
    }
}

/// What a connection is told by a server that refuses it with this error, as PostgreSQL writes it.
async fn refused_with(severity: &str, code: &str) -> sqlx::Error {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its address").port();
    let fields = format!("S{severity}\0V{severity}\0C{code}\0Mcould not write init file\0\0");
    let server = async {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let length = i32::try_from(fields.len() + 4).expect("a short text");
        let answer = [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat();
        let greeting = stream.read(&mut [0; 1_024]).await;
        assert_ne!(greeting.expect("a greeting"), 0);
        stream.write_all(&answer).await.expect("an answer");
    };
    let options = PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(port)
        .ssl_mode(PgSslMode::Disable);
    let client = PgConnection::connect_with(&options);
    tokio::join!(server, client)
        .1
        .expect_err("nobody is let in")
}

#[tokio::test]
async fn a_server_that_ends_connections_for_a_fault_of_its_own_is_away() {
    assert!(is_unreachable(&refused_with("FATAL", "XX000").await));
    assert!(is_unreachable(&refused_with("FATAL", "53300").await));
    assert!(!is_unreachable(&refused_with("ERROR", "XX000").await));
    assert!(
        !is_unreachable(&refused_with("FATAL", "28P01").await),
        "a wrong password"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_internal_error_shows_its_id_and_not_its_cause(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    site.execute("ALTER TABLE progress RENAME TO elsewhere")
        .await;
    let answer = browser.get("/").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        answer
            .text
            .contains("Une erreur s’est produite de notre côté")
    );
    assert!(answer.text.contains(answer.header("x-request-id")));
    assert!(
        !answer.text.contains("progress\" does not exist") && !answer.text.contains("relation")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn addresses_that_lead_nowhere_offer_a_way_onwards(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    for path in [
        "/nowhere",
        "/modules/module9",
        "/sequences/nope",
        "/grains/grain99",
        "/grains/%FF",
        "/s/x/",
    ] {
        let answer = browser.get(path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(answer.text.contains("href=\"/\""), "{path}");
    }
    let answer = browser.get("/grains/grain1/completion").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header("allow"), "POST");
    assert!(answer.text.contains("href=\"/\""));
}
