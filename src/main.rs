//! Parses the command line, calls `cli`, turns an error into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    mini_site::cli::run()
}
