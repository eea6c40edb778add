//! Sessions in a frame: how they open, where they live, and what ends them.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::support::{TestSite, platform::FakePlatform};

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn a_learner_is_known_by_name_in_the_frame_and_finishes_a_grain_there(pool: PgPool) {
    let site = TestSite::in_production(pool).await;
    let platform = FakePlatform::start(&site).await;
    let mut browser = site.browser();
    let home = platform.open(&site, &mut browser).await;
    let page = browser.get_framed(&home).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("Élodie Lefèvre"));
    let root = home.trim_end_matches('/');
    let answer = browser
        .post(&format!("{root}/grains/grain1/completion"))
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        answer.location(),
        format!("{root}/grains/grain2?finished=grain1")
    );
    assert_eq!(site.count("SELECT count(*) FROM progress").await, 1);
}
