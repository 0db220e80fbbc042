//! Ends every subscription of a mailbox, at its reader's wish.

use axum::response::Response;

use super::known::KnownMailbox;
use crate::app::unsubscriber::SuppressResult;
use crate::domain::audit::OPERATOR;
use crate::domain::subscriber::SuppressionReason;
use crate::domain::text::lists::count;
use crate::web::console::ask::Question;
use crate::web::console::asking::{Asked, Refusal};

pub(super) async fn ask(asking: Asked) -> Result<(Question, KnownMailbox), Refusal> {
    let known = KnownMailbox::find(&asking).await?;
    let KnownMailbox { organisation, mailbox, data } = &known;
    let active = mailbox.subscriptions.iter().filter(|one| one.ended.is_none()).count() as u64;
    let waiting = data.deliveries.iter().filter(|one| matches!(one.state, "queued" | "deferred")).count() as u64;
    let mut facts = vec![format!("{} of {} gets nothing more.", mailbox.address, organisation.profile.name)];
    if active > 0 {
        facts.push(format!("Its {}.", count(active, "subscription ends", "subscriptions end")));
    }
    if waiting > 0 {
        facts.push(format!("{} to it will not be sent.", count(waiting, "mail that waits", "mails that wait")));
    }
    facts.push("Only its own reader can bring it back, by clicking a link that you can have sent to them.".to_owned());
    let named = asking.parts.config().line_of_address(&mailbox.address);
    facts.extend(named.map(|line| {
        format!("The config file still names it in line {line}; the entry has no effect for it any more.")
    }));
    let question = Question {
        title: "Unsubscribe this mailbox?".to_owned(),
        facts,
        button: "Unsubscribe it".to_owned(),
        is_danger: true,
        action: format!("{}/unsubscribe", known.path()),
        back_url: known.path(),
        ..Question::default()
    };
    // Not how much waits for it: a mail that is sent meanwhile changes nothing about the wish.
    Ok((question.about(&mailbox.address.to_string()), known))
}

pub(super) async fn decide(asking: Asked, known: KnownMailbox) -> Result<Response, Refusal> {
    let (address, path, unsubscriber) = (&known.mailbox.address, known.path(), asking.parts.unsubscriber());
    let result = unsubscriber.suppress(address, SuppressionReason::Unsubscribed, OPERATOR).await;
    let said = match result.map_err(asking.failed(&path))? {
        SuppressResult::Already(_) => {
            "It got no mail before either. It’s now recorded that it unsubscribed.".to_owned()
        }
        SuppressResult::Ended(name) => format!("{name} gets nothing more at this address."),
        SuppressResult::Stranger => "The address gets no mail from now on.".to_owned(),
    };
    Ok(asking.decided(vec![said], &path))
}
