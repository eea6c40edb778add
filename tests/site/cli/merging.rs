//! `mini-site learners …` and `mini-site platforms …`: dry runs, counts, and what is refused.

use sqlx::PgPool;
use uuid::Uuid;

use super::Operator;
use crate::process::text;

const OLD: &str = "aaaa2222-0000-4000-8000-000000000000";
const NEW: &str = "bbbb3333-0000-4000-8000-000000000000";

/// Two registrations of one Moodle; the learner « 4 » of both, « 5 » of the old one.
async fn insert_all(pool: &PgPool) -> Vec<Uuid> {
    for id in [OLD, NEW] {
        sqlx::query(
            "INSERT INTO lti_platforms (id, name, issuer, client_id, authorization_url, token_url, jwks_url, status)
             VALUES ($1::uuid, 'Moodle', 'https://old.example.org', $1, 'https://old.example.org/auth',
                     'https://old.example.org/token', 'https://old.example.org/keys', 'approved')",
        )
        .bind(id)
        .execute(pool)
        .await
        .expect("a platform");
    }
    sqlx::query_scalar(
        "INSERT INTO users (platform_id, moodle_user_id, name)
         VALUES ($1::uuid, '4', 'Camille'), ($1::uuid, '5', 'Noé'), ($2::uuid, '4', 'Camille') RETURNING id",
    )
    .bind(OLD)
    .bind(NEW)
    .fetch_all(pool)
    .await
    .expect("learners")
}

async fn learners_of(pool: &PgPool, platform: &str) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM users WHERE platform_id = $1::uuid")
        .bind(platform)
        .fetch_one(pool)
        .await
        .expect("a count")
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn learners_are_found_and_merged_after_a_dry_run(pool: PgPool) {
    let ids = insert_all(&pool).await;
    let operator = Operator::new(&pool);
    let told = operator.reads(&["learners", "find", "4"]);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(
        told.contains(&format!("{}  Moodle  completions: 0, never came", ids[0])),
        "{told}"
    );
    let (gone, kept) = (ids[1].to_string(), ids[0].to_string());
    let merge = ["learners", "merge", "--from", &gone, "--into", &kept];
    let told = operator.reads(&[&merge[..], &["--dry-run"]].concat());
    assert!(
        told.starts_with("dry run, nothing is changed: merged learners: 1"),
        "{told}"
    );
    assert_eq!(learners_of(&pool, OLD).await, 2);
    let told = operator.reads(&merge);
    assert!(told.starts_with("merged learners: 1"), "{told}");
    assert!(!told.contains("Camille") && !told.contains("Noé"), "{told}");
    assert_eq!(learners_of(&pool, OLD).await, 1);
    let told = operator.is_refused(&merge);
    assert!(
        told.contains(&format!(
            "nothing was changed: no learner has the id {gone}"
        )),
        "{told}"
    );
    let told = operator.is_refused(&["learners", "find", "77"]);
    assert!(told.contains("no learner has the user id “77”"), "{told}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_file_of_changed_user_ids_is_taken_whole_or_not_at_all(pool: PgPool) {
    insert_all(&pool).await;
    let operator = Operator::new(&pool);
    let file = std::env::temp_dir().join(format!("{}.csv", Uuid::new_v4()));
    let path = file.to_str().expect("UTF-8");
    let merge = ["learners", "merge", "--platform", "aaaa", "--file", path];
    std::fs::write(&file, "old;new\n4;104\n5;104\n").expect("a file");
    let told = operator.is_refused(&merge);
    assert!(
        told.contains("nothing was changed: line 3: “104” stands on line 2 already"),
        "{told}"
    );
    std::fs::write(&file, "4;104\n5;105\n").expect("a file");
    let told = operator.reads(&[&merge[..], &["--dry-run"]].concat());
    assert!(told.contains("learners with a new user id: 2"), "{told}");
    let told = operator.reads(&merge);
    assert!(told.contains("learners with a new user id: 2"), "{told}");
    assert_eq!(
        operator.reads(&["learners", "find", "105"]).lines().count(),
        1
    );
    std::fs::remove_file(&file).expect("it is there");
    let told = operator.is_refused(&merge);
    assert!(told.contains("cannot be read"), "{told}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn who_is_merged_must_be_said_in_one_way(pool: PgPool) {
    let operator = Operator::new(&pool);
    for line in [
        &["learners", "merge"][..],
        &["learners", "merge", "--from", OLD],
        &["learners", "merge", "--file", "pairs.csv"],
        &[
            "learners",
            "merge",
            "--from",
            OLD,
            "--into",
            NEW,
            "--file",
            "a",
            "--platform",
            "b",
        ],
        &["learners", "merge", "--from", "4", "--into", "5"],
    ] {
        let output = operator.types(line);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{line:?}: {}",
            text(&output.stdout)
        );
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_platform_is_moved_after_a_dry_run_and_stays_suspended_and_empty(pool: PgPool) {
    insert_all(&pool).await;
    let operator = Operator::new(&pool);
    let line = ["platforms", "move", "--from", "aaaa", "--into", "bbbb"];
    let told = operator.reads(&[&line[..], &["--dry-run"]].concat());
    assert!(
        told.starts_with("dry run, nothing is changed: moved learners: 1"),
        "{told}"
    );
    assert_eq!(learners_of(&pool, OLD).await, 2);
    let told = operator.reads(&line);
    assert!(
        told.contains("moved learners: 1") && told.contains("merged learners: 1"),
        "{told}"
    );
    assert!(
        told.contains("suspended, and empty: Moodle (https://old.example.org"),
        "{told}"
    );
    assert_eq!(
        (learners_of(&pool, OLD).await, learners_of(&pool, NEW).await),
        (0, 2)
    );
    let told = operator.is_refused(&["platforms", "move", "--from", "aaaa", "--into", "aaaa"]);
    assert!(told.contains("both ids are the same platform"), "{told}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_platform_gets_another_address_unless_it_is_nonsense(pool: PgPool) {
    insert_all(&pool).await;
    let operator = Operator::new(&pool);
    let line = |from, into| {
        [
            "platforms",
            "readdress",
            "aaaa",
            "--from",
            from,
            "--into",
            into,
        ]
    };
    let old = "https://old.example.org";
    for (from, into, said) in [
        (
            "https://other.example.org",
            "https://new.example.org",
            "does not begin with https://other.example.org",
        ),
        (old, "ftp://new.example.org", "--into ftp://new.example.org"),
        (
            old,
            "https://new.example.org/?a=b",
            "leave out what follows the path",
        ),
    ] {
        let told = operator.is_refused(&line(from, into));
        assert!(told.contains(said), "{told}");
    }
    let told = operator.reads(&line(
        "https://old.example.org/",
        "https://new.example.org/",
    ));
    assert!(
        told.starts_with("changed the address of Moodle to https://new.example.org\n"),
        "{told}"
    );
    let told = operator.reads(&["lti", "list", "--json"]);
    assert!(
        told.contains("\"issuer\": \"https://new.example.org\""),
        "{told}"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn in_read_only_mode_nothing_is_merged(pool: PgPool) {
    let ids = insert_all(&pool).await;
    let operator = Operator::new(&pool);
    operator.reads(&["read-only", "on"]);
    let (gone, kept) = (ids[1].to_string(), ids[0].to_string());
    let told = operator.is_refused(&["learners", "merge", "--from", &gone, "--into", &kept]);
    assert!(told.contains("read-only mode"), "{told}");
    assert_eq!(learners_of(&pool, OLD).await, 2);
}
