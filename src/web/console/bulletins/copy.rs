//! One marked test copy of a bulletin, to an address that someone types in.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;

use super::order::{SECTION, asked_about, path, shown_not};
use crate::app::bulletins::error::BulletinError;
use crate::app::bulletins::send::BulletinOrder;
use crate::domain::address::Address;
use crate::domain::user::Permission;
use crate::messages::bulletins::people;
use crate::web::console::ask::{Question, asks};
use crate::web::console::asking::{Asked, Refusal};
use crate::web::console::edition::copy::{fields, promises};
use crate::web::console::edition::readers::largest_first;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::state::Console;

pub(super) fn routes(routes: Router<Console>) -> Router<Console> {
    routes.route("/bulletins/{name}/test-copy", asks(Permission::Decide, SECTION, ask, send))
}

async fn ask(asking: Asked) -> Result<(Question, BulletinOrder), Refusal> {
    let (parts, order) = (&asking.parts, asked_about(&asking)?);
    let look = parts.bulletins().look(&order).await;
    let look = look.map_err(|error| shown_not(parts, &asking.caller, &error))?;
    let segments = largest_first(look.segments.unwrap_or_default());
    if segments.is_empty() {
        return Err(asking.conflict(people::NOTHING_TO_COPY, &path(&order, "")));
    }
    let keys: Vec<_> = segments.iter().map(|segment| &segment.key).collect();
    let title = look.text.as_ref().map_or_else(|| order.name.to_string(), |text| text.title.clone());
    let question = Question {
        title: format!("Send a test copy of “{title}”?"),
        facts: promises(),
        fields: fields(parts, &asking.caller, &segments),
        button: "Send the test copy".to_owned(),
        action: path(&order, "/test-copy"),
        back_url: path(&order, ""),
        ..Question::default()
    };
    Ok((question.about(&(keys, &look.text)), order))
}

async fn send(asking: Asked, order: BulletinOrder) -> Result<Response, Refusal> {
    let to = asking.form.text("to").parse::<Address>();
    let why = "That isn't an address. Write one such as officer@example.org.";
    let to = to.map_err(|_| asking.wrong(why, &asking.here))?;
    match sent(&asking.parts, &order, &to, asking.form.text("segment")).await {
        Ok(()) => {
            let said = format!("A test copy of the bulletin is on its way to {to}.");
            Ok(asking.decided(vec![said], &path(&order, "")))
        }
        Err(error @ BulletinError::CopyNotAccepted(_)) => {
            Err(asking.refused(StatusCode::BAD_GATEWAY, &people::refusal(&error), &asking.here))
        }
        Err(error) => Err(shown_not(&asking.parts, &asking.caller, &error).into()),
    }
}

async fn sent(parts: &ConsoleParts, order: &BulletinOrder, to: &Address, segment: &str) -> Result<(), BulletinError> {
    let bulletins = parts.bulletins();
    let copy = bulletins.copy_of(order, segment, to).await?.ok_or(BulletinError::NoName)?;
    // First the line in the log: a copy that nobody knows of is worse than one that did not go out.
    bulletins.note_copy(&order.name, segment).await?;
    copy.send(parts.config()).await.map(drop)
}
