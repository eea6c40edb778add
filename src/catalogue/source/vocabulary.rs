//! The words of HTML that a grain may use, and why some are refused.

/// Elements without an end tag.
pub(crate) const VOID: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];

/// Elements that end an open paragraph, as the HTML standard says of the `p` element.
pub(crate) const ENDS_PARAGRAPH: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "details",
    "dialog",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "search",
    "section",
    "table",
    "ul",
];

/// Elements with other rules inside, as in XML.
pub(crate) const FOREIGN: &[&str] = &["svg", "math"];

/// All other elements that may stand in a grain.
const KNOWN: &[&str] = &[
    "a", "abbr", "audio", "b", "bdi", "bdo", "button", "canvas", "caption", "cite", "code",
    "colgroup", "data", "datalist", "dd", "del", "dfn", "dt", "em", "i", "ins", "kbd", "label",
    "legend", "li", "map", "mark", "meter", "noscript", "optgroup", "option", "output", "picture",
    "progress", "q", "rp", "rt", "ruby", "s", "samp", "select", "slot", "small", "span", "strong",
    "sub", "summary", "sup", "tbody", "td", "template", "textarea", "tfoot", "th", "thead", "time",
    "tr", "u", "var", "video",
];

/// Whether HTML knows an element of this name; custom elements have a hyphen.
pub(crate) fn is_known(name: &str) -> bool {
    let lists = [VOID, ENDS_PARAGRAPH, FOREIGN, KNOWN];
    name.contains('-') || lists.iter().any(|list| list.contains(&name))
}

/// What is wrong with an element that never stands in a grain, and what to do instead.
pub(crate) fn refused(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "script" => (
            "un script dans la page serait ignoré par le navigateur.",
            "Placez-le dans un fichier du même nom que le grain, en .js, à côté de lui.",
        ),
        "style" | "link" => (
            "un style dans la page serait ignoré par le navigateur.",
            "Placez-le dans un fichier du même nom que le grain, en .css, à côté de lui.",
        ),
        "form" => (
            "un formulaire ne peut rien envoyer depuis un grain.",
            "Retirez la balise <form> ; un bouton ou un champ suffit à un script.",
        ),
        "iframe" | "embed" | "object" | "frame" => (
            "une page d’un autre site ne peut pas s’afficher dans un grain.",
            "Mettez un lien vers elle.",
        ),
        "html" | "head" | "body" | "title" | "meta" | "base" | "main" => (
            "un grain est un fragment, et la page autour de lui a déjà cette balise.",
            "Retirez-la et gardez ce qu’elle contient.",
        ),
        "h1" => (
            "le titre du grain est déjà le <h1> de la page.",
            "Commencez à <h2> ; le titre s’écrit dans course.toml.",
        ),
        "font" | "center" | "big" | "strike" | "tt" | "marquee" => (
            "cette balise n’existe plus en HTML.",
            "Remplacez-la par une classe et une règle dans le fichier .css du grain.",
        ),
        _ => return None,
    })
}

/// The elements that may directly hold this one, when only some may.
pub(crate) fn parents(name: &str) -> Option<&'static [&'static str]> {
    Some(match name {
        "li" => &["ul", "ol", "menu"],
        "dt" | "dd" => &["dl", "div"],
        "tr" => &["table", "thead", "tbody", "tfoot"],
        "td" | "th" => &["tr"],
        "thead" | "tbody" | "tfoot" | "caption" | "colgroup" => &["table"],
        "summary" => &["details"],
        "legend" => &["fieldset"],
        "figcaption" => &["figure"],
        _ => return None,
    })
}

/// A parse error of the HTML standard: what is wrong, how to mend it.
pub(crate) fn parse_error(error: html5gum::Error) -> (String, &'static str) {
    use html5gum::Error as E;
    let (what, mend) = match error {
        E::DuplicateAttribute => (
            "un attribut est écrit deux fois dans la même balise",
            "Gardez l’un des deux",
        ),
        E::MissingAttributeValue => (
            "un attribut suivi de = n’a pas de valeur",
            "Écrivez-la entre guillemets droits",
        ),
        E::MissingWhitespaceBetweenAttributes => {
            ("deux attributs se touchent", "Séparez-les par une espace")
        }
        E::UnexpectedCharacterInAttributeName
        | E::UnexpectedCharacterInUnquotedAttributeValue
        | E::UnexpectedEqualsSignBeforeAttributeName
        | E::UnexpectedSolidusInTag => (
            "un attribut est mal écrit",
            "Écrivez nom=\"valeur\", entre guillemets droits, et fermez la balise par >",
        ),
        E::EndTagWithAttributes | E::EndTagWithTrailingSolidus => (
            "une balise fermante contient autre chose que son nom",
            "Écrivez </nom>",
        ),
        E::InvalidFirstCharacterOfTagName
        | E::UnexpectedQuestionMarkInsteadOfTagName
        | E::MissingEndTagName
        | E::EofBeforeTagName => (
            "un signe < n’est suivi d’aucun nom de balise",
            "Écrivez &lt; si ce signe est voulu",
        ),
        E::EofInTag => (
            "une balise n’est jamais finie",
            "Ajoutez le guillemet ou le > qui manque",
        ),
        E::EofInComment => ("un commentaire n’est jamais fermé", "Fermez-le par -->"),
        E::IncorrectlyOpenedComment => (
            "un commentaire est mal ouvert",
            "Écrivez <!-- et -->, ou {# et #} pour qu’il reste entre auteurs",
        ),
        E::UnknownNamedCharacterReference | E::MissingSemicolonAfterCharacterReference => (
            "un nom de signe après & est inconnu ou n’est pas suivi d’un point-virgule",
            "Écrivez le signe lui-même, ou &amp; si & est voulu",
        ),
        other => {
            let what = format!("ce HTML est mal formé ({})", other.as_str());
            return (what, "Corrigez cette ligne");
        }
    };
    (what.to_owned(), mend)
}
