//! After its migrations the program tells Directus, which keeps the schema in memory.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::{Command, Output},
    thread,
};

use sqlx::{ConnectOptions, PgPool};

/// `mini-site migrate` with the Directus of this address.
fn migrate(pool: &PgPool, address: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mini-site"))
        .arg("migrate")
        .env_clear()
        .current_dir(std::env::temp_dir())
        .envs([
            ("APP_ENV", "development"),
            (
                "DATABASE_URL",
                pool.connect_options().to_url_lossy().as_str(),
            ),
            ("DIRECTUS_URL", address),
            ("DIRECTUS_TOKEN", "hush-hush"),
        ])
        .output()
        .expect("the program runs")
}

/// Something that answers one request with this status, and tells the head of the request.
fn answering(status: &'static str) -> (String, thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}/base", listener.local_addr().expect("an address"));
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let lines = BufReader::new(stream.try_clone().expect("a reader")).lines();
        let head = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty());
        let head = head.collect();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        )
        .expect("an answer");
        head
    });
    (address, asked)
}

#[sqlx::test(migrations = false)]
async fn migrating_tells_directus_to_read_the_schema_again(pool: PgPool) {
    let (address, asked) = answering("204 No Content");
    let output = migrate(&pool, &address);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Directus was told"));
    let head = asked.join().expect("a request");
    assert_eq!(head[0], "POST /base/utils/cache/clear?system=true HTTP/1.1");
    assert!(
        head.contains(&"authorization: Bearer hush-hush".to_owned()),
        "{head:?}"
    );
}

#[sqlx::test(migrations = false)]
async fn a_directus_that_refuses_or_is_away_is_a_warning(pool: PgPool) {
    let (address, asked) = answering("403 Forbidden");
    let refused = migrate(&pool, &address);
    asked.join().expect("a request");
    let away = migrate(&pool, "http://127.0.0.1:1");
    for (output, why) in [(refused, "it answered 403"), (away, "no answer")] {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        assert!(
            told.contains("warning: Directus was not told") && told.contains(why),
            "{told}"
        );
        assert!(!told.contains("hush"), "{told}");
    }
}
