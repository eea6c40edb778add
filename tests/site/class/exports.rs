//! What a teacher takes away: a table for spreadsheets, statements for a learning record store.

use axum::http::StatusCode;
use serde_json::Value;
use sqlx::PgPool;

use super::Classroom;

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_table_has_a_row_for_each_learner_and_grain(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    class.add("Élodie", "Lefèvre", Some(1), 2).await;
    class
        .add("=cmd|' /C calc'!A0", "@Cheval; « x »", None, 0)
        .await;
    let answer = class.get("/class/export.csv").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"classe-2026-11-14.csv\""
    );
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let text = answer.text.strip_prefix('\u{feff}').expect("a mark");
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1 + 2 * 29);
    assert_eq!(
        lines[0],
        "Nom;Identifiant Moodle;Module;Séquence;Grain;Titre du grain;Terminé;Terminé le"
    );
    let first = lines
        .iter()
        .position(|line| line.starts_with("Lefèvre Élodie;101;"));
    let first = first.expect("Élodie's rows");
    assert!(lines[first].ends_with(";oui;13/11/2026 10:00"));
    assert!(lines[first + 2].ends_with(";non;"));
    let formula = "\"'@Cheval; « x » =cmd|' /C calc'!A0\";102;";
    assert!(text.contains(formula), "{text}");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn without_names_a_code_stands_for_each_learner_in_this_class_alone(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    class.add("Élodie", "Lefèvre", Some(1), 2).await;
    let answer = class.get("/class/export.csv?names=no").await;
    let code = |text: &str| -> String {
        let line = text.lines().nth(1).expect("a row");
        line.split(';').next().expect("a code").to_owned()
    };
    assert!(answer.text.contains("Code;Module;"));
    for told in ["Lefèvre", "Élodie", ";101;"] {
        assert!(!answer.text.contains(told), "{told}");
    }
    let again = class.get("/class/export.csv?names=no").await;
    assert_eq!(code(&answer.text), code(&again.text));
    let statements = class.get("/class/export.jsonl?names=no").await;
    assert!(statements.text.contains(&code(&answer.text)));
    for told in ["Lefèvre", "\"101\""] {
        assert!(!statements.text.contains(told), "{told}");
    }
    // Another class knows the same person by another code.
    class
        .site
        .execute(
            "WITH other AS (
                 INSERT INTO lti_contexts (deployment_id, external_id, title)
                 SELECT deployment_id, 'other', 'Autre' FROM lti_contexts RETURNING id
             )
             UPDATE lti_memberships SET context_id = other.id FROM other WHERE role = 'learner'",
        )
        .await;
    let first = class
        .platform
        .open_with(&class.site, &mut class.teacher, |claims| {
            crate::support::platform::as_teacher(claims);
            claims["https://purl.imsglobal.org/spec/lti/claim/context"]["id"] = "other".into();
        })
        .await;
    crate::lti::root_of(&first).clone_into(&mut class.root);
    let other = class.get("/class/export.csv?names=no").await;
    assert_ne!(code(&answer.text), code(&other.text));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn statements_say_who_completed_what_and_when(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    class.add("Élodie", "Lefèvre", Some(1), 2).await;
    let answer = class.get("/class/export.jsonl").await;
    let statements: Vec<Value> = answer
        .text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(statements.len(), 2);
    let first = &statements[0];
    assert_eq!(
        first["verb"]["id"],
        "http://adlnet.gov/expapi/verbs/completed"
    );
    assert_eq!(first["actor"]["account"]["name"], "101");
    assert_eq!(
        first["actor"]["account"]["homePage"],
        class.platform.issuer.as_str()
    );
    assert_eq!(
        first["object"]["id"],
        "https://cours.example.org/grains/grain1"
    );
    let parents = &first["context"]["contextActivities"];
    assert_eq!(
        parents["parent"][0]["id"],
        "https://cours.example.org/sequences/sequence1"
    );
    assert_eq!(parents["grouping"][1]["id"], "https://cours.example.org/");
    assert_eq!(first["timestamp"], "2026-11-13T09:00:00Z");
    assert_ne!(first["id"], statements[1]["id"]);
    // Exported again, a statement is the same one.
    let again = class.get("/class/export.jsonl").await;
    assert_eq!(answer.text, again.text);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_class_of_many_pieces_is_whole(pool: PgPool) {
    let mut class = Classroom::new(pool).await;
    class
        .site
        .execute(
            "WITH made AS (
                 INSERT INTO users (platform_id, moodle_user_id, name)
                 SELECT platform.id, 'n' || rank, 'P' || rank
                 FROM lti_platforms AS platform, generate_series(1, 201) AS rank RETURNING id
             ), member AS (
                 INSERT INTO lti_memberships (context_id, user_id, role, role_source)
                 SELECT context.id, made.id, 'learner', 'roster' FROM made, lti_contexts AS context
             )
             INSERT INTO progress (user_id, grain_id, module_id, sequence_id)
             SELECT made.id, grains.id, module_id, sequence_id FROM made, grains WHERE grains.id = 'grain1'",
        )
        .await;
    let table = class.get("/class/export.csv").await;
    assert_eq!(table.text.lines().count(), 1 + 201 * 29);
    assert_eq!(table.text.matches(";oui;").count(), 201);
    let statements = class.get("/class/export.jsonl").await;
    assert_eq!(statements.text.lines().count(), 201);
}
