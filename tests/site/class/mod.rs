//! The class of a teacher: the page, what can be taken away, the grades that were refused.

mod exports;
mod grades;
mod page;

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    lti::root_of,
    support::{
        Answer, Browser, TestSite,
        platform::{FakePlatform, as_teacher},
    },
};

/// A teacher who has opened the activity, and their class.
struct Classroom {
    site: TestSite,
    platform: FakePlatform,
    teacher: Browser,
    root: String,
    context: Uuid,
    size: usize,
}

/// Family names in the order in which French sorts them.
const NAMES: [(&str, &str); 30] = [
    ("Lina", "Amrani"),
    ("Malik", "Benali"),
    ("Hugo", "Bernard"),
    ("Antoine", "Blanc"),
    ("Élise", "Caron"),
    ("Zoé", "Çelik"),
    ("Noël", "D’Ornano"),
    ("Inès", "Dubois"),
    ("Paul", "Éluard"),
    ("Chloé", "Fabre"),
    ("Tom", "Garnier"),
    ("Yanis", "Haddad"),
    ("Maëlle", "Kervella"),
    ("Emma", "Lambert"),
    ("Inès", "Le Goff"),
    ("Chloé", "Lefèvre"),
    ("Mathis", "Leroy"),
    ("Nour", "Mansour"),
    ("Léa", "Martin"),
    ("Paul", "Mercier"),
    ("Jules", "Moreau"),
    ("Fatou", "Ndiaye"),
    ("Gabriel", "Noël"),
    ("Anna", "Œuvrard"),
    ("Solène", "Petit"),
    ("Alice", "Robin"),
    ("Manon", "Roux"),
    ("Karim", "Saïdi"),
    ("Idriss", "Traoré"),
    ("Eva", "Zimmer"),
];

impl Classroom {
    /// A class of nobody but its teacher.
    async fn new(pool: PgPool) -> Self {
        let site = TestSite::in_production(pool).await;
        // The reading of the class list is no matter here.
        site.leaves_jobs();
        let platform = FakePlatform::start(&site).await;
        let mut teacher = site.browser();
        let first = platform.open_with(&site, &mut teacher, as_teacher).await;
        let context = sqlx::query_scalar("SELECT id FROM lti_contexts")
            .fetch_one(&site.pool)
            .await
            .expect("one context");
        Self {
            root: root_of(&first).to_owned(),
            site,
            platform,
            teacher,
            context,
            size: 0,
        }
    }

    /// The same with the first `size` people of [`NAMES`], not in their order: each has done as many
    /// grains as a fixed pattern says.
    async fn of(pool: PgPool, size: usize) -> Self {
        let mut class = Self::new(pool).await;
        for rank in (0..size).rev() {
            let (given_name, family_name) = NAMES[rank];
            let launched_days_ago = (rank % 5 != 4).then_some(i64::try_from(rank).expect("small"));
            let grains = match rank % 5 {
                0 => 29,
                1 => 13,
                2 => 3,
                _ => 0,
            };
            class
                .add(given_name, family_name, launched_days_ago, grains)
                .await;
        }
        class
    }

    /// Somebody on the class list, who finished the first `grains` when they last came.
    async fn add(
        &mut self,
        given_name: &str,
        family_name: &str,
        launched_days_ago: Option<i64>,
        grains: i64,
    ) -> Uuid {
        self.size += 1;
        let launched_at = launched_days_ago.map(|days| self.now() - Duration::days(days));
        let learner: Uuid = sqlx::query_scalar(
            "INSERT INTO users (platform_id, moodle_user_id, name, family_name)
             SELECT id, $1, $2 || ' ' || $3, $3 FROM lti_platforms RETURNING id",
        )
        .bind(format!("{}", 100 + self.size))
        .bind(given_name)
        .bind(family_name)
        .fetch_one(&self.site.pool)
        .await
        .expect("a learner");
        sqlx::query(
            "INSERT INTO lti_memberships (context_id, user_id, role, role_source, launched_at)
             VALUES ($1, $2, 'learner', 'roster', $3)",
        )
        .bind(self.context)
        .bind(learner)
        .bind(launched_at)
        .execute(&self.site.pool)
        .await
        .expect("a membership");
        sqlx::query(
            "INSERT INTO progress (user_id, grain_id, module_id, sequence_id, completed_at)
             SELECT $1, id, module_id, sequence_id, $2 FROM grains ORDER BY position LIMIT $3",
        )
        .bind(learner)
        .bind(launched_at.unwrap_or(self.now()))
        .bind(grains)
        .execute(&self.site.pool)
        .await
        .expect("completions");
        learner
    }

    fn now(&self) -> OffsetDateTime {
        self.site.clock.now()
    }

    /// A page of the class, as its teacher sees it.
    async fn get(&mut self, path: &str) -> Answer {
        let path = format!("{}{path}", self.root);
        let mut answer = self.teacher.get_framed(&path).await;
        // The handle is another one each time.
        answer.text = answer.text.replace(&self.root, "");
        answer
    }
}

/// The names in the rows of a list, in their order.
fn names(answer: &Answer) -> Vec<String> {
    let (_, list) = answer.text.split_once("id=\"people\"").expect("a list");
    let (_, body) = list.split_once("<tbody>").unwrap_or_default();
    let (body, _) = body.split_once("</tbody>").unwrap_or_default();
    let rows = body.split("<th scope=\"row\">").skip(1);
    rows.map(|row| row.split('<').next().unwrap_or_default().to_owned())
        .collect()
}
