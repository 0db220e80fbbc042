//! Which bulletin is meant, and which edition it is to correct; and what is said where there is nothing to look at.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::AppError;
use crate::app::bulletins::error::BulletinError;
use crate::app::bulletins::send::BulletinOrder;
use crate::domain::bulletin::{BulletinName, Narrowing};
use crate::messages::bulletins::people;
use crate::web::console::answer;
use crate::web::console::asking::{Asking, Refusal};
use crate::web::console::caller::Caller;
use crate::web::console::mailing;
use crate::web::console::parts::ConsoleParts;
use crate::web::console::query::parameter;

/// The page in the bar.
pub(super) const SECTION: &str = "/bulletins";

/// What stands in the path.
pub(super) type Named = Path<String>;

/// A bulletin, and the edition that the query says.
///
/// # Errors
/// Where no bulletin can be called so.
pub(super) fn ordered(name: &str, query: Option<&str>) -> Result<BulletinOrder, BulletinError> {
    let Ok(name) = name.parse::<BulletinName>() else { return Err(BulletinError::NoName) };
    let readers_of = mailing::of_key(&parameter(query, OF));
    let narrowing = Narrowing { readers_of, ..Narrowing::default() };
    Ok(BulletinOrder { name, narrowing, beside_edition: false, before_the_last_has_left: false, confirmed: true })
}

/// What is asked about.
///
/// # Errors
/// Where no bulletin can be called so.
pub(super) fn asked_about(asking: &Asking) -> Result<BulletinOrder, Refusal> {
    let order = ordered(asking.named("name"), asking.query());
    order.map_err(|error| shown_not(&asking.parts, &asking.caller, &error).into())
}

/// The path of its page, or of a page below that, for the same edition.
pub(super) fn path(order: &BulletinOrder, below: &str) -> String {
    let of = order.narrowing.readers_of.as_ref().map(|of| format!("?{OF}={}", mailing::key(of))).unwrap_or_default();
    format!("/bulletins/{}{below}{of}", order.name)
}

/// The parameter that says whose readers it goes to: an edition's number, or `bulletin:NAME`.
pub(super) const OF: &str = "edition";

/// Why there is nothing to look at, or something can't be decided.
pub(super) fn shown_not(parts: &ConsoleParts, caller: &Caller, error: &BulletinError) -> Response {
    let why = people::refusal(error);
    match error {
        BulletinError::NoName | BulletinError::Unknown { .. } | BulletinError::App(AppError::Preview(_)) => {
            answer::refusal(parts, caller, StatusCode::NOT_FOUND, &why, SECTION)
        }
        BulletinError::App(error) => answer::failed(parts, caller, error, SECTION),
        _ => answer::refusal(parts, caller, StatusCode::CONFLICT, &why, SECTION),
    }
}
