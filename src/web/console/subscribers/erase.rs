//! Erases a person: first what would go, in numbers, which is found out without changing anything.

use axum::response::Response;

use super::known::KnownMailbox;
use super::view::HERE;
use crate::app::AppError;
use crate::app::privacy::EraseResult;
use crate::domain::address::Address;
use crate::messages::mailbox::erased;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::parts::ConsoleParts;

const GONE: &str = "There's nothing left to erase: perhaps someone has done it already.";

pub(super) async fn ask(asking: Asked) -> Result<(Question, KnownMailbox), Refusal> {
    let known = KnownMailbox::find(&asking).await?;
    let (address, path) = (&known.mailbox.address, known.path());
    let would_be = asking.parts.privacy().would_erase(address).await.map_err(asking.failed(&path))?;
    let EraseResult::Done(would_go) = would_be else { return Err(asking.missing(GONE)) };
    let mut facts: Vec<String> = erased(&would_go).iter().map(|what| format!("Removed for good: {what}.")).collect();
    facts.push(
        "What stays: how many mails there were, and a mark that keeps the address from being mailed again. Nobody can read the \
         address from it."
            .to_owned(),
    );
    let line = asking.parts.config().line_of_address(address);
    let warnings = line.map(|line| format!("The config file names it in line {line}. Remove it there, too."));
    let question = Question {
        title: format!("Erase {address}?"),
        warnings: warnings.into_iter().collect(),
        facts,
        button: "Erase it for good".to_owned(),
        is_danger: true,
        action: format!("{path}/erase"),
        back_url: path,
        ..Question::default()
    };
    // Not how much goes with it: a mail that is sent meanwhile changes nothing about the wish.
    Ok((question.about(&address.to_string()), known))
}

pub(super) async fn decide(asking: Asked, known: KnownMailbox) -> Result<Response, Refusal> {
    let said = erase(&asking.parts, &known.mailbox.address).await.map_err(asking.failed(&known.path()))?;
    Ok(asking.decided(said.ok_or_else(|| asking.conflict(GONE, HERE))?, HERE))
}

async fn erase(parts: &ConsoleParts, address: &Address) -> Result<Option<Vec<String>>, AppError> {
    let privacy = parts.privacy();
    let EraseResult::Done(gone) = privacy.erase(address).await? else { return Ok(None) };
    let is_clean = privacy.scrub(address).await?;
    let mut said = vec!["It is erased, and will never be mailed again.".to_owned()];
    said.push(format!("Gone for good: {}.", erased(&gone).join("; ")));
    if !is_clean {
        said.push(
            "It disappears from the files on the disk as soon as nobody else is reading them and no edition is being sent."
                .to_owned(),
        );
    }
    said.push(
        "Backups and lists that were made before still have it, and so may the mail server's logs: only you can remove it there."
            .to_owned(),
    );
    Ok(Some(said))
}
