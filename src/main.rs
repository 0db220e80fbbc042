//! The `fortnightly` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    fortnightly::cli::main()
}
