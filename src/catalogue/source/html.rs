//! The HTML side of a grain: well-formed, readable by all, and within the site's policy.

use std::collections::BTreeMap;

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{Error, Spanned, StartTag, Token, Tokenizer};

use super::fault::{Faults, Source};
use super::template::Template;
use super::vocabulary::{ENDS_PARAGRAPH, FOREIGN, VOID, is_known, parents, parse_error, refused};

/// What a grain holds that others may point at, and what it points at.
#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Element ids with their place.
    pub(crate) ids: BTreeMap<String, usize>,
    /// Values of `href` with their place.
    pub(crate) links: Vec<(usize, String)>,
    /// Values of `src` with their place.
    pub(crate) pictures: Vec<(usize, String)>,
}

/// Reads the HTML of a grain; what it points at is left to `links`.
pub(crate) fn read(source: &Source, template: &Template, faults: &mut Faults) -> Page {
    let mut marks: Vec<(usize, Mark<'_>)> = Vec::new();
    for body in &template.bodies {
        marks.push((body.start, Mark::Enter));
        marks.push((body.end, Mark::Leave));
    }
    marks.extend(
        template
            .headings
            .iter()
            .map(|&(at, level)| (at, Mark::Heading(level))),
    );
    marks.extend(template.ids.iter().map(|(at, id)| (*at, Mark::Id(id))));
    marks.sort_by_key(|&(at, _)| at);

    let mut page = Page {
        pictures: template.figures.clone(),
        ..Page::default()
    };
    let mut checker = Checker {
        source,
        template,
        faults,
        page: &mut page,
        open: Vec::new(),
        level: 1,
        references: Vec::new(),
    };
    let mut marks = marks.into_iter().peekable();
    let mut emitter = DefaultEmitter::<usize>::new_with_span();
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(&template.html, emitter) {
        while let Some((at, mark)) = marks.next_if(|&(at, _)| at <= start(&token)) {
            checker.mark(at, &mark);
        }
        checker.token(token);
    }
    marks.for_each(|(at, mark)| checker.mark(at, &mark));
    checker.finish();
    page
}

/// What a component adds to the HTML around it.
enum Mark<'a> {
    Enter,
    Leave,
    Heading(u8),
    Id(&'a str),
}

/// An element that waits for its end tag, or the border of a component's body.
struct Open {
    name: String,
    at: usize,
    has_text: bool,
}

/// Stands on the pile of open elements where a component's body begins.
const BORDER: &str = "";

/// A walk through the HTML of one grain.
pub(super) struct Checker<'a> {
    pub(super) source: &'a Source,
    pub(super) template: &'a Template,
    pub(super) page: &'a mut Page,
    /// Ids that attributes refer to, with their place.
    pub(super) references: Vec<(usize, String)>,
    faults: &'a mut Faults,
    open: Vec<Open>,
    level: u8,
}

impl Checker<'_> {
    fn token(&mut self, token: Token<usize>) {
        match token {
            Token::StartTag(tag) => self.start_tag(&tag),
            Token::EndTag(tag) => {
                self.end_tag(&String::from_utf8_lossy(&tag.name), tag.span.start);
            }
            Token::String(text) => {
                if !text.value.trim_ascii().is_empty() {
                    self.open.iter_mut().for_each(|open| open.has_text = true);
                }
            }
            Token::Error(error) => {
                let (what, mend) = parse_error(error.value);
                self.note(
                    self.place_of(&error),
                    format!("{what}."),
                    format!("{mend}."),
                );
            }
            Token::Doctype(doctype) => self.note(
                doctype.span.start,
                "un grain est un fragment, sans doctype.".to_owned(),
                "Retirez cette ligne.",
            ),
            Token::Comment(_) => {}
        }
    }

    /// Where a parse error stands; one found at the end of the file, where it began.
    fn place_of(&self, error: &Spanned<Error>) -> usize {
        let is_at_end = matches!(error.value, Error::EofInTag | Error::EofInComment);
        let begin = self.template.html.iter().rposition(|&byte| byte == b'<');
        begin.filter(|_| is_at_end).unwrap_or(error.span.start)
    }

    fn mark(&mut self, at: usize, mark: &Mark<'_>) {
        match *mark {
            Mark::Enter => self.push(BORDER, at),
            Mark::Leave => {
                while let Some(open) = self.open.pop().filter(|open| open.name != BORDER) {
                    self.unclosed(&open);
                }
            }
            Mark::Heading(level) => self.heading(level, at),
            Mark::Id(id) => self.id(id.to_owned(), at),
        }
    }

    fn start_tag(&mut self, tag: &StartTag<usize>) {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        let at = tag.span.start;
        let is_foreign = self
            .open
            .iter()
            .any(|open| FOREIGN.contains(&open.name.as_str()));
        let refused = refused(&name).filter(|_| !is_foreign || name == "script");
        if let Some((what, mend)) = refused {
            self.note(at, format!("<{name}> : {what}"), mend);
        } else {
            self.attributes(tag, &name, at);
        }
        if !is_foreign {
            if refused.is_none() && !is_known(&name) {
                let what = format!("la balise <{name}> n’existe pas en HTML.");
                self.note(at, what, "Corrigez son nom.");
            }
            self.place(&name, at);
        }
        if let [b'h', digit @ b'2'..=b'6'] = name.as_bytes() {
            self.heading(digit - b'0', at);
        }
        if name == "img" {
            self.open.iter_mut().for_each(|open| open.has_text = true);
        }
        let is_void = VOID.contains(&name.as_str()) && !is_foreign;
        let is_self_closed = tag.self_closing && (is_foreign || is_void);
        if tag.self_closing && !is_self_closed {
            let what = format!("<{name}/> ne ferme pas la balise.");
            self.note(at, what, format!("Écrivez <{name}></{name}>."));
        } else if !is_void && !is_self_closed {
            self.push(&name, at);
        }
    }

    /// Refuses an element where a browser would move it elsewhere.
    fn place(&mut self, name: &str, at: usize) {
        if ENDS_PARAGRAPH.contains(&name)
            && let Some(paragraph) = self.open.iter().rfind(|open| open.name == "p")
        {
            let line = self.source.line(paragraph.at);
            let what = format!("<{name}> ne peut pas se trouver dans le <p> de la ligne {line}.");
            self.note(
                at,
                what,
                format!("Fermez le paragraphe par </p> avant <{name}>."),
            );
        }
        if name == "a" && self.open.iter().any(|open| open.name == "a") {
            let what = "un lien ne peut pas en contenir un autre.".to_owned();
            self.note(at, what, "Fermez le premier par </a>.");
        }
        let parent = self.open.last().map_or("", |parent| parent.name.as_str());
        let Some(allowed) = parents(name).filter(|all| !all.contains(&parent)) else {
            return;
        };
        let allowed: Vec<String> = allowed.iter().map(|name| format!("<{name}>")).collect();
        let allowed = allowed.join(" ou ");
        if self.open.is_empty() {
            let what = format!("<{name}> ne peut pas se trouver seul.");
            self.note(at, what, format!("Placez-le dans {allowed}."));
        } else if parent != BORDER {
            let what = format!("<{name}> ne peut pas se trouver directement dans <{parent}>.");
            let mend = format!("Placez-le dans {allowed}, ou fermez <{parent}> avant lui.");
            self.note(at, what, mend);
        }
    }

    fn end_tag(&mut self, name: &str, at: usize) {
        if VOID.contains(&name) {
            let what = format!("</{name}> n’existe pas, car <{name}> se suffit.");
            return self.note(at, what, "Retirez cette balise fermante.");
        }
        let border = self
            .open
            .iter()
            .rposition(|open| open.name == BORDER)
            .map_or(0, |rank| rank + 1);
        let Some(rank) = self.open[border..]
            .iter()
            .rposition(|open| open.name == name)
        else {
            let what = format!("</{name}> ne ferme aucune balise ouverte.");
            return self.note(at, what, "Retirez-la, ou ajoutez la balise ouvrante.");
        };
        let left = self.open.split_off(border + rank);
        let mut left = left.into_iter();
        if let Some(closed) = left.next()
            && matches!(name, "h2" | "h3" | "h4" | "h5" | "h6")
            && !closed.has_text
        {
            let what = format!("le titre <{name}> est vide.");
            self.note(closed.at, what, "Écrivez-y un texte ou retirez-le.");
        }
        left.for_each(|open| self.unclosed(&open));
    }

    fn unclosed(&mut self, open: &Open) {
        let name = &open.name;
        let what = format!("<{name}> n’est pas fermé.");
        self.note(open.at, what, format!("Ajoutez </{name}> là où il finit."));
    }

    fn heading(&mut self, level: u8, at: usize) {
        if level > self.level + 1 {
            let (before, next) = (self.level, self.level + 1);
            let what = if before == 1 {
                format!("le premier titre du grain est un <h{level}>.")
            } else {
                format!("le titre passe de <h{before}> à <h{level}>.")
            };
            self.note(
                at,
                what,
                format!("Mettez ici un <h{next}>, l’aspect se règle en CSS."),
            );
        }
        self.level = level;
    }

    fn finish(mut self) {
        for open in std::mem::take(&mut self.open) {
            self.unclosed(&open);
        }
        self.settle_references();
    }

    fn push(&mut self, name: &str, at: usize) {
        self.open.push(Open {
            name: name.to_owned(),
            at,
            has_text: false,
        });
    }

    pub(super) fn note(&mut self, at: usize, what: String, mend: impl Into<String>) {
        self.source.fault(self.faults, at, what, mend);
    }
}

fn start(token: &Token<usize>) -> usize {
    match token {
        Token::StartTag(tag) => tag.span.start,
        Token::EndTag(tag) => tag.span.start,
        Token::String(text) | Token::Comment(text) => text.span.start,
        Token::Doctype(doctype) => doctype.span.start,
        Token::Error(error) => error.span.start,
    }
}
