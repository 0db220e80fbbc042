//! How a bulletin reads for one group of readers.

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::order::{OF, SECTION, ordered, path, shown_not};
use crate::app::bulletins::error::BulletinError;
use crate::app::previewer::shown::ShownMail;
use crate::web::console::caller::Caller;
use crate::web::console::edition::frame::{self, Framed};
use crate::web::console::mailing;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;
use crate::web::console::state::Console;

type Segment = Path<(String, String)>;

pub(super) async fn segment(
    State(console): State<Console>,
    caller: Caller,
    Path((name, segment)): Segment,
    RawQuery(query): RawQuery,
) -> Response {
    let (parts, query) = (console.parts(), query.as_deref());
    let mail = shown(&parts, (&name, &segment), query).await;
    let (mail, order) = match mail.and_then(|mail| Ok((mail, ordered(&name, query)?))) {
        Ok(both) => both,
        Err(error) => return shown_not(&parts, &caller, &error),
    };
    let framed = Framed {
        subject: mail.subject,
        of: "the bulletin".to_owned(),
        back: path(&order, ""),
        here: format!("/bulletins/{name}/segments/{segment}"),
        query: order.narrowing.readers_of.as_ref().map(|it| format!("&{OF}={}", mailing::key(it))).unwrap_or_default(),
        section: SECTION,
    };
    frame::page(&parts, &caller, framed, &parameter(query, "view"))
}

pub(super) async fn mail(
    State(console): State<Console>,
    _: Caller,
    Path((name, segment)): Segment,
    RawQuery(query): RawQuery,
) -> Response {
    let query = query.as_deref();
    let mail = shown(&console.parts(), (&name, &segment), query).await;
    frame::document(mail.ok().as_ref(), &parameter(query, "view"))
}

async fn shown(
    parts: &ConsoleParts,
    (name, segment): (&str, &str),
    query: Option<&str>,
) -> Result<ShownMail, BulletinError> {
    parts.bulletins().mail(&ordered(name, query)?, segment).await
}
