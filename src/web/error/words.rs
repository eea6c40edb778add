//! What the page of an error says: title, what happened and what is safe, what to do.

use super::PageError;
use crate::catalogue::Grain;

impl PageError {
    /// Title, what happened, what to do.
    pub(super) fn words(&self) -> (String, String, Option<String>) {
        let [title, lead, text]: [&str; 3] = match self {
            Self::NotFound => [
                "Cette page n’existe pas, ou plus",
                "Le grain que vous cherchez a peut-être été déplacé dans le cours. Ce que vous avez terminé est toujours compté.",
                "",
            ],
            Self::Retired => [
                "Ce grain ne fait plus partie du cours",
                "Le cours a évolué et ce grain en a été retiré. Si vous l’aviez terminé, c’est toujours enregistré.",
                "",
            ],
            Self::NoSession { unsaved } => return session_ended(*unsaved),
            Self::Refused(refusal) => [refusal.title, &refusal.lead, refusal.text],
            Self::OutOfFrame => [
                "Cette page s’ouvre dans votre cours Moodle",
                "Son adresse ne vaut que là où vous avez ouvert le cours\u{a0}: elle ne peut être ni copiée, ni ouverte dans un autre onglet. Ce que vous avez terminé est enregistré.",
                "Revenez dans votre cours Moodle et ouvrez de nouveau l’activité.",
            ],
            Self::NotTeacher => [
                "Cette page est réservée à l’équipe enseignante",
                "Elle montre où en est la classe aux personnes qui enseignent dans ce cours Moodle, et qui l’ont ouvert depuis ce cours. Votre propre progression est à l’accueil.",
                "",
            ],
            Self::ForeignPost => [
                "Cette action n’a pas été acceptée",
                "Elle ne venait pas d’une page de ce site : par sécurité, rien n’a été enregistré ni modifié.",
                "Ouvrez le grain dans le cours, puis cliquez de nouveau sur le bouton.",
            ],
            Self::MethodNotAllowed => [
                "Cette adresse ne s’ouvre pas ainsi",
                "Elle ne sert qu’au bouton d’une page du cours. Rien n’a été modifié.",
                "",
            ],
            Self::TooLarge => [
                "L’envoi est trop volumineux",
                "Il dépasse ce que le site accepte (64 Kio). Rien n’a été enregistré.",
                "",
            ],
            Self::BadRequest | Self::UnsupportedBody => [
                "La demande n’a pas été comprise",
                "L’adresse ou l’envoi est mal formé. Rien n’a été modifié.",
                "",
            ],
            Self::ReadOnly { .. } => [
                "Le cours est en lecture seule pour quelques minutes",
                "Il change de serveur\u{a0}: cette action n’a pas été enregistrée. Tout ce que vous aviez terminé l’est toujours.",
                "Continuez votre lecture, puis recommencez dans quelques minutes.",
            ],
            Self::TooMany { .. } => [
                "Trop de demandes en quelques secondes",
                "Pour que le cours réponde à tout le monde, une session ne peut pas tout demander à la fois\u{a0}: votre dernière demande n’a pas été prise en compte. Tout ce que vous aviez terminé est toujours enregistré.",
                "Attendez quelques secondes, puis recommencez.",
            ],
            Self::Unavailable(_) => [
                "Le cours revient dans un instant",
                "La base de données ne répond pas pour le moment. Rien de ce que vous avez terminé n’est perdu ; en revanche, un clic fait à l’instant n’est peut-être pas enregistré.",
                "Réessayez dans quelques minutes : actualisez la page.",
            ],
            Self::Internal(_) => [
                "Une erreur s’est produite de notre côté",
                "Vous n’y êtes pour rien. Ce que vous avez terminé est toujours enregistré.",
                "Réessayez ; si l’erreur persiste, transmettez le numéro de demande ci-dessous à la personne qui gère le cours.",
            ],
        };
        let text = (!text.is_empty()).then(|| text.to_owned());
        (title.to_owned(), lead.to_owned(), text)
    }
}

fn session_ended(unsaved: Option<&Grain>) -> (String, String, Option<String>) {
    let lead = match unsaved {
        Some(grain) => format!(
            "Vous n’avez rien perdu de ce qui était enregistré. En revanche, ce dernier clic ne l’a pas été : «\u{a0}{}\u{a0}» n’est pas encore marqué comme terminé.",
            grain.title
        ),
        None => "Vous n’avez rien perdu de ce qui était enregistré.".to_owned(),
    };
    let text = "Revenez dans votre cours Moodle et ouvrez de nouveau l’activité : vous retrouverez votre progression.";
    (
        "Votre session est terminée".to_owned(),
        lead,
        Some(text.to_owned()),
    )
}
