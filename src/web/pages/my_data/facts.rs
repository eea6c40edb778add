//! What is kept about a learner, in plain French.

use crate::{
    privacy::{Completion, Course, Kept, Profile},
    progress::Standing,
    web::{french, pages::bar::Bar},
};

/// One thing that is kept.
#[derive(Debug)]
pub(super) struct Fact {
    /// « Adresse électronique ».
    pub(super) name: &'static str,
    /// What it is, a line each.
    pub(super) lines: Vec<String>,
    /// The bar that says it as well.
    pub(super) bar: Option<Bar>,
    /// Where it comes from and what it is for.
    pub(super) why: &'static str,
}

impl Fact {
    fn new(name: &'static str, lines: Vec<String>, why: &'static str) -> Self {
        Self {
            name,
            lines,
            bar: None,
            why,
        }
    }
}

/// Everything, each with its reason.
pub(super) fn of(kept: &Kept, standing: &Standing) -> Vec<Fact> {
    let progress = Fact {
        bar: Some(Bar::of_course(standing.completions.of_course())),
        ..Fact::new(
            "Grains terminés",
            completions(&kept.completions),
            "Chaque grain et la date de votre clic sur «\u{a0}Terminer ce grain\u{a0}», pour vous montrer où vous en êtes et calculer votre note.",
        )
    };
    let facts = [
        Fact::new(
            "Nom",
            vec![or(kept.profile.name.as_deref(), "Non communiqué")],
            "Pour vous nommer sur vos pages et dans la liste de votre classe.",
        ),
        Fact::new(
            "Adresse électronique",
            vec![or(kept.profile.email.as_deref(), "Non communiquée")],
            "Pour distinguer deux personnes du même nom. Ce site n’envoie aucun courriel.",
        ),
        Fact::new(
            "Identifiant",
            vec![identity(kept)],
            "Pour vous reconnaître quand vous revenez, et adresser votre note à la bonne personne.",
        ),
        Fact::new(
            "Profil et visites",
            visits(&kept.profile),
            "Pour savoir depuis quand vos données ne servent plus. Les pages que vous lisez ne sont pas enregistrées.",
        ),
        progress,
        Fact::new(
            "Cours Moodle",
            kept.courses.iter().map(course).collect(),
            "Dits par Moodle, pour que la personne qui enseigne suive sa classe, et elle seule.",
        ),
        Fact::new(
            "Notes",
            grades(kept),
            "Pour que le carnet de notes de Moodle montre votre avancement sans que vous ayez rien à faire.",
        ),
        Fact::new(
            "Sessions",
            sessions(kept),
            "Pour vous reconnaître d’une page à l’autre. Effacées dans l’heure qui suit leur fin.",
        ),
    ];
    let is_kept = |fact: &Fact| !fact.lines.is_empty();
    facts.into_iter().filter(is_kept).collect()
}

/// « Votre profil et vos 12 grains terminés… »
pub(super) fn losses(kept: &Kept) -> String {
    let profile = match (&kept.profile.name, &kept.profile.email) {
        (Some(_), Some(_)) => "Votre nom, votre adresse",
        (Some(_), None) => "Votre nom",
        (None, Some(_)) => "Votre adresse",
        (None, None) => "Votre identifiant",
    };
    let done = match kept.completions.len() {
        0 => "votre profil".to_owned(),
        1 => "votre grain terminé".to_owned(),
        many => format!("vos {} terminés", french::grains(many)),
    };
    let queued = match kept.queued.len() {
        0 => String::new(),
        many => format!(
            " {} de note ne {} pas.",
            french::several(many, "envoi", "envois"),
            if many > 1 { "partiront" } else { "partira" }
        ),
    };
    format!("{profile} et {done} seront supprimés d’ici, sans retour possible.{queued}")
}

/// How long all of it is kept.
pub(super) fn duration(months: Option<u16>) -> String {
    match months {
        Some(months) => {
            format!("Sans visite de votre part pendant {months}\u{a0}mois, tout est effacé.")
        }
        None => "Aucune durée n’est fixée d’avance\u{a0}: tout reste jusqu’à ce que vous l’effaciez vous-même, ou que le cours ferme.".to_owned(),
    }
}

/// What a person is in a course, as the platform says it.
pub(super) fn role(role: &str) -> &'static str {
    match role {
        "learner" => "apprenant·e",
        "teacher" => "enseignant·e",
        "assistant" => "assistant·e",
        "observer" => "observation",
        "test_learner" => "essai d’un rôle d’apprenant·e",
        _ => "sans rôle précis",
    }
}

/// The title of a course over there.
pub(super) fn course_title(course: &Course) -> &str {
    let title = course.title.as_deref().or(course.label.as_deref());
    title.unwrap_or("Cours sans titre")
}

fn or(text: Option<&str>, unknown: &str) -> String {
    let text = text.filter(|text| !text.trim().is_empty());
    text.unwrap_or(unknown).to_owned()
}

fn identity(kept: &Kept) -> String {
    let id = &kept.profile.moodle_user_id;
    match &kept.platform {
        Some(platform) => format!("{id}, dans «\u{a0}{}\u{a0}»", platform.name),
        None => id.clone(),
    }
}

fn visits(profile: &Profile) -> Vec<String> {
    let made = format!("Profil créé le {}", french::date(profile.created_at));
    let visit = profile.last_visit_at.map(french::date);
    let visit = visit.map(|date| format!("Dernière visite le {date}"));
    std::iter::once(made).chain(visit).collect()
}

fn completions(done: &[Completion]) -> Vec<String> {
    let (Some(first), Some(last)) = (done.first(), done.last()) else {
        return vec!["Aucun pour l’instant".to_owned()];
    };
    let (first, last) = (
        french::date(first.completed_at),
        french::date(last.completed_at),
    );
    vec![if first == last {
        format!("Le {first}")
    } else {
        format!("Du {first} au {last}")
    }]
}

fn course(course: &Course) -> String {
    let title = course_title(course);
    let left = if course.is_active {
        ""
    } else {
        ", plus sur la liste"
    };
    let since = french::date(course.since);
    format!("{title} ({}{left}), depuis le {since}", role(&course.role))
}

fn grades(kept: &Kept) -> Vec<String> {
    let sent = kept.grades.iter().filter(|grade| grade.sent.is_some());
    let refused = kept.grades.iter().filter(|grade| grade.refused.is_some());
    let counts = [
        (sent.count(), "note transmise", "notes transmises"),
        (
            refused.count(),
            "note refusée par Moodle",
            "notes refusées par Moodle",
        ),
        (kept.queued.len(), "envoi en attente", "envois en attente"),
    ];
    let told = counts.into_iter().filter(|(count, ..)| *count > 0);
    let told: Vec<_> = told
        .map(|(count, one, many)| french::several(count, one, many))
        .collect();
    if told.is_empty() && !kept.grades.is_empty() {
        return vec!["Aucune transmise pour l’instant".to_owned()];
    }
    told
}

fn sessions(kept: &Kept) -> Vec<String> {
    let Some(last) = kept.sessions.last() else {
        return Vec::new();
    };
    let count = french::several(kept.sessions.len(), "session", "sessions");
    let end = french::moment(last.expires_at);
    vec![format!("{count}, jusqu’au {end} au plus tard")]
}
