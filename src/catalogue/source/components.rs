//! What components exist, read from the file that defines them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use askama_parser::node::Macro;
use askama_parser::{Ast, Expr, Node, Syntax};

use super::fault::{Faults, Source};

/// The components that a grain may call, by name.
pub(crate) type Components = BTreeMap<String, Component>;

/// A component as its definition tells it.
#[derive(Debug)]
pub(crate) struct Component {
    /// Its parameters in order.
    pub(crate) parameters: Vec<Parameter>,
    /// The levels of the headings it writes, in order: 3 for `h3`.
    pub(crate) headings: Vec<u8>,
    /// It surrounds a text, given between `{% call %}` and `{% endcall %}`.
    pub(crate) has_body: bool,
}

/// A parameter of a component.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) is_required: bool,
    /// The component goes through it, so it is a list.
    pub(crate) is_list: bool,
}

/// Reads the macros of the file at `path`.
pub(crate) fn read(path: &Path, faults: &mut Faults) -> Components {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let file = format!("../components/{name}");
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            let what = format!("les composants ne peuvent pas être lus ({error}).");
            faults.note(
                &file,
                1,
                what,
                "Rétablissez ce fichier, qui fait partie du site.",
            );
            return Components::new();
        }
    };
    let source = Source { file, text };
    match Ast::from_str(&source.text, None, &Syntax::default()) {
        Ok(ast) => ast
            .nodes()
            .iter()
            .filter_map(|node| component(node))
            .collect(),
        Err(error) => {
            let said = error.message.unwrap_or("unexpected text".into());
            let what = format!("un composant est mal écrit ({said}).");
            source.fault(faults, error.offset, what, "Corrigez cette balise askama.");
            Components::new()
        }
    }
}

fn component(node: &Node<'_>) -> Option<(String, Component)> {
    let Node::Macro(definition) = node else {
        return None;
    };
    let Macro {
        name, args, nodes, ..
    } = &**definition;
    let parameters = args.iter().map(|argument| Parameter {
        name: (*argument.name).to_owned(),
        is_required: argument.default.is_none(),
        is_list: false,
    });
    let mut component = Component {
        parameters: parameters.collect(),
        headings: Vec::new(),
        has_body: false,
    };
    component.look_into(nodes);
    Some(((**name).to_owned(), component))
}

impl Component {
    fn look_into(&mut self, nodes: &[Box<Node<'_>>]) {
        for node in nodes {
            match &**node {
                Node::Lit(literal) => self.headings.extend(headings(&literal.val)),
                Node::Expr(_, expression) => {
                    let Expr::Call(call) = &***expression else {
                        continue;
                    };
                    self.has_body |= matches!(**call.path, Expr::Var("caller"));
                }
                Node::If(node) => {
                    node.branches
                        .iter()
                        .for_each(|branch| self.look_into(&branch.nodes));
                }
                Node::Loop(node) => {
                    if let Expr::Var(list) = **node.iter {
                        let mut listed = self
                            .parameters
                            .iter_mut()
                            .filter(|known| known.name == list);
                        listed.by_ref().for_each(|known| known.is_list = true);
                    }
                    self.look_into(&node.body);
                }
                _ => {}
            }
        }
    }
}

fn headings(html: &str) -> impl Iterator<Item = u8> {
    let bytes = html.as_bytes().windows(3);
    bytes.filter_map(|window| match window {
        [b'<', b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    })
}
