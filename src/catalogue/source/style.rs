//! The style-sheet that a grain brings: what the site's policy would block is refused.

use std::collections::BTreeSet;

use super::fault::{Faults, Source, quoted};

/// Checks the addresses that the style-sheet names.
pub(crate) fn check(source: &Source, figures: &BTreeSet<String>, faults: &mut Faults) {
    for (offset, _) in source.text.match_indices("@import") {
        source.fault(
            faults,
            offset,
            "@import n’est pas suivi dans la feuille de style d’un grain.",
            "Recopiez ici les règles utiles.",
        );
    }
    for (offset, _) in source.text.match_indices("url(") {
        let rest = &source.text[offset + "url(".len()..];
        let address = rest.split(')').next().unwrap_or_default();
        let address = address.trim().trim_matches(['"', '\'']);
        if address.starts_with('#') || figures.contains(address) {
            continue;
        }
        let (what, mend) = if address.starts_with("figures/") {
            (
                format!("l’image {} n’existe pas.", quoted(address)),
                "Ajoutez ce fichier au dossier figures/ du cours ou corrigez son nom.",
            )
        } else {
            (
                format!(
                    "{} vient d’ailleurs et serait bloqué par le navigateur.",
                    quoted(address)
                ),
                "Enregistrez l’image dans figures/ et écrivez url(\"figures/NOM.svg\").",
            )
        };
        source.fault(faults, offset, what, mend);
    }
}
