//! What the page shows, sorts and finds.

use axum::http::StatusCode;
use sqlx::PgPool;
use time::Duration;

use super::{Classroom, NAMES, names};

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_class_of_nobody_says_so(pool: PgPool) {
    let mut class = Classroom::of(pool, 0).await;
    insta::assert_snapshot!("nobody", class.get("/class").await.main());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_class_of_one_is_told_in_the_singular(pool: PgPool) {
    let mut class = Classroom::of(pool, 0).await;
    class.add("Élodie", "Lefèvre", Some(1), 3).await;
    insta::assert_snapshot!("one", class.get("/class").await.main());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_class_of_thirty_looks_as_it_did(pool: PgPool) {
    let mut class = Classroom::of(pool, 30).await;
    insta::assert_snapshot!("thirty", class.get("/class").await.main());
    let opened = class
        .get("/class?module=module2&state=under-way&order=activity&reversed=yes")
        .await;
    insta::assert_snapshot!("module_opened", opened.main());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn people_stand_by_family_name_as_french_sorts_it(pool: PgPool) {
    let mut class = Classroom::of(pool, 30).await;
    let listed = names(&class.get("/class").await);
    let expected: Vec<_> = NAMES
        .iter()
        .map(|(given_name, family_name)| format!("{family_name} {given_name}"))
        .collect();
    assert_eq!(listed, expected);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_form_finds_people_by_name_and_state(pool: PgPool) {
    let mut class = Classroom::of(pool, 30).await;
    let found = class.get("/class?search=celik&state=").await;
    assert_eq!(names(&found), ["Çelik Zoé"]);
    assert!(found.text.contains("1\u{a0}personne sur 30, par nom"));
    assert!(found.text.contains("value=\"celik\""));
    let none = class.get("/class?search=%3Cscript%3E").await;
    assert!(names(&none).is_empty());
    assert!(none.text.contains("Aucune personne ne correspond"));
    assert!(!none.text.contains("<script>"));
    let done = class.get("/class?state=done").await;
    assert_eq!(names(&done).len(), 6);
    assert!(done.text.contains("<option value=\"done\" selected>"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn only_learners_of_the_class_are_counted(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    let kept = class.add("Élodie", "Lefèvre", Some(1), 3).await;
    for (family_name, change) in [
        ("Parti", "is_active = false"),
        ("Essai", "role = 'test_learner'"),
        ("Enseignant", "role = 'teacher'"),
        ("Tuteur", "role = 'assistant'"),
        ("Passant", "role = 'visitor'"),
    ] {
        let learner = class.add("X", family_name, Some(1), 29).await;
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "UPDATE lti_memberships SET {change} WHERE user_id = $1"
        )))
        .bind(learner)
        .execute(&class.site.pool)
        .await
        .expect("a change");
    }
    // The teacher reads as well; it is not counted.
    let completion = format!("{}/grains/grain1/completion", class.root);
    class.teacher.post(&completion).await;
    let page = class.get("/class").await;
    assert_eq!(names(&page), ["Lefèvre Élodie"]);
    assert!(page.text.contains("3\u{a0}grains terminés en 30 jours"));
    let csv = class.get("/class/export.csv").await;
    assert_eq!(csv.text.lines().count(), 1 + 29);
    // Whoever is erased is gone from the page.
    sqlx::query("DELETE FROM users WHERE id = $1")
        .bind(kept)
        .execute(&class.site.pool)
        .await
        .expect("an erasure");
    let page = class.get("/class").await;
    assert!(page.text.contains("Personne n’a encore ouvert le cours."));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_long_list_has_pages(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    class
        .site
        .execute(
            "WITH made AS (
                 INSERT INTO users (platform_id, moodle_user_id, name, family_name)
                 SELECT platform.id, 'n' || rank, 'P ' || to_char(rank, '000'), to_char(rank, '000')
                 FROM lti_platforms AS platform, generate_series(1, 401) AS rank RETURNING id
             )
             INSERT INTO lti_memberships (context_id, user_id, role, role_source)
             SELECT context.id, made.id, 'learner', 'roster' FROM made, lti_contexts AS context",
        )
        .await;
    let first = class.get("/class").await;
    assert_eq!(names(&first).len(), 200);
    assert!(first.text.contains("Page\u{a0}1 sur 3"));
    assert!(first.text.contains("href=\"/class?page=2#people\""));
    assert_eq!(names(&class.get("/class?page=3").await), ["401 P"]);
    // A page that is not there is the last one.
    assert_eq!(names(&class.get("/class?page=99999").await), ["401 P"]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_page_says_where_its_names_come_from(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    let page = class.get("/class").await;
    assert!(
        page.text
            .contains("La liste de la classe est demandée à Moodle")
    );
    // The list that Moodle gives has three learners who never came, and the teacher.
    class.site.drain_outbox().await;
    let page = class.get("/class").await;
    assert!(
        page.text
            .contains("Liste reçue de Moodle le 14\u{a0}novembre\u{a0}2026 à 10\u{a0}h\u{a0}00.")
    );
    assert_eq!(
        names(&page),
        ["Çelik &#38; Zoé", "D&#39;Ornano Noël", "Lefèvre Élodie"]
    );
    assert!(
        page.text
            .contains("<strong>3</strong> <span>ne sont jamais venues")
    );
    class
        .site
        .execute("UPDATE lti_contexts SET roster_failure = 'x', roster_failed_at = roster_read_at")
        .await;
    let page = class.get("/class").await;
    assert!(page.text.contains("Elle n’a pas pu être relue le 14"));
    class
        .site
        .execute("UPDATE lti_contexts SET memberships_url = NULL")
        .await;
    let page = class.get("/class").await;
    assert!(
        page.text
            .contains("Moodle ne donne pas la liste de la classe")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_learner_who_stays_away_for_a_fortnight_has_stopped(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    class.add("Élodie", "Lefèvre", Some(13), 3).await;
    let under_way = class.get("/class?state=under-way").await;
    assert_eq!(names(&under_way), ["Lefèvre Élodie"]);
    class.site.clock.advance(Duration::days(1));
    // A session lasts eight hours.
    let first = class
        .platform
        .open_with(
            &class.site,
            &mut class.teacher,
            crate::support::platform::as_teacher,
        )
        .await;
    crate::lti::root_of(&first).clone_into(&mut class.root);
    let stopped = class.get("/class?state=stopped").await;
    assert_eq!(names(&stopped), ["Lefèvre Élodie"]);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn every_page_of_a_teacher_leads_to_the_class_and_no_page_of_a_learner(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    let home = class.get("/").await;
    assert!(home.text.contains("href=\"/class\">Classe</a>"));
    let mut learner = class.site.browser();
    let first = class.platform.open(&class.site, &mut learner).await;
    let page = learner.get_framed(&first).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("/class\""));
}
