//! `mini-site retention`: what it tells, and whom it leaves alone.

use sqlx::PgPool;

use super::Operator;
use crate::process::text;

/// Two learners, one of them without activity for ten years.
async fn insert_learners(pool: &PgPool) {
    sqlx::query(
        "INSERT INTO users (moodle_user_id, name, created_at)
         VALUES ('4217', 'Camille Durand', now() - interval '10 years'), ('4218', 'Noé Bernard', now())",
    )
    .execute(pool)
    .await
    .expect("learners");
}

async fn learners(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM users")
        .fetch_one(pool)
        .await
        .expect("a count")
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_dry_run_counts_and_a_run_erases_without_a_name(pool: PgPool) {
    insert_learners(&pool).await;
    let mut operator = Operator::new(&pool);
    let told = operator.reads(&["retention"]);
    assert!(
        told.starts_with("RETENTION_MONTHS is not set: nobody is erased"),
        "{told}"
    );
    let told = operator.reads(&["retention", "--dry-run", "--months", "24"]);
    assert!(
        told.starts_with("learners to erase: 1, without activity since 20"),
        "{told}"
    );
    assert_eq!(learners(&pool).await, 2);
    let told = operator.reads(&["check"]);
    assert!(told.contains("retention: nobody is erased"), "{told}");
    operator.retention = "24";
    let told = operator.reads(&["check"]);
    assert!(
        told.contains("retention: learners without activity for 24 months are erased"),
        "{told}"
    );
    operator.reads(&["retention", "--dry-run"]);
    assert_eq!(learners(&pool).await, 2);
    let told = operator.reads(&["retention"]);
    assert!(told.starts_with("learners erased: 1,"), "{told}");
    assert!(
        !told.contains("Camille") && !told.contains("4217"),
        "{told}"
    );
    assert_eq!(learners(&pool).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn read_only_mode_lets_it_count_and_nothing_more(pool: PgPool) {
    insert_learners(&pool).await;
    let mut operator = Operator::new(&pool);
    operator.retention = "24";
    operator.reads(&["read-only", "on"]);
    let told = operator.reads(&["retention", "--dry-run"]);
    assert!(told.starts_with("learners to erase: 1,"), "{told}");
    let told = operator.is_refused(&["retention"]);
    assert!(told.contains("read-only mode: nobody was erased"), "{told}");
    assert_eq!(learners(&pool).await, 2);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn nonsense_is_refused_before_anything_is_done(pool: PgPool) {
    let mut operator = Operator::new(&pool);
    operator.retention = "0";
    for command in ["serve", "retention", "check"] {
        let output = operator.types(&[command]);
        let told = text(&output.stderr);
        assert!(told.contains("RETENTION_MONTHS: “0” was found"), "{told}");
        assert!(!output.status.success());
    }
    let output = operator.types(&["retention", "--months", "24"]);
    assert_eq!(output.status.code(), Some(2), "a trial is a dry run");
}
