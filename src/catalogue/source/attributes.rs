//! The attributes of a grain's HTML: ids, what they point at, and what the policy blocks.

use html5gum::StartTag;

use super::fault::quoted;
use super::html::Checker;

/// Elements that play something.
const PLAYERS: &[&str] = &["audio", "source", "track", "video"];

impl Checker<'_> {
    pub(super) fn attributes(&mut self, tag: &StartTag<usize>, name: &str, at: usize) {
        for (key, value) in &tag.attributes {
            let key = String::from_utf8_lossy(key);
            let text = String::from_utf8_lossy(&value.value).trim().to_owned();
            let is_computed = self.is_computed(value.span.start, value.span.end);
            self.attribute(name, &key, text, value.span.start, is_computed);
        }
        if name == "img" {
            let alt =
                "Ajoutez alt=\"…\" qui dit ce que l’image montre, ou alt=\"\" si elle décore.";
            for (key, mend) in [("alt", alt), ("src", "Ajoutez src=\"figures/NOM.svg\".")] {
                if !tag.attributes.contains_key(key.as_bytes()) {
                    self.note(at, format!("cette image n’a pas d’attribut {key}."), mend);
                }
            }
        }
    }

    /// Takes note of one attribute; what askama computes is not known before the page is.
    fn attribute(&mut self, of: &str, key: &str, value: String, at: usize, is_computed: bool) {
        match key {
            "style" => self.note(
                at,
                "l’attribut style serait ignoré par le navigateur.".to_owned(),
                "Donnez une classe, et sa règle dans le fichier .css du même nom que le grain.",
            ),
            _ if key.starts_with("on") => self.note(
                at,
                format!("l’attribut {key} serait ignoré par le navigateur."),
                "Employez addEventListener dans le fichier .js du même nom que le grain.",
            ),
            _ if is_computed => {}
            "id" => self.id(value, at),
            "href" if of == "a" || of == "area" => self.page.links.push((at, value)),
            "src" if PLAYERS.contains(&of) => self.note(
                at,
                "le site ne peut montrer ni film ni son.".to_owned(),
                "Mettez un lien vers la page qui le montre.",
            ),
            "srcset" => self.note(
                at,
                "l’attribut srcset n’est pas suivi dans un grain.".to_owned(),
                "Gardez src, avec une seule image.",
            ),
            "src" | "poster" | "href" | "xlink:href" => self.page.pictures.push((at, value)),
            "for" | "headers" | "aria-labelledby" | "aria-describedby" | "aria-controls" => {
                let ids = value.split_whitespace().map(|id| (at, id.to_owned()));
                self.references.extend(ids);
            }
            _ => {}
        }
    }

    pub(super) fn id(&mut self, id: String, at: usize) {
        if id.is_empty() || id.contains(char::is_whitespace) {
            let what = "cet attribut id est vide ou contient une espace.".to_owned();
            self.note(at, what, "Donnez-lui un nom d’un seul mot.");
        } else if let Some(&first) = self.page.ids.get(&id) {
            let line = self.source.line(first);
            let what = format!("l’id {} est déjà pris à la ligne {line}.", quoted(&id));
            self.note(at, what, "Donnez-en un autre, unique dans le grain.");
        } else {
            self.page.ids.insert(id, at);
        }
    }

    /// Refuses references to ids that the grain does not have.
    pub(super) fn settle_references(&mut self) {
        for (at, id) in std::mem::take(&mut self.references) {
            if !self.page.ids.contains_key(&id) {
                let what = format!("aucun élément de ce grain n’a l’id {}.", quoted(&id));
                let mend = "Corrigez ce nom ou donnez cet id à l’élément visé.";
                self.note(at, what, mend);
            }
        }
    }

    /// Whether an askama expression writes a part of this range.
    fn is_computed(&self, start: usize, end: usize) -> bool {
        let written = self.source.text.as_bytes().get(start..end);
        written != self.template.html.get(start..end)
    }
}
