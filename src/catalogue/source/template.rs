//! The askama side of a grain: its tags are checked, then blanked out.
//!
//! A syntax fault would be reported by askama with file and line, but an unknown variable
//! only by the compiler, on a generated struct the author never saw; so both are told here.

use std::ops::Range;

use askama_parser::node::{Call, Cond, If, Let, Loop, Match};
use askama_parser::{Ast, LetValueOrBlock, Node, Span, Syntax, Target};

use super::components::Components;
use super::fault::{Faults, Source, quoted};
use super::{FRAME_FIELDS, NAMESPACE};

/// What is left of a grain once its askama tags have been understood.
#[derive(Debug, Default)]
pub(crate) struct Template {
    /// The HTML with every askama tag blanked out, each byte where it was.
    pub(crate) html: Vec<u8>,
    /// The author used askama tags.
    pub(crate) has_tags: bool,
    /// One of them shows a value of `frame`.
    pub(crate) uses_frame: bool,
    /// Where the texts that components surround begin and end.
    pub(crate) bodies: Vec<Range<usize>>,
    /// Headings that components write: place and level.
    pub(crate) headings: Vec<(usize, u8)>,
    /// Element ids that components write.
    pub(crate) ids: Vec<(usize, String)>,
    /// Figures named in askama strings.
    pub(crate) figures: Vec<(usize, String)>,
}

/// Reads the askama tags of a grain, or nothing when they cannot be parsed.
pub(crate) fn read(
    source: &Source,
    components: &Components,
    faults: &mut Faults,
) -> Option<Template> {
    let ast = match Ast::from_str(&source.text, None, &Syntax::default()) {
        Ok(ast) => ast,
        Err(error) => {
            let said = error.message.unwrap_or("unexpected text".into());
            let said = said.lines().next().unwrap_or_default().to_owned();
            let what = format!("une balise askama est mal écrite ({said}).");
            let mend = "Fermez chaque {{ par }}, chaque {% par %} et chaque {% call %} par \
                        {% endcall %} ; pour montrer ces signes, entourez-les de {% raw %} et \
                        {% endraw %}.";
            source.fault(faults, error.offset, what, mend);
            return None;
        }
    };
    let blank = |byte: u8| if byte == b'\n' { byte } else { b' ' };
    let html = source.text.bytes().map(blank).collect();
    let template = Template {
        html,
        ..Template::default()
    };
    let mut walk = Walk {
        source,
        components,
        faults,
        template,
        names: Vec::new(),
        end: 0,
    };
    walk.nodes(ast.nodes());
    Some(walk.template)
}

/// A walk through the nodes of one grain.
pub(super) struct Walk<'a> {
    pub(super) source: &'a Source,
    pub(super) components: &'a Components,
    pub(super) faults: &'a mut Faults,
    pub(super) template: Template,
    /// Names that the grain itself has bound, innermost last.
    pub(super) names: Vec<String>,
    /// End of the last HTML seen.
    end: usize,
}

impl Walk<'_> {
    fn nodes(&mut self, nodes: &[Box<Node<'_>>]) {
        for node in nodes {
            self.template.has_tags |= !matches!(**node, Node::Lit(_));
            match &**node {
                Node::Lit(literal) => self.keep(literal.span()),
                Node::Raw(raw) => self.keep(raw.lit.span()),
                Node::Comment(_) | Node::Break(_) | Node::Continue(_) => {}
                Node::Expr(_, expression) => {
                    self.fill(expression.span());
                    self.expression(expression);
                }
                Node::Call(call) => self.call(call, call.span()),
                Node::Let(node) => self.binding(node),
                Node::If(node) => self.condition(node),
                Node::Match(node) => self.choice(node),
                Node::Loop(node) => self.repetition(node),
                Node::Extends(_)
                | Node::BlockDef(_)
                | Node::Include(_)
                | Node::Import(_)
                | Node::Macro(_)
                | Node::FilterBlock(_)
                | Node::Declare(_)
                | Node::Compound(_) => self.refuse_tag(node.span()),
            }
        }
    }

    /// Nodes whose bindings end with them.
    fn inner(&mut self, nodes: &[Box<Node<'_>>]) {
        let outer = self.names.len();
        self.nodes(nodes);
        self.names.truncate(outer);
    }

    fn keep(&mut self, span: Span) {
        let Some(range) = span.byte_range() else {
            return;
        };
        self.end = range.end;
        let text = &self.source.text.as_bytes()[range.clone()];
        self.template.html[range].copy_from_slice(text);
    }

    /// Stands for what an expression will write.
    fn fill(&mut self, span: Span) {
        let Some(range) = span.byte_range() else {
            return;
        };
        for byte in &mut self.template.html[range] {
            if *byte == b' ' {
                *byte = b'_';
            }
        }
    }

    fn call(&mut self, call: &Call<'_>, span: Span) {
        let start = offset(span);
        let scope = call.scope.as_ref().map(|scope| **scope);
        if scope == Some(NAMESPACE) {
            let arguments = call.args.as_deref().unwrap_or_default();
            self.component(*call.name, arguments, offset(call.name.span()), true);
        } else {
            let called = scope.map_or((*call.name).to_owned(), |scope| {
                format!("{scope}::{}", *call.name)
            });
            self.unknown_component(&called, offset(call.name.span()));
        }
        let outer = self.names.len();
        self.names
            .extend(call.caller_args.iter().map(|&name| name.to_owned()));
        self.nodes(&call.nodes);
        self.names.truncate(outer);
        self.template.bodies.push(start..self.end.max(start));
    }

    fn binding(&mut self, node: &Let<'_>) {
        match &node.val {
            LetValueOrBlock::Value(value) => self.expression(value),
            LetValueOrBlock::Block { nodes, .. } => self.inner(nodes),
        }
        self.bind(&node.var);
    }

    fn condition(&mut self, node: &If<'_>) {
        for branch in &node.branches {
            let outer = self.names.len();
            let Cond { cond, nodes, .. } = &**branch;
            if let Some(test) = cond {
                self.test(test);
            }
            self.nodes(nodes);
            self.names.truncate(outer);
        }
    }

    fn choice(&mut self, node: &Match<'_>) {
        self.expression(&node.expr);
        for arm in &node.arms {
            let outer = self.names.len();
            arm.target.iter().for_each(|target| self.bind(target));
            self.nodes(&arm.nodes);
            self.names.truncate(outer);
        }
    }

    fn repetition(&mut self, node: &Loop<'_>) {
        self.expression(&node.iter);
        let outer = self.names.len();
        self.bind(&node.var);
        self.names.push("loop".to_owned());
        if let Some(condition) = &node.cond {
            self.expression(condition);
        }
        self.nodes(&node.body);
        self.names.truncate(outer);
        self.inner(&node.else_nodes);
    }

    /// Takes note of the names that a pattern binds.
    pub(super) fn bind(&mut self, target: &Target<'_>) {
        match target {
            Target::Name(name) => self.names.push((**name).to_owned()),
            Target::Tuple(parts) => parts.1.iter().for_each(|part| self.bind(part)),
            Target::Array(parts) | Target::OrChain(parts) => {
                parts.iter().for_each(|part| self.bind(part));
            }
            Target::Struct(parts) => parts.1.iter().for_each(|part| self.bind(&part.dest)),
            Target::Rest(name) => self
                .names
                .extend(name.as_ref().map(|name| (**name).to_owned())),
            _ => {}
        }
    }

    fn refuse_tag(&mut self, span: Span) {
        let tag = span.as_infix_of(&self.source.text).unwrap_or_default();
        let tag = tag.split_whitespace().next().unwrap_or_default();
        self.note(
            offset(span),
            format!(
                "la balise {} n’a pas sa place dans un grain.",
                quoted(&format!("{{% {tag} %}}"))
            ),
            "Un grain est un fragment de HTML ; il n’emploie que {% call %}, {% if %}, {% for %}, \
             {% let %}, {% match %} et {% raw %}.",
        );
    }

    pub(super) fn unknown_variable(&mut self, name: &str, offset: usize) {
        self.note(
            offset,
            format!("la variable {} n’existe pas dans un grain.", quoted(name)),
            format!(
                "Écrivez le texte lui-même, ou l’une des valeurs connues ({}).",
                FRAME_FIELDS
                    .iter()
                    .map(|field| format!("frame.{field}"))
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
        );
    }

    pub(super) fn note(&mut self, offset: usize, what: String, mend: impl Into<String>) {
        self.source.fault(self.faults, offset, what, mend);
    }
}

/// The byte where a span begins.
pub(super) fn offset(span: Span) -> usize {
    span.byte_range().map_or(0, |range| range.start)
}
