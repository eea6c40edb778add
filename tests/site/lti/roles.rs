//! Rows R01 to R17: what somebody may do in a course, from the roles that the platform tells.

use axum::http::StatusCode;
use mini_site::lti::Role;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{
    frames::root_of,
    row::{LTI, Row},
};
use crate::support::platform::as_deep_linking;

const MEMBERSHIP: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership";
const INSTITUTION: &str = "http://purl.imsglobal.org/vocab/lis/v2/institution/person";
const SYSTEM: &str = "http://purl.imsglobal.org/vocab/lis/v2/system/person";
const TEST_USER: &str = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser";

/// What the learner of a good launch is in their course.
const NOTED: &str =
    "SELECT role FROM lti_memberships JOIN users ON users.id = user_id AND moodle_user_id = '4'";

/// What stands on each page for those who see the class.
const REMARK: &str = "Vous enseignez dans ce cours";

/// Sets the roles of a launch.
fn roles(claims: &mut Value, roles: &Value) {
    claims[format!("{LTI}roles")] = roles.clone();
}

impl Row {
    /// What somebody with these roles becomes: noted in the course, and held to it on the pages,
    /// in the dialog of teachers and with their own completions.
    async fn becomes(&mut self, told: Value, expected: Role) {
        let first = self.accepts(|claims| roles(claims, &told)).await;
        assert_eq!(self.text(NOTED).await, expected.as_str(), "{told}");
        let page = self.page(&first).await;
        assert_eq!(page.contains(REMARK), expected.can_see_class(), "{told}");
        let completion = format!("{}/grains/grain1/completion", root_of(&first));
        let answer = self.browser.post(&completion).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "all may learn");
        let change = |claims: &mut Value| {
            as_deep_linking(claims);
            roles(claims, &told);
        };
        if expected.can_place_activities() {
            self.accepts(change).await;
        } else {
            self.refuses(StatusCode::FORBIDDEN, "role-too-low", change)
                .await;
        }
    }
}

/// Roles of the context, written in full.
fn in_context<const N: usize>(names: [&str; N]) -> Value {
    let names = names.iter().map(|name| format!("{MEMBERSHIP}{name}"));
    names.collect()
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r01_a_learner_learns(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.becomes(in_context(["#Learner"]), Role::Learner).await;
    row.becomes(in_context(["/Learner#NonCreditLearner"]), Role::Learner)
        .await;
    assert!(Role::Learner.is_graded());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r02_an_instructor_teaches_in_this_course(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.becomes(in_context(["#Instructor"]), Role::Teacher)
        .await;
    row.becomes(in_context(["/Instructor#Lecturer"]), Role::Teacher)
        .await;
    // In this course: in another one they learn.
    row.accepts(|claims| claims[format!("{LTI}context")]["id"] = json!("3"))
        .await;
    let roles = "SELECT string_agg(role, ' ' ORDER BY external_id) FROM lti_memberships JOIN lti_contexts ON lti_contexts.id = context_id JOIN users ON users.id = user_id AND moodle_user_id = '4'";
    assert_eq!(row.text(roles).await, "teacher learner");
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r03_of_several_roles_the_highest_of_the_context_wins(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let many = json!([
        format!("{INSTITUTION}#Student"),
        format!("{MEMBERSHIP}#Learner"),
        format!("{SYSTEM}#User"),
        format!("{MEMBERSHIP}#Instructor"),
        "urn:example:other",
    ]);
    row.becomes(many, Role::Teacher).await;
    let beside = json!([
        format!("{INSTITUTION}#Instructor"),
        format!("{MEMBERSHIP}#Learner"),
    ]);
    row.becomes(beside, Role::Learner).await;
    // A site administrator of Moodle, as it was seen.
    let administrator = json!([
        format!("{INSTITUTION}#Administrator"),
        format!("{MEMBERSHIP}#Instructor"),
        format!("{SYSTEM}#Administrator"),
    ]);
    row.becomes(administrator, Role::Teacher).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r04_short_names_are_those_of_the_context(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.becomes(json!(["Learner"]), Role::Learner).await;
    row.becomes(json!(["Instructor"]), Role::Teacher).await;
    row.becomes(json!(["Learner", "Instructor"]), Role::Teacher)
        .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r05_an_unknown_role_reads_and_learns_without_rights(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for unknown in [
        "http://example.org/roles#Instructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership#Wizard",
        "http://purl.imsglobal.org/vocab/lis/v2/membershipInstructor",
        "http://purl.imsglobal.org/vocab/lis/v2/membership#/Instructor",
        "instructor",
        "Wizard",
    ] {
        row.becomes(json!([unknown]), Role::Visitor).await;
    }
    assert!(!Role::Visitor.is_graded());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r06_an_empty_role_is_an_unknown_one(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.becomes(json!([""]), Role::Visitor).await;
    row.becomes(json!(["", "Learner"]), Role::Learner).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r07_no_role_at_all_gives_no_right(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.becomes(json!([]), Role::Visitor).await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r08_a_launch_that_tells_no_roles_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.refuses(StatusCode::UNAUTHORIZED, "claim-missing:roles", |claims| {
        roles(claims, &Value::Null);
    })
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r09_roles_are_a_list_of_texts(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let learner = format!("{MEMBERSHIP}#Learner");
    for told in [
        json!(learner),
        json!([learner, 1]),
        json!([1]),
        json!([[learner]]),
        json!([null]),
        json!({ "0": learner }),
    ] {
        row.refuses(
            StatusCode::UNAUTHORIZED,
            "claim-malformed:roles",
            |claims| roles(claims, &told),
        )
        .await;
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r10_who_teaches_elsewhere_in_the_institution_does_not_teach_here(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for name in ["Instructor", "Faculty", "Staff"] {
        row.becomes(json!([format!("{INSTITUTION}#{name}")]), Role::Visitor)
            .await;
    }
    row.becomes(
        json!([
            format!("{INSTITUTION}#Instructor"),
            format!("{INSTITUTION}#Faculty")
        ]),
        Role::Visitor,
    )
    .await;
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r11_an_administrator_without_a_part_in_the_course_reads_and_sees_nobody(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let both = json!([
        format!("{SYSTEM}#Administrator"),
        format!("{INSTITUTION}#Administrator")
    ]);
    row.becomes(both, Role::Observer).await;
    let observer = Role::Observer;
    assert!(!observer.can_see_class() && !observer.can_change_class());
    assert!(!observer.can_place_activities() && !observer.is_graded());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r12_an_assistant_sees_the_class_and_changes_nothing(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.becomes(
        in_context(["/Instructor#TeachingAssistant"]),
        Role::Assistant,
    )
    .await;
    row.becomes(
        in_context(["#Instructor", "/Instructor#TeachingAssistant"]),
        Role::Assistant,
    )
    .await;
    let assistant = Role::Assistant;
    assert!(assistant.can_see_class() && !assistant.can_change_class());
    assert!(!assistant.can_place_activities() && !assistant.is_graded());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r13_a_mentor_sees_nobody_s_progress(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let first = row
        .accepts(|claims| {
            roles(claims, &in_context(["#Mentor"]));
            claims[format!("{LTI}role_scope_mentor")] = json!(["5", "6"]);
        })
        .await;
    assert!(!row.page(&first).await.contains(REMARK));
    assert_eq!(row.text(NOTED).await, "visitor");
    assert!(!Role::Visitor.can_see_class());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r14_a_learner_of_a_preview_learns_without_grades(pool: PgPool) {
    let mut row = Row::new(pool).await;
    for role in ["#Learner", "#Instructor"] {
        let told = json!([format!("{MEMBERSHIP}{role}"), TEST_USER]);
        row.becomes(told, Role::TestLearner).await;
    }
    assert!(!Role::TestLearner.is_graded() && !Role::TestLearner.can_see_class());
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r15_who_learns_and_teaches_is_a_teacher_whose_progress_does_not_count(pool: PgPool) {
    let mut row = Row::new(pool).await;
    row.becomes(in_context(["#Learner", "#Instructor"]), Role::Teacher)
        .await;
    assert!(!Role::Teacher.is_graded());
    // Their own progress is kept all the same.
    assert_eq!(row.site.count("SELECT count(*) FROM progress").await, 1);
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r16_a_learner_who_types_the_address_of_the_class_is_refused(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let first = row
        .accepts(|claims| roles(claims, &in_context(["#Learner"])))
        .await;
    for path in ["/class", "/class/export.csv", "/class/export.jsonl"] {
        let answer = row
            .browser
            .get_framed(&format!("{}{path}", root_of(&first)))
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
        assert!(!answer.text.contains("Lefèvre"), "{path}");
    }
}

#[sqlx::test(migrator = "mini_site::db::MIGRATOR")]
async fn r17_rights_follow_the_launch_in_hand_for_eight_hours_at_most(pool: PgPool) {
    let mut row = Row::new(pool).await;
    let launch = async |row: &mut Row, role: &str| {
        let told = in_context([role]);
        row.accepts(|claims| roles(claims, &told)).await
    };
    let teaching = launch(&mut row, "#Instructor").await;
    let learning = launch(&mut row, "#Learner").await;
    assert!(!row.page(&learning).await.contains(REMARK));
    assert!(row.page(&teaching).await.contains(REMARK), "kept");
    assert_eq!(row.text(NOTED).await, "learner");
    for _ in 0..7 {
        row.site.clock.advance(Duration::minutes(68));
        assert!(row.page(&teaching).await.contains(REMARK), "kept");
    }
    row.site.clock.advance(Duration::minutes(4));
    let over = row.browser.get_framed(&teaching).await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
}
