//! What people read when something could not be done: what happened, where, and what to do next.

use super::{sign_on, subscription, users, waves};
use std::io::ErrorKind;
use std::path::Path;

use crate::app::error::{
    AppError, BackupError, DeliveriesError, KeyringError, MoveError, NeverAgain, NewActivityError, PreviewError,
};
use crate::domain::bulletin::MailingName;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::refusal::Refusal;
use crate::domain::text::dates;
use crate::domain::text::lists::commas;
use crate::domain::text::suggest::{nearest, nearest_first};
use crate::output::OutputError;

/// Why a use case failed.
pub fn error(error: &AppError) -> String {
    match error {
        AppError::Findings(findings) => findings.iter().map(Diagnostic::to_string).collect::<Vec<_>>().join("\n"),
        AppError::Keyring(error) => keyring(error),
        AppError::Users(why) => users::refused(why),
        AppError::SignIn(why) => users::not_let_in(*why),
        AppError::SignOn(why) => sign_on::refused(why).1.join(" "),
        AppError::Password(why) => users::no_password(*why),
        AppError::Anchor(error) => format!("{error}: set it back (or begin anew with another store.url)"),
        AppError::Refused(refusal) => refused(refusal),
        AppError::NotReleased => {
            "this store was restored from a backup, or its database has lost something. Nothing is sent until you run \
             `fortnightly release`; read `fortnightly status` first"
                .to_owned()
        }
        AppError::Busy => {
            "other programs keep changing the editions: wait a moment and run the command again".to_owned()
        }
        AppError::ListBusy => {
            "other programs keep changing the mailing list: wait a moment and run the command again".to_owned()
        }
        AppError::PretendedTime => {
            "mail.transport speaks SMTP now, and this daemon runs with a pretended time (--now)".to_owned()
        }
        AppError::NoEdition(number) => format!("there is no edition {number} in the store; see `fortnightly plan`"),
        AppError::Decision(error) => super::decisions::refusal(error),
        AppError::Publish(error) => super::decisions::publish(error),
        AppError::Content(error) => format!("{error}; run the command again to pick anew"),
        AppError::Preview(error) => preview(error),
        AppError::Backup(error) => backup(error),
        AppError::Move(error) => moving(error),
        AppError::NewActivity(error) => new_activity(error),
        AppError::Writing(why) => super::writing::refused(why),
        AppError::Deliveries(error) => deliveries(error),
        AppError::Output(error) => output(error),
        AppError::OwnFile { ours, .. } => format!("{error} ({}): name another place", ours.display()),
        AppError::CannotMove(why) => subscription::cannot_move(*why),
        AppError::Wave(why) => waves::refused(*why),
        AppError::Store(failed) => match failed.missing_database() {
            Some((database, owner)) => format!(
                "{error}. On the server, as the user postgres: \
                 `createdb --owner={owner} --encoding=UTF8 --template=template0 {database}`"
            ),
            None => error.to_string(),
        },
        AppError::Dispatch(_)
        | AppError::Mail(_)
        | AppError::Digest { .. }
        | AppError::BulletinMail { .. }
        | AppError::NoBand(_)
        | AppError::Sync(_)
        | AppError::Page(_)
        | AppError::File { .. }
        | AppError::WithoutPostgres
        | AppError::BrokeOff(..) => error.to_string(),
    }
}

fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::OtherKeys => format!(
            "{refusal}: nobody who is subscribed or has left would be recognised. Restore the key file that belongs to the store from your backup"
        ),
        Refusal::TooManyBands { band, limit } => format!(
            "band {band} would be the {}th different band name of this store, which can hold {limit}: use a name it knows",
            limit + 1
        ),
        Refusal::AnchorChanged { .. }
        | Refusal::LacksKeys(_)
        | Refusal::NotPublished(_)
        | Refusal::Withdrawn(_)
        | Refusal::Forgotten(_)
        | Refusal::NotInHand(_)
        | Refusal::Impossible(..)
        | Refusal::TooLarge(_) => refusal.to_string(),
    }
}

fn deliveries(error: &DeliveriesError) -> String {
    match error {
        DeliveriesError::NothingPublished => error.to_string(),
        DeliveriesError::UnknownMailbox(_) => format!("{error}: look at `fortnightly subscribers list`"),
        DeliveriesError::NotPublished(_) | DeliveriesError::BulletinNotSent(_) => {
            format!("{error}: look at `fortnightly status`")
        }
        DeliveriesError::Over(mailing, why) => never_again(mailing, *why),
    }
}

/// Why none of its mails is sent again, and what to do instead.
fn never_again(mailing: &MailingName, why: NeverAgain) -> String {
    match why {
        NeverAgain::Overtaken(newer) => {
            format!("edition {newer} fell due since, so {mailing} is over: whoever missed it reads the newer one")
        }
        NeverAgain::Withdrawn => format!(
            "{mailing} was withdrawn while it was being sent, so what had not left by then never leaves. A copy of \
             its file under a new name would go to everyone it names, also to those who have this one"
        ),
        NeverAgain::Forgotten => {
            format!("{mailing} was sent so long ago that what its mails said is no longer kept, so none is sent again")
        }
    }
}

/// Every node has the same key file; says how this one gets it.
fn not_shared(path: &Path, lacks: &[u8], is_there: bool) -> String {
    let what = match lacks {
        [] if !is_there => "there is no key file, but the store has one: without it".to_owned(),
        [] => "this is not the key file that the store was made with: with it".to_owned(),
        lacks => {
            format!("other nodes of the store sign with keys that are not in it ({}): without them", commas(lacks))
        }
    };
    let path = path.display();
    format!(
        "{path}: {what} nobody who is subscribed or has left would be recognised, and links in mails of other nodes would not work. \
         Copy the file that web.secret_file names on a node that works to {path} here (mode 0600, owned by the user that runs \
         Fortnightly), and start again"
    )
}

fn keyring(error: &KeyringError) -> String {
    match error {
        KeyringError::Lost { .. } => format!(
            "{error}: without it nobody who is subscribed or has left would be recognised, and no unsubscribe link already sent would work. \
             Restore this file from your backup."
        ),
        KeyringError::NotShared { path, lacks, is_there } => not_shared(path, lacks, *is_there),
        KeyringError::Unusable { .. } | KeyringError::Lacks { .. } => {
            format!("{error}. Restore this file from your backup.")
        }
        KeyringError::Vanished { .. } | KeyringError::NoRandomness(_) => error.to_string(),
    }
}

fn preview(error: &PreviewError) -> String {
    match error {
        PreviewError::Closed { number, date, state, reason } => {
            let why = super::plan::why(state, reason.as_ref(), *number).map_or(String::new(), |why| format!(": {why}"));
            let state = state.as_str();
            format!(
                "fortnight {number} ({}) has no edition to show; it is {state}{why}. \
                 Another one: `fortnightly preview --edition N`",
                dates::day(*date)
            )
        }
        PreviewError::Empty { number, date } => format!(
            "edition {number} on {date} has no activity for any band: add some to the library, or bring reviews up to date"
        ),
        PreviewError::NoLongerKept(_) => {
            format!(
                "{error}; its activities are still on its web page. To look at another edition: `fortnightly preview --edition N`"
            )
        }
        PreviewError::NothingDue => "nothing is due now; look at the next edition with --edition next".to_owned(),
        PreviewError::NothingAhead => {
            "every coming fortnight is paused: see [[schedule.pauses]] in the config".to_owned()
        }
        PreviewError::UnknownSegment { wanted, known } => {
            let hint = nearest(wanted, known.iter().map(String::as_str))
                .map_or_else(|| format!("the segments are: {}", commas(known)), |id| format!("did you mean {id}?"));
            format!("there is no segment {wanted} in this edition: {hint}")
        }
    }
}

fn backup(error: &BackupError) -> String {
    match error {
        BackupError::NoStore(_) => format!("{error}: nothing to back up"),
        BackupError::Exists(_) => format!("{error}: choose another name, or add --force"),
        BackupError::NoBackup(_) => format!("{error}: it has no keys in it"),
        BackupError::NoSuchFile(_) | BackupError::OfADatabase => error.to_string(),
        BackupError::OfAFile(_) => format!(
            "{error}: restore it where store.url names a file (sqlite:…), and move that store to the database with \
             `fortnightly move --to URL`"
        ),
        BackupError::NoKeys(_) | BackupError::Unusable { .. } => {
            format!("{error}: name a file that `fortnightly backup` wrote")
        }
        BackupError::StoreInUse(_) => format!("{error}: stop `fortnightly run` and every other command, then restore"),
    }
}

fn moving(error: &MoveError) -> String {
    match error {
        MoveError::NoStore(_) => format!("{error}: there is nothing to move"),
        MoveError::SamePlace(_) => format!("{error}: name another place with --to"),
        MoveError::InHand(_) => format!(
            "{error}: stop every `fortnightly run` and `fortnightly send`, and run `fortnightly move` again. On PostgreSQL, \
             `fortnightly nodes` shows where they run"
        ),
        MoveError::InTheWay(_) => format!("{error}, and nothing is written over it: name another place with --to"),
        MoveError::Lost(_) => format!("{error}: restore that one from its backup"),
        MoveError::Different { .. } => {
            format!("{error}: nothing was moved, and the store is as it was; run `fortnightly move` again")
        }
    }
}

fn output(error: &OutputError) -> String {
    match error {
        OutputError::Exists(_) => {
            format!("{error}, and nothing is written over it: name another place, or move it away")
        }
        OutputError::NotAFolder { .. } => format!("{error}: name another place, or move it away"),
        OutputError::InTheWay { .. } => format!("{error}, and nothing is written there: name another place"),
        OutputError::System { path, source } => match source.kind() {
            ErrorKind::NotFound => {
                format!(
                    "{} cannot be written: its folder does not exist; make it first, or name another place",
                    path.display()
                )
            }
            _ => error.to_string(),
        },
    }
}

fn new_activity(error: &NewActivityError) -> String {
    match error {
        NewActivityError::UnknownTheme { wanted, library, known } => {
            let names = || known.iter().map(String::as_str);
            let mut message = format!("there is no theme “{}” in {}", wanted.escape_debug(), library.display());
            if let Some(near) = nearest(wanted, names()) {
                message += &format!(": did you mean {near}?");
            }
            if !known.is_empty() {
                message += &format!("\n  the themes are {}", commas(nearest_first(wanted, names())));
            }
            if crate::domain::activity::is_slug(wanted) {
                message += &format!(
                    "\n  to begin a theme of that name, write {} first: title, strand, reviewed and review_by between +++ \
                     lines, an opening paragraph, and “## For parents and carers” with an article",
                    library.join(wanted).join("theme.md").display()
                );
            }
            message
        }
        NewActivityError::UnknownBand { wanted, known } => {
            format!("there is no band “{}”\n  the bands are {}", wanted.escape_debug(), commas(known))
        }
        NewActivityError::Title(error) => format!("--title {error}"),
        NewActivityError::TitleMarkup => {
            "--title may hold no backslash (\\) and no “](”: a digest cannot print them".to_owned()
        }
        NewActivityError::TitleWithoutName => {
            "--title needs a letter from a to z or a digit: the file is named after it".to_owned()
        }
        NewActivityError::TitleIsTheme => {
            "--title would make the file theme.md, which is the theme's own: add a word".to_owned()
        }
        NewActivityError::Exists(_) => {
            format!("{error}, and nothing is overwritten: give the new one another name with --title")
        }
    }
}
