//! PostgreSQL's own programs: where they are, how old they are, which one is fit.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use super::TransferError;
use crate::config::DatabaseAddress;

/// Where they stand when they are not on `PATH`, in `bin` below a folder named after the version:
/// Debian, Red Hat, a build of one's own, macOS.
const FOLDERS: [&str; 6] = [
    "/usr/lib/postgresql",
    "/usr",
    "/usr/local",
    "/usr/local/opt",
    "/opt/homebrew/opt",
    "/Applications/Postgres.app/Contents/Versions",
];

/// One that is installed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Program {
    pub(super) name: &'static str,
    path: PathBuf,
    pub(super) major: u32,
}

impl Program {
    /// All that are installed under this name, the one of `PATH` first.
    pub(super) fn list(name: &'static str) -> Vec<Self> {
        let mut paths = vec![PathBuf::from(name)];
        for folder in FOLDERS {
            let versions = std::fs::read_dir(folder).into_iter().flatten().flatten();
            paths.extend(versions.map(|version| version.path().join("bin").join(name)));
        }
        let found = paths.into_iter().filter_map(|path| {
            let output = Command::new(&path).arg("--version").output().ok()?;
            let major = major(&String::from_utf8_lossy(&output.stdout))?;
            Some(Self { name, path, major })
        });
        found.collect()
    }

    /// The one to dump a server of this major version with: its own, else the next newer one.
    ///
    /// # Errors
    /// When none is installed, or none is new enough.
    pub(super) fn for_dump(found: Vec<Self>, server: u32) -> Result<Self, TransferError> {
        let newest = found.iter().map(|program| program.major).max();
        let newest = newest.ok_or(TransferError::ProgramMissing("pg_dump"))?;
        let fit = found.into_iter().filter(|program| program.major >= server);
        fit.min_by_key(|program| program.major)
            .ok_or(TransferError::OlderThanServer { newest, server })
    }

    /// Those to restore into a server of this major version with, the best first: its own; older
    /// ones, whose words it knows; newer ones, some of whose words it may not know.
    pub(super) fn by_fitness(mut found: Vec<Self>, server: u32) -> Vec<Self> {
        found.sort_by_key(|program| (program.major > server, program.major.abs_diff(server)));
        found
    }

    /// The program, led to a database; it never asks for a password.
    pub(super) fn command(&self, address: &DatabaseAddress) -> Command {
        let mut command = Command::new(&self.path);
        command
            .envs(address.variables())
            .env("LC_ALL", "C")
            .arg("--no-password")
            .stdin(Stdio::null());
        command
    }

    /// The program alone, without a database.
    pub(super) fn offline(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// Runs a command of this program, `input` on its standard input, and returns what it says.
    ///
    /// # Errors
    /// When it does not start or fails.
    pub(super) fn run(&self, command: &mut Command, input: &str) -> Result<String, TransferError> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(TransferError::at(&self.path))?;
        if let Some(mut pipe) = child.stdin.take() {
            // One that fails at once reads nothing; its own words tell why.
            drop(pipe.write_all(input.as_bytes()));
        }
        let output = child
            .wait_with_output()
            .map_err(TransferError::at(&self.path))?;
        self.outcome(&output)
    }

    /// What a program said, or that it failed.
    ///
    /// # Errors
    /// When it failed.
    pub(super) fn outcome(&self, output: &Output) -> Result<String, TransferError> {
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(TransferError::Program {
            program: self.name,
            message: own_words(self.name, &String::from_utf8_lossy(&output.stderr)),
        })
    }
}

/// What a program says itself; the lines below its own may show rows.
fn own_words(name: &str, text: &str) -> String {
    let start = format!("{name}: ");
    let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        "it said nothing".to_owned()
    } else {
        lines.join("; ")
    }
}

/// `pg_dump (PostgreSQL) 15.18 (Debian …)` → 15.
fn major(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("(PostgreSQL) ")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit());
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(majors: &[u32]) -> Vec<Program> {
        let program = |&major| Program {
            name: "pg_dump",
            path: PathBuf::new(),
            major,
        };
        majors.iter().map(program).collect()
    }

    fn chosen(majors: &[u32], server: u32) -> Result<u32, String> {
        let program = Program::for_dump(installed(majors), server);
        program
            .map(|program| program.major)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_version_is_read_from_what_a_program_says_of_itself() {
        assert_eq!(
            major("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0)"),
            Some(15)
        );
        assert_eq!(major("pg_restore (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major("mysqldump 8.0"), None);
    }

    #[test]
    fn a_server_is_dumped_by_its_own_version_or_the_next_newer_one() {
        assert_eq!(chosen(&[18, 15, 16], 15), Ok(15));
        assert_eq!(chosen(&[18, 14, 17], 16), Ok(17));
        let error = chosen(&[14, 15], 18).expect_err("both are older");
        assert!(error.starts_with("pg_dump 15 is older than the server, which is PostgreSQL 18"));
        assert!(error.ends_with("install postgresql-client-18 or newer"));
        let error = chosen(&[], 15).expect_err("there is none");
        assert!(error.starts_with("pg_dump is not installed"), "{error}");
    }

    #[test]
    fn a_server_is_fed_by_its_own_version_then_older_ones_then_newer_ones() {
        let order = Program::by_fitness(installed(&[14, 18, 16, 17, 15]), 16);
        let majors: Vec<_> = order.into_iter().map(|program| program.major).collect();
        assert_eq!(majors, [16, 15, 14, 17, 18]);
    }

    #[test]
    fn what_a_program_shows_of_the_rows_is_left_out() {
        let text = "pg_restore: error: COPY failed for table \"users\": ERROR:  broken\nCONTEXT:  COPY users, line 3: \"camille@example.org\"";
        assert_eq!(
            own_words("pg_restore", text),
            "error: COPY failed for table \"users\": ERROR:  broken"
        );
    }
}
