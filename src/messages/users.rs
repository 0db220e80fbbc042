//! Who may use the console, and how they get in.

use crate::app::error::SignInRefusal;
use crate::app::users::{SignsIn, UserRow};
use crate::domain::text::lists::count;
use crate::domain::user::accounts::UserRefusal;
use crate::domain::user::password::{LONGEST, PasswordProblem, SHORTEST};

/// What is said beside every link.
pub const LINK: &str =
    "The link is good once and for 24 hours. Give it to nobody else: whoever opens it becomes this user.";

/// Why a user was not changed.
pub fn refused(why: &UserRefusal) -> String {
    match why {
        UserRefusal::Unknown(address) => {
            format!("nobody with the address {address} may use the console; see `fortnightly users list`")
        }
        UserRefusal::UnknownId(_) => "this user was removed; see `fortnightly users list`".to_owned(),
        UserRefusal::LastAdmin(name) => format!(
            "{name} is the only admin, and someone has to look after the other users: make another user an admin first, or \
             remove the others first"
        ),
        UserRefusal::LinkOver => {
            "this link doesn't work any more: it is good once and for 24 hours. Ask an admin for a new one".to_owned()
        }
        UserRefusal::SignOnTaken => {
            "you are signed on as someone who is another user here. Sign out there first, then open the link again"
                .to_owned()
        }
        UserRefusal::CodeUsed => not_let_in(SignInRefusal::WrongCode),
        UserRefusal::ChangedMeanwhile => {
            "this has been changed in the meantime: look again and try once more".to_owned()
        }
    }
}

/// The same for whoever has the page of users before them.
pub fn refused_plainly(why: &UserRefusal) -> String {
    match why {
        UserRefusal::Unknown(address) => format!("nobody with the address {address} may use the console"),
        UserRefusal::UnknownId(_) => "this user has been removed in the meantime".to_owned(),
        other => refused(other),
    }
}

/// Why someone is not let in.
pub fn not_let_in(why: SignInRefusal) -> String {
    match why {
        SignInRefusal::Wrong => {
            "the address or the password is wrong. If you've forgotten your password, ask an admin for a new link"
                .to_owned()
        }
        SignInRefusal::CodeNeeded => "type the six-digit code that your app shows now as well".to_owned(),
        SignInRefusal::WrongCode => {
            "the code is wrong, or was used already. Wait until your app shows the next one, and type that".to_owned()
        }
        SignInRefusal::Paused { minutes } => format!(
            "there have been too many failed attempts with this address or from your network, so you have to wait for \
             another {}. Try again then",
            count(minutes, "minute", "minutes")
        ),
    }
}

/// Why a password was not taken.
pub fn no_password(why: PasswordProblem) -> String {
    match why {
        PasswordProblem::TooShort => format!(
            "this password is too short: use at least {SHORTEST} characters. Three or four words that don't belong together \
             are easy to remember and hard to guess"
        ),
        PasswordProblem::TooLong => format!("this password is too long: use at most {LONGEST} characters"),
        PasswordProblem::Guessable => {
            "this password is made from your address, your name or the name of the service, so it is easy to guess. Choose \
             another"
                .to_owned()
        }
        PasswordProblem::Commonplace => {
            "this password is one of the first that people try when they guess. Choose another: three or four words that don't belong \
             together are easy to remember and hard to guess"
                .to_owned()
        }
    }
}

/// How a user signs in, in a few words.
pub fn signs_in(user: &UserRow) -> &'static str {
    match (user.signs_in, user.codes) {
        (SignsIn::NotYet, _) => "not yet: hasn't used the link",
        (SignsIn::Password, false) => "with a password",
        (SignsIn::Password, true) => "with a password and a code",
        (SignsIn::SignOn, _) => "with their organisation's account",
    }
}

/// A user whom a command changed.
pub fn changed(before: &UserRow, after: &UserRow) -> String {
    let mut changes = Vec::new();
    if before.role != after.role {
        changes.push(format!("role: {} → {}", before.role, after.role));
    }
    if before.name != after.name {
        changes.push(format!("name: {} → {}", before.name, after.name));
    }
    if changes.is_empty() {
        return format!("{} is {} already; nothing changed.", after.address, article(after));
    }
    format!("{} was changed ({}).", after.address, changes.join("; "))
}

/// “an editor”.
fn article(user: &UserRow) -> String {
    let role = user.role.as_str();
    let a = if role.starts_with(['a', 'e']) { "an" } else { "a" };
    format!("{a} {role}")
}

/// A user whom a command added.
pub fn added(user: &UserRow) -> String {
    format!("{} may use the console as {}.", user.address, article(user))
}

/// A user whom a command removed. Without users a console opens by its link.
pub fn removed(user: &UserRow, are_others: bool) -> String {
    let gone = format!("{} may not use the console any more, and is signed out everywhere.", user.address);
    if are_others {
        return gone;
    }
    format!("{gone} There are no users left: the console opens by the link that it prints when it starts.")
}

/// A user who begins anew with a link.
pub fn reset(user: &UserRow) -> String {
    format!("{} is signed out everywhere, and signs in again with this link.", user.address)
}
