//! The course as Rust: its outline, and the text of each grain.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::assets::Addresses;
use crate::source::{Course, Grain, NAMESPACE};

/// Writes `course.rs` and `grains.rs`, and beside them the texts they include.
pub(crate) fn write(course: &Course, addresses: &Addresses, out: &Path) -> Result<()> {
    crate::write(&out.join("course.rs"), &outline(course)?)?;
    let folder = out.join("grains");
    fs::create_dir_all(&folder)?;
    let mut table = String::from("static GRAINS: &[(&str, WriteGrain)] = &[\n");
    let mut templates = String::new();
    let mut grains: Vec<&Grain> = course.grains().collect();
    grains.sort_by(|a, b| a.id.cmp(&b.id));
    for (rank, grain) in grains.into_iter().enumerate() {
        let text = leading_away(&addresses.in_grain(&grain.text));
        let id = &grain.id;
        if grain.is_template {
            let name = format!("Grain{rank}");
            template(&mut templates, &name, grain, &text)?;
            let (frame, fields) = if grain.uses_frame {
                ("frame", " { frame }")
            } else {
                ("_", "")
            };
            writeln!(
                table,
                "    ({id:?}, |{frame}, out| askama::Template::render_into(&{name}{fields}, out)),"
            )?;
        } else {
            crate::write(&folder.join(format!("{id}.html")), &text)?;
            writeln!(
                table,
                "    ({id:?}, |_, out| Ok(out.write_str(include_str!(concat!(env!(\"OUT_DIR\"), \
                 \"/grains/{id}.html\")))?)),"
            )?;
        }
    }
    table.push_str("];\n");
    crate::write(&out.join("grains.rs"), &(table + &templates))
}

/// Lets links to other sites open beside the course: few of them can be shown inside a frame.
fn leading_away(text: &str) -> String {
    let beside = "<a target=\"_blank\" rel=\"noopener\" href=\"http";
    text.replace("<a href=\"http", beside)
}

/// The struct of a grain that holds askama tags; the components come on its first line.
fn template(out: &mut String, name: &str, grain: &Grain, text: &str) -> Result<()> {
    let source = format!("{{% import \"components/course.html\" as {NAMESPACE} %}}{text}");
    let fields = if grain.uses_frame {
        "<'a> { frame: &'a Frame }"
    } else {
        ";"
    };
    writeln!(
        out,
        "#[derive(askama::Template)]\n#[template(source = {source:?}, ext = \"html\")]\nstruct {name}{fields}"
    )?;
    Ok(())
}

fn outline(course: &Course) -> Result<String> {
    let mut out = String::new();
    let Course {
        title,
        subtitle,
        language,
        license,
        modules,
    } = course;
    writeln!(
        out,
        "/// The course of `templates/course`, as it was when this was built.\n\
         pub static COURSE: Course = Course {{ title: {title:?}, subtitle: {subtitle:?}, \
         language: {language:?}, license: {license:?}, modules: &["
    )?;
    for module in modules {
        let (id, title, summary) = (&module.id, &module.title, &module.summary);
        let minutes = module.minutes;
        writeln!(
            out,
            "Module {{ id: {id:?}, title: {title:?}, summary: {summary:?}, minutes: {minutes}, \
             sequences: &["
        )?;
        for sequence in &module.sequences {
            let (id, title, summary) = (&sequence.id, &sequence.title, &sequence.summary);
            let minutes = sequence.minutes;
            writeln!(
                out,
                "Sequence {{ id: {id:?}, title: {title:?}, summary: {summary:?}, \
                 minutes: {minutes}, grains: &["
            )?;
            for grain in &sequence.grains {
                writeln!(out, "{},", grain_outline(grain))?;
            }
            out.push_str("] },\n");
        }
        out.push_str("] },\n");
    }
    out.push_str("] };\n");
    Ok(out)
}

fn grain_outline(grain: &Grain) -> String {
    let Grain {
        id,
        title,
        summary,
        minutes,
        style,
        script,
        ..
    } = grain;
    let style = style.as_ref().map(|_| format!("course/{id}.css"));
    let script = script.as_ref().map(|_| format!("course/{id}.js"));
    format!(
        "Grain {{ id: {id:?}, title: {title:?}, summary: {summary:?}, minutes: {minutes}, \
         style: {style:?}, script: {script:?} }}"
    )
}
