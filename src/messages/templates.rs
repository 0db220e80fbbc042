//! An organisation's templates beside the shipped ones, in words.

use crate::app::template_update::Step;
use crate::domain::shipped::Standing;

/// How a file stands to the shipped one.
pub fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Unchanged => "as it is shipped",
        Standing::Changed => "changed by you",
        Standing::New => "unchanged by you, and new in the shipped ones",
        Standing::Both => "changed by you, and new in the shipped ones, too",
        Standing::Added => "not in your folder yet, and new in the shipped ones",
        Standing::Deleted => "deleted by you",
        Standing::Own => "yours alone",
    }
}

/// What an update does about a file; `is_done` once it has.
pub fn step(file: &str, step: &Step, is_done: bool) -> String {
    let does = |done: &'static str, would: &'static str| if is_done { done } else { would };
    match step {
        Step::TakeOver => format!("{file}: {}.", does("brought up to date", "would be brought up to date")),
        Step::PutBeside(name) => format!(
            "{file}: you changed it, so it stays as it is. The shipped one {} beside it as {name}: copy over what you want \
             from there, then delete it.",
            does("is now", "would be put")
        ),
        Step::PutBack(Some(by)) => {
            format!("{file}: {} back, because {by} includes it.", does("put", "would be put"))
        }
        Step::PutBack(None) => {
            format!("{file}: {} back, because nothing works without it.", does("put", "would be put"))
        }
        Step::InTheWay(name) => format!(
            "{file}: you changed it, and {name} is a file of yours, too. Move {name} away, and run the command again."
        ),
    }
}

/// Which version a folder comes from, and which is the newest.
pub fn versions(base: Option<&str>, newest: &str) -> String {
    match base {
        Some(base) if base == newest => format!("Your templates come from the newest shipped ones ({newest})."),
        Some(base) => format!("Your templates come from the shipped ones of {base}; the newest are of {newest}."),
        None => format!("Which shipped templates yours come from can't be told; the newest are of {newest}."),
    }
}
