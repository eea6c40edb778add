//! What a grain may compute: its own names, two values of the frame, and components.

use askama_parser::expr::{BinOp, Call, PathComponent, Range};
use askama_parser::node::CondTest;
use askama_parser::{Expr, Filter, WithSpan};

use super::components::Parameter;
use super::fault::quoted;
use super::template::{Walk, offset};
use super::{FRAME_FIELDS, NAMESPACE};

/// Filters that cannot fail and never write raw HTML.
const FILTERS: &[&str] = &[
    "capitalize",
    "join",
    "lower",
    "lowercase",
    "title",
    "titlecase",
    "trim",
    "upper",
    "uppercase",
];

/// Questions that may be asked of a value.
const METHODS: &[&str] = &["is_empty"];

/// What `{% for %}` tells about its turn.
const LOOP_FIELDS: &[&str] = &["index", "index0", "first", "last"];

type Spanned<'a> = WithSpan<Box<Expr<'a>>>;

impl Walk<'_> {
    pub(super) fn test(&mut self, test: &CondTest<'_>) {
        self.expression(&test.expr);
        match &test.target {
            Some(target) => self.bind(target),
            None => self.question(&test.expr),
        }
    }

    /// Refuses a text or a number where a yes or no is asked.
    fn question(&mut self, expression: &Spanned<'_>) {
        match &***expression {
            Expr::Unary("!", inner) | Expr::Group(inner) => self.question(inner),
            Expr::BinOp(BinOp {
                op: "&&" | "||",
                lhs,
                rhs,
            }) => {
                self.question(lhs);
                self.question(rhs);
            }
            Expr::AssociatedItem(of, item) if matches!(***of, Expr::Var("frame")) => {
                let name = *item.name;
                self.note(
                    offset(expression.span()),
                    format!(
                        "{} est un texte et non une question.",
                        quoted(&format!("frame.{name}"))
                    ),
                    format!("Écrivez {{% if !frame.{name}.is_empty() %}}."),
                );
            }
            Expr::StrLit(_) | Expr::NumLit(..) => self.note(
                offset(expression.span()),
                "cette condition n’est pas une question.".to_owned(),
                "Comparez deux valeurs, ou demandez .is_empty().",
            ),
            _ => {}
        }
    }

    pub(super) fn expression(&mut self, expression: &Spanned<'_>) {
        let at = offset(expression.span());
        match &***expression {
            Expr::BoolLit(_) | Expr::NumLit(..) | Expr::CharLit(_) => {}
            Expr::StrLit(text) => self.string(text.content, at),
            Expr::Var(name) | Expr::IsDefined(name) | Expr::IsNotDefined(name) => {
                if !self.names.iter().any(|bound| bound == name) {
                    self.unknown_variable(name, at);
                }
            }
            Expr::AssociatedItem(of, item) => self.field(of, *item.name, at),
            Expr::Call(call) => self.called(call, at),
            Expr::Filter(filter) => self.filter(filter, at),
            Expr::Array(all) | Expr::Tuple(all) | Expr::Concat(all) => self.all(all),
            Expr::Unary(_, inner) | Expr::Group(inner) | Expr::NamedArgument(_, inner) => {
                self.expression(inner);
            }
            Expr::BinOp(BinOp { lhs, rhs, .. }) => {
                self.expression(lhs);
                self.expression(rhs);
            }
            Expr::Range(Range { lhs, rhs, .. }) => {
                lhs.iter()
                    .chain(rhs)
                    .for_each(|bound| self.expression(bound));
            }
            Expr::LetCond(test) => self.test(test),
            _ => self.too_clever(at),
        }
    }

    fn all(&mut self, expressions: &[Spanned<'_>]) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    fn string(&mut self, text: &str, at: usize) {
        if text.starts_with("figures/") {
            self.template.figures.push((at, text.to_owned()));
        }
    }

    fn field(&mut self, of: &Spanned<'_>, name: &str, at: usize) {
        match &***of {
            Expr::Var("frame") if FRAME_FIELDS.contains(&name) => self.template.uses_frame = true,
            Expr::Var("loop")
                if LOOP_FIELDS.contains(&name)
                    && self.names.iter().any(|bound| bound == "loop") => {}
            Expr::Var(of) => self.unknown_variable(&format!("{of}.{name}"), at),
            _ => self.too_clever(at),
        }
    }

    fn called(&mut self, call: &Call<'_>, at: usize) {
        match &**call.path {
            Expr::Path(path) => match path.as_slice() {
                [scope, name] if *scope.name == NAMESPACE => {
                    self.component(*name.name, &call.args, at, false);
                }
                path => self.unknown_component(&written(path), at),
            },
            Expr::Var(name) => self.unknown_component(name, at),
            Expr::AssociatedItem(of, method) if METHODS.contains(&*method.name) => {
                self.expression(of);
                self.all(&call.args);
            }
            _ => self.too_clever(at),
        }
    }

    fn filter(&mut self, filter: &Filter<'_>, at: usize) {
        let name = match &filter.name {
            askama_parser::PathOrIdentifier::Identifier(name) => (**name).to_owned(),
            askama_parser::PathOrIdentifier::Path(path) => written(path),
        };
        if !FILTERS.contains(&name.as_str()) {
            self.note(
                at,
                format!("le filtre {} n’est pas admis dans un grain.", quoted(&name)),
                format!(
                    "Retirez-le ou prenez l’un de ceux-ci ({}).",
                    FILTERS.join(", ")
                ),
            );
        }
        self.all(&filter.arguments);
    }

    /// Checks a call of a component: its name, its arguments, and whether it takes a body.
    pub(super) fn component(
        &mut self,
        name: &str,
        arguments: &[Spanned<'_>],
        at: usize,
        with_body: bool,
    ) {
        let components = self.components;
        let full = format!("{NAMESPACE}::{name}");
        let Some(component) = components.get(name) else {
            return self.unknown_component(&full, at);
        };
        let called = quoted(&full);
        if component.has_body && !with_body {
            let what = format!("le composant {called} entoure un texte.");
            let mend = format!("Écrivez {{% call {full}(…) %}}, le texte, puis {{% endcall %}}.");
            self.note(at, what, mend);
        } else if with_body && !component.has_body {
            let what = format!("le composant {called} n’entoure pas de texte.");
            self.note(at, what, format!("Écrivez {{{{ {full}(…) }}}}."));
        }
        self.template
            .headings
            .extend(component.headings.iter().map(|&level| (at, level)));
        let given = self.arguments(&component.parameters, arguments, &called);
        for missing in component
            .parameters
            .iter()
            .filter(|known| known.is_required)
        {
            if !given.contains(&missing.name) {
                let what = format!("il manque l’argument {} à {called}.", quoted(&missing.name));
                let mend = format!("Ajoutez {} = … entre ses parenthèses.", missing.name);
                self.note(at, what, mend);
            }
        }
    }

    /// Checks the arguments of a call and returns the names of those that are known.
    fn arguments(
        &mut self,
        parameters: &[Parameter],
        arguments: &[Spanned<'_>],
        called: &str,
    ) -> Vec<String> {
        let mut given: Vec<String> = Vec::new();
        for (rank, argument) in arguments.iter().enumerate() {
            let at = offset(argument.span());
            let (name, value) = match &***argument {
                Expr::NamedArgument(name, value) => (Some(**name), value),
                _ => (
                    parameters.get(rank).map(|known| known.name.as_str()),
                    argument,
                ),
            };
            self.expression(value);
            let Some(known) = parameters
                .iter()
                .find(|known| Some(known.name.as_str()) == name)
            else {
                let what = match name {
                    Some(name) => {
                        format!("le composant {called} n’a pas d’argument {}.", quoted(name))
                    }
                    None => format!("le composant {called} reçoit trop d’arguments."),
                };
                let all: Vec<&str> = parameters.iter().map(|known| known.name.as_str()).collect();
                self.note(at, what, format!("Il peut recevoir {}.", all.join(", ")));
                continue;
            };
            if given.contains(&known.name) {
                let what = format!(
                    "{called} reçoit deux fois l’argument {}.",
                    quoted(&known.name)
                );
                self.note(at, what, "Gardez l’un des deux.");
            }
            given.push(known.name.clone());
            self.argument(known, value, called);
        }
        given
    }

    /// Notes the element ids that come from arguments, refuses empty texts and wrong kinds.
    fn argument(&mut self, parameter: &Parameter, value: &Spanned<'_>, called: &str) {
        let at = offset(value.span());
        let Parameter { name, is_list, .. } = parameter;
        let kind = match &***value {
            Expr::Array(_) if !is_list => "un texte, entre guillemets droits",
            Expr::StrLit(_) | Expr::NumLit(..) | Expr::BoolLit(_) if *is_list => {
                "une liste, comme [\"Oui\", \"Non\"]"
            }
            Expr::StrLit(text) => {
                if name == "id" {
                    self.template.ids.push((at, text.content.to_owned()));
                }
                if text.content.trim().is_empty() && name != "alt" {
                    let what = format!("l’argument {} de {called} est vide.", quoted(name));
                    self.note(at, what, "Écrivez-y un texte.");
                }
                return;
            }
            _ => return,
        };
        let what = format!(
            "l’argument {} de {called} n’est pas du bon genre.",
            quoted(name)
        );
        self.note(at, what, format!("Donnez {kind}."));
    }

    pub(super) fn unknown_component(&mut self, called: &str, at: usize) {
        let known: Vec<String> = self
            .components
            .keys()
            .map(|name| format!("{NAMESPACE}::{name}"))
            .collect();
        self.note(
            at,
            format!("le composant {} n’existe pas.", quoted(called)),
            format!("Prenez l’un de ceux-ci ({}).", known.join(", ")),
        );
    }

    fn too_clever(&mut self, at: usize) {
        self.note(
            at,
            "cette expression n’est pas admise dans un grain.".to_owned(),
            "Un grain n’emploie que des textes, des nombres, des listes, frame et les composants.",
        );
    }
}

fn written(path: &[PathComponent<'_>]) -> String {
    path.iter()
        .map(|part| *part.name)
        .collect::<Vec<_>>()
        .join("::")
}
