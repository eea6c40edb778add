//! The grades that Moodle refused, its answer, and the button that sends them again.

use std::collections::HashMap;

use crate::{
    class::Class,
    learner::LearnerId,
    lti::{
        ResourceLinkId,
        gradebook::store::RefusedScore,
        services::{Refusal, RefusalReason},
    },
    web::french,
};

/// The refused grades.
pub(super) struct Refusals {
    /// « 2 notes ont été refusées par Moodle ».
    pub(super) title: String,
    /// Where the buttons post to.
    pub(super) action: String,
    pub(super) rows: Vec<RefusalRow>,
}

/// One refused grade.
pub(super) struct RefusalRow {
    pub(super) name: String,
    pub(super) activity: String,
    pub(super) reason: &'static str,
    /// What the platform said, word for word.
    pub(super) answer: Option<String>,
    pub(super) at: String,
    /// How the button names it.
    pub(super) score: String,
}

impl Refusals {
    /// `None` when none was refused. Somebody who is no learner of the class any more is left out.
    pub(super) fn new(class: &Class, action: String) -> Option<Self> {
        let members = class.members.iter();
        let names: HashMap<_, _> = members
            .map(|member| (member.who.id, member.who.name.as_str()))
            .collect();
        let row = |refused: &RefusedScore| {
            let name = names.get(&refused.learner)?;
            Some(RefusalRow::new(refused, (*name).to_owned()))
        };
        let rows: Vec<_> = class.refused.iter().filter_map(row).collect();
        (!rows.is_empty()).then(|| Self {
            title: match rows.len() {
                1 => "Une note a été refusée par Moodle".to_owned(),
                count => format!("{count}\u{a0}notes ont été refusées par Moodle"),
            },
            action,
            rows,
        })
    }
}

impl RefusalRow {
    fn new(refused: &RefusedScore, name: String) -> Self {
        Self {
            name,
            activity: refused
                .activity
                .clone()
                .unwrap_or_else(|| "Activité sans titre".to_owned()),
            reason: reason(refused.refusal.reason),
            answer: answer(&refused.refusal),
            at: french::moment(refused.at),
            score: format!("{}.{}", refused.link.0, refused.learner.0),
        }
    }
}

/// The score that a button names.
pub(super) fn score_named(text: &str) -> Option<(ResourceLinkId, LearnerId)> {
    let (link, learner) = text.split_once('.')?;
    Some((
        ResourceLinkId(link.parse().ok()?),
        LearnerId(learner.parse().ok()?),
    ))
}

/// What is said just after the button.
pub(super) fn resent(count: usize) -> String {
    match count {
        0 => "Aucune note n’était à renvoyer.".to_owned(),
        1 => "Une note est de nouveau en route vers Moodle.".to_owned(),
        count => format!("{count}\u{a0}notes sont de nouveau en route vers Moodle."),
    }
}

/// Why, and what to do about it.
fn reason(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Answer => {
            "Moodle a refusé la note. Vérifiez que la personne est toujours inscrite et que l’activité accepte les notes."
        }
        RefusalReason::Conflict => "Moodle garde une note plus récente.",
        RefusalReason::Scope => {
            "Moodle n’accorde pas le droit d’envoyer des notes\u{a0}: l’administration de Moodle peut l’ouvrir dans les réglages de l’outil."
        }
        RefusalReason::Address => {
            "L’adresse du carnet de notes n’est pas une adresse de ce Moodle."
        }
        RefusalReason::GivenUp => "Moodle n’a pas répondu pendant plusieurs semaines.",
    }
}

fn answer(refusal: &Refusal) -> Option<String> {
    let status = refusal.status?;
    let text = refusal.answer.trim();
    Some(if text.is_empty() {
        format!("Réponse\u{a0}: {status}")
    } else {
        format!("Réponse\u{a0}: {status}, «\u{a0}{text}\u{a0}»")
    })
}
