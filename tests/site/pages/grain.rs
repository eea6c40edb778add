//! A grain, « Terminer ce grain » and its undoing.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::support::TestSite;

const COUNT: &str = "SELECT count(*) FROM progress";

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn finishing_leads_to_the_next_grain_with_a_word(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let answer = browser.post("/grains/grain1/completion").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.location(), "/grains/grain2?finished=grain1");
    assert_eq!(
        site.count(COUNT).await,
        1,
        "the row is there before the answer"
    );
    let next = browser.get("/grains/grain2?finished=grain1").await;
    assert!(next.text.contains("Grain terminé"));
    assert!(
        next.text
            .contains("1\u{a0}grain sur 6</span> dans ce module."),
        "{}",
        next.text
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn finishing_twice_is_harmless(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    let first = browser.post("/grains/grain1/completion").await;
    let second = browser.post("/grains/grain1/completion").await;
    assert_eq!(first.location(), second.location());
    assert_eq!(site.count(COUNT).await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn the_end_of_a_sequence_a_module_and_the_course_has_its_own_word(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain1", "grain2"]).await;
    let sequence = browser.post("/grains/grain3/completion").await;
    assert_eq!(sequence.location(), "/grains/grain4?finished=grain3");
    let page = browser.get("/grains/grain4?finished=grain3").await;
    let word = "la séquence «\u{a0}Ce qu’innover veut dire\u{a0}» est terminée";
    assert!(page.text.contains(word));
    browser.post("/grains/grain4/completion").await;
    browser.post("/grains/grain5/completion").await;
    let module = browser.post("/grains/grain6/completion").await;
    assert_eq!(module.location(), "/modules/module1?finished=grain6");
    assert!(
        browser
            .get(module.location())
            .await
            .text
            .contains("Module\u{a0}1 terminé")
    );
    for rank in 7..29 {
        browser
            .post(&format!("/grains/grain{rank}/completion"))
            .await;
    }
    let course = browser.post("/grains/grain29/completion").await;
    assert_eq!(course.location(), "/?finished=grain29");
    let home = browser.get("/?finished=grain29").await;
    assert!(home.text.contains("29\u{a0}grains sur 29"));
    assert!(
        home.text
            .contains("Cours terminé le 14\u{a0}novembre\u{a0}2026")
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_confirmation_is_shown_for_what_is_really_done(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain1"]).await;
    for lie in ["grain5", "nothing", "%3Cscript%3E", ""] {
        let page = browser.get(&format!("/grains/grain2?finished={lie}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.text.contains("Grain terminé"), "{lie}");
    }
    let page = site.browser().get("/grains/grain2?finished=grain1").await;
    assert!(
        !page.text.contains("Grain terminé"),
        "nobody has finished anything"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_finished_grain_says_since_when_and_can_be_taken_back(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner_after("42", &["grain1"]).await;
    let page = browser.get("/grains/grain1").await;
    assert!(
        page.text
            .contains("Vous avez terminé ce grain le 14\u{a0}novembre\u{a0}2026")
    );
    assert!(page.text.contains("Je veux le revoir plus tard"));
    let undone = browser.post("/grains/grain1/completion/undo").await;
    assert_eq!(undone.status, StatusCode::SEE_OTHER);
    assert_eq!(undone.location(), "/grains/grain1");
    assert_eq!(site.count(COUNT).await, 0);
    assert!(
        browser
            .get("/grains/grain1")
            .await
            .text
            .contains("Terminer ce grain")
    );
    let again = browser.post("/grains/grain1/completion/undo").await;
    assert_eq!(
        again.status,
        StatusCode::SEE_OTHER,
        "taking back nothing is harmless"
    );
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn without_a_session_nothing_is_written_and_the_way_back_is_shown(pool: PgPool) {
    let site = TestSite::new(pool).await;
    for path in [
        "/grains/grain12/completion",
        "/grains/grain12/completion/undo",
    ] {
        let answer = site.browser().post(path).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.text.contains("Votre session est terminée"));
        assert!(answer.text.contains("href=\"/\""), "a way onwards");
    }
    let answer = site.browser().post("/grains/grain12/completion").await;
    assert!(
        answer.text.contains("href=\"/grains/grain12\""),
        "the grain can still be read"
    );
    assert!(
        answer
            .text
            .contains("Maquette, prototype, produit minimum viable"),
        "what was not saved"
    );
    assert_eq!(site.count(COUNT).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn an_unknown_grain_is_not_found_and_nothing_is_written(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let mut browser = site.learner("42").await;
    for path in [
        "/grains/grain99/completion",
        "/grains/grain99/completion/undo",
    ] {
        assert_eq!(
            browser.post(path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        browser.get("/grains/grain99").await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(site.count(COUNT).await, 0);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn links_to_other_sites_open_beside_the_frame(pool: PgPool) {
    let site = TestSite::new(pool).await;
    let page = site.browser().get("/grains/grain5").await;
    let away = page.text.matches("href=\"https://").count();
    let beside = page
        .text
        .matches("<a target=\"_blank\" rel=\"noopener\" href=\"https://")
        .count();
    assert!(away > 0);
    assert_eq!(beside, away);
}
