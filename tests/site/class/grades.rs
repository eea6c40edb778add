//! Grades that the platform refused: told to the teacher, sent again.

use axum::http::StatusCode;
use sqlx::PgPool;

use super::Classroom;
use crate::{lti::root_of, support::platform::services::Scripted};

const RESOURCE_LINK: &str = "https://purl.imsglobal.org/spec/lti/claim/resource_link";

impl Classroom {
    /// A learner opens so many activities and finishes a grain; the platform refuses each grade.
    async fn with_refusals(pool: PgPool, activities: usize) -> Self {
        let class = Self::new(pool).await;
        let mut learner = class.site.browser();
        let mut root = String::new();
        for rank in 0..activities {
            let change = |claims: &mut serde_json::Value| {
                claims[RESOURCE_LINK]["id"] = format!("link-{rank}").into();
                claims[RESOURCE_LINK]["title"] = format!("Activité <{rank}>").into();
            };
            let first = class
                .platform
                .open_with(&class.site, &mut learner, change)
                .await;
            root_of(&first).clone_into(&mut root);
        }
        learner
            .post(&format!("{root}/grains/grain1/completion"))
            .await;
        let no = || Scripted::status(403).saying("This user is <b>not</b> enrolled");
        let answers: Vec<_> = (0..activities).map(|_| no()).collect();
        class.platform.services.script_scores(answers);
        class.site.drain_outbox().await;
        class
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_refused_grade_is_told_with_the_answer_of_moodle(pool: PgPool) {
    let mut class = Classroom::with_refusals(pool, 1).await;
    let page = class.get("/class").await;
    assert!(page.text.contains("Une note a été refusée par Moodle"));
    assert!(page.text.contains("<td>Refusée</td>"));
    assert!(page.text.contains("Activité &#60;0&#62;"));
    assert!(page.text.contains(
        "Réponse\u{a0}: 403, «\u{a0}This user is &#60;b&#62;not&#60;/b&#62; enrolled\u{a0}»"
    ));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_grade_is_sent_again_by_a_button(pool: PgPool) {
    let mut class = Classroom::with_refusals(pool, 1).await;
    let page = class.get("/class").await;
    let (_, rest) = page
        .text
        .split_once("name=\"score\" value=\"")
        .expect("a button");
    let (score, _) = rest.split_once('"').expect("a value");
    let path = format!("{}/class/resending", class.root);
    let answer = class.teacher.post_form(&path, &[("score", score)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), format!("{}/class?resent=1", class.root));
    let page = class.get("/class?resent=1").await;
    assert!(
        page.text
            .contains("Une note est de nouveau en route vers Moodle.")
    );
    assert!(page.text.contains("<td>En route</td>"));
    assert!(!page.text.contains("refusée"));
    class.site.drain_outbox().await;
    let page = class.get("/class").await;
    assert!(page.text.contains("<td>Reçue</td>"));
    // A second press finds nothing.
    let answer = class.teacher.post_form(&path, &[("score", score)]).await;
    assert!(answer.location().ends_with("/class?resent=0"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn all_grades_are_sent_again_by_one_button(pool: PgPool) {
    let mut class = Classroom::with_refusals(pool, 2).await;
    let page = class.get("/class").await;
    assert!(
        page.text
            .contains("2\u{a0}notes ont été refusées par Moodle")
    );
    assert!(page.text.contains("Tout envoyer à nouveau"));
    let path = format!("{}/class/resending", class.root);
    let answer = class.teacher.post_form(&path, &[]).await;
    assert!(answer.location().ends_with("/class?resent=2"));
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn nonsense_and_grades_of_other_classes_are_not_sent(pool: PgPool) {
    let mut class = Classroom::with_refusals(pool, 1).await;
    let path = format!("{}/class/resending", class.root);
    for nonsense in ["x", "..", "1.2"] {
        let answer = class.teacher.post_form(&path, &[("score", nonsense)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{nonsense}");
    }
    class
        .site
        .execute(
            "WITH other AS (
                 INSERT INTO lti_contexts (deployment_id, external_id)
                 SELECT deployment_id, 'other' FROM lti_contexts RETURNING id
             )
             UPDATE lti_resource_links SET context_id = other.id FROM other WHERE external_id = 'link-0'",
        )
        .await;
    let answer = class.teacher.post_form(&path, &[]).await;
    assert!(answer.location().ends_with("/class?resent=0"));
    let refused = "SELECT count(*) FROM internal.lti_scores WHERE refused_at IS NOT NULL";
    assert_eq!(class.site.count(refused).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn in_read_only_mode_nothing_is_sent_again(pool: PgPool) {
    let mut class = Classroom::with_refusals(pool, 1).await;
    class
        .site
        .execute("SELECT internal.set_read_only(true)")
        .await;
    class.site.clock.advance(time::Duration::seconds(2));
    let page = class.get("/class").await;
    assert_eq!(page.status, StatusCode::OK);
    let path = format!("{}/class/resending", class.root);
    let answer = class.teacher.post_form(&path, &[]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}
