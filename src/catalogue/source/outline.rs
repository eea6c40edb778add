//! `course.toml`: the order, the titles, the minutes.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Faults, Source, quoted};
use super::{Course, Grain, Module, Sequence};

/// Reads the table of contents, or nothing when it is not TOML at all.
pub(crate) fn read(source: &Source, faults: &mut Faults) -> Option<Course> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if !errors.is_empty() {
        for error in errors {
            let offset = error.span().map_or(0, |span| span.start);
            source.fault(
                faults,
                offset,
                format!(
                    "ce fichier n’est pas du TOML correct ({}).",
                    error.message()
                ),
                "Corrigez cette ligne ou la précédente : un texte est entre guillemets droits, \
                 un nombre ne l’est pas.",
            );
        }
        return None;
    }
    let mut reader = Reader {
        source,
        faults,
        ids: HashMap::new(),
    };
    let entry = Entry {
        table: table.get_ref(),
        offset: 0,
        name: "le cours",
    };
    Some(reader.course(&entry))
}

/// A table of the file with the place where it begins.
struct Entry<'a> {
    table: &'a DeTable<'a>,
    offset: usize,
    name: &'static str,
}

impl Entry<'_> {
    /// Where the value of a key stands, or where the table begins without it.
    fn offset_of(&self, key: &str) -> usize {
        self.table
            .get(key)
            .map_or(self.offset, |value| value.span().start)
    }
}

/// What a module, a sequence and a grain have in common.
struct Heading {
    id: String,
    title: String,
    summary: String,
    minutes: u16,
    line: usize,
}

struct Reader<'a> {
    source: &'a Source,
    faults: &'a mut Faults,
    ids: HashMap<String, usize>,
}

impl Reader<'_> {
    fn course(&mut self, entry: &Entry<'_>) -> Course {
        self.refuse_unknown(
            entry,
            &["title", "subtitle", "language", "license", "modules"],
        );
        Course {
            title: self.text(entry, "title"),
            subtitle: self.text(entry, "subtitle"),
            language: self.text(entry, "language"),
            license: self.text(entry, "license"),
            modules: self.list(entry, "modules", "ce module", Self::module),
        }
    }

    fn module(&mut self, entry: &Entry<'_>) -> Module {
        let Heading {
            id,
            title,
            summary,
            minutes,
            ..
        } = self.heading(entry, Some("sequences"));
        let sequences = self.list(entry, "sequences", "cette séquence", Self::sequence);
        Module {
            id,
            title,
            summary,
            minutes,
            sequences,
        }
    }

    fn sequence(&mut self, entry: &Entry<'_>) -> Sequence {
        let Heading {
            id,
            title,
            summary,
            minutes,
            ..
        } = self.heading(entry, Some("grains"));
        let grains = self.list(entry, "grains", "ce grain", Self::grain);
        Sequence {
            id,
            title,
            summary,
            minutes,
            grains,
        }
    }

    fn grain(&mut self, entry: &Entry<'_>) -> Grain {
        let Heading {
            id,
            title,
            summary,
            minutes,
            line,
        } = self.heading(entry, None);
        Grain {
            id,
            title,
            summary,
            minutes,
            line,
            ..Grain::default()
        }
    }

    fn heading(&mut self, entry: &Entry<'_>, children: Option<&str>) -> Heading {
        let own = ["id", "title", "summary", "minutes"];
        let known: Vec<&str> = own.into_iter().chain(children).collect();
        self.refuse_unknown(entry, &known);
        let id = self.id(entry);
        Heading {
            id,
            title: self.text(entry, "title"),
            summary: self.text(entry, "summary"),
            minutes: self.minutes(entry),
            line: self.source.line(entry.offset_of("id")),
        }
    }

    fn list<T>(
        &mut self,
        entry: &Entry<'_>,
        key: &str,
        name: &'static str,
        read: fn(&mut Self, &Entry<'_>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.value(entry, key) else {
            return Vec::new();
        };
        let Some(array) = value.get_ref().as_array() else {
            self.note(
                value.span().start,
                format!("{} doit être une liste.", quoted(key)),
                format!("Écrivez chaque élément sous sa propre ligne [[…{key}]]."),
            );
            return Vec::new();
        };
        if array.is_empty() {
            self.note(
                value.span().start,
                format!("la liste {} est vide.", quoted(key)),
                "Ajoutez-y un élément ou retirez ce qui la contient.",
            );
        }
        let mut all = Vec::new();
        for item in array {
            let offset = item.span().start;
            if let Some(table) = item.get_ref().as_table() {
                all.push(read(
                    self,
                    &Entry {
                        table,
                        offset,
                        name,
                    },
                ));
            } else {
                self.note(
                    offset,
                    format!("il manque les propriétés de {name}."),
                    format!("Écrivez id, title, summary et minutes sous une ligne [[…{key}]]."),
                );
            }
        }
        all
    }

    fn id(&mut self, entry: &Entry<'_>) -> String {
        let id = self.text(entry, "id");
        let offset = entry.offset_of("id");
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !id.chars().all(allowed) {
            self.note(
                offset,
                format!(
                    "l’identifiant {} contient un caractère interdit.",
                    quoted(&id)
                ),
                "N’employez que des lettres minuscules sans accent, des chiffres et des traits \
                 d’union.",
            );
        }
        let line = self.source.line(offset);
        if !id.is_empty()
            && let Some(first) = self.ids.insert(id.clone(), line)
        {
            self.note(
                offset,
                format!(
                    "l’identifiant {} est déjà pris à la ligne {first}.",
                    quoted(&id)
                ),
                "Donnez un autre identifiant : il est unique parmi les modules, les séquences et \
                 les grains.",
            );
        }
        id
    }

    fn text(&mut self, entry: &Entry<'_>, key: &str) -> String {
        let Some(value) = self.value(entry, key) else {
            return String::new();
        };
        let Some(text) = value.get_ref().as_str() else {
            self.note(
                value.span().start,
                format!("{} doit être un texte.", quoted(key)),
                format!("Écrivez {key} = \"…\", entre guillemets droits."),
            );
            return String::new();
        };
        if text.trim().is_empty() {
            self.note(
                value.span().start,
                format!("{} est vide.", quoted(key)),
                format!("Écrivez {key} = \"…\"."),
            );
        }
        text.to_owned()
    }

    fn minutes(&mut self, entry: &Entry<'_>) -> u16 {
        let Some(value) = self.value(entry, "minutes") else {
            return 0;
        };
        let number = value
            .get_ref()
            .as_integer()
            .filter(|number| number.radix() == 10);
        let minutes = number.and_then(|number| number.as_str().parse::<u16>().ok());
        minutes.filter(|&minutes| minutes > 0).unwrap_or_else(|| {
            self.note(
                value.span().start,
                format!(
                    "{} doit être un nombre entier plus grand que zéro.",
                    quoted("minutes")
                ),
                "Écrivez par exemple minutes = 7, sans guillemets.",
            );
            0
        })
    }

    /// The value of a key; its absence is a fault.
    fn value<'a>(&mut self, entry: &Entry<'a>, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        let found = entry.table.get(key);
        if found.is_none() {
            self.note(
                entry.offset,
                format!("il manque {} pour {}.", quoted(key), entry.name),
                match key {
                    "minutes" => {
                        "Ajoutez une ligne minutes = 7, avec la durée de lecture.".to_owned()
                    }
                    "modules" | "sequences" | "grains" => {
                        format!("Ajoutez au moins un élément sous une ligne [[…{key}]].")
                    }
                    _ => format!("Ajoutez une ligne {key} = \"…\"."),
                },
            );
        }
        found
    }

    fn refuse_unknown(&mut self, entry: &Entry<'_>, known: &[&str]) {
        for key in entry
            .table
            .keys()
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
        {
            self.note(
                key.span().start,
                format!("la propriété {} est inconnue.", quoted(key.get_ref())),
                format!(
                    "Retirez-la ou corrigez son nom ; ici vont {}.",
                    known.join(", ")
                ),
            );
        }
    }

    fn note(&mut self, offset: usize, what: impl Into<String>, mend: impl Into<String>) {
        self.source.fault(self.faults, offset, what, mend);
    }
}
