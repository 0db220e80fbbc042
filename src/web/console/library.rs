//! `/library`: the texts that families read, with what is missing and what needs a look; a page for each; and the forms in which they
//! are written.

mod ask;
mod checked;
pub(super) mod correction;
mod edit;
mod edit_view;
mod findings;
mod frames;
mod new;
mod overview;
pub(super) mod place;
mod text;
pub(super) mod typed;
mod versions;

use axum::Router;
use axum::routing::get;

use self::place::SECTION;
use super::ask::{asks, decides, only, posts};
use super::state::Console;
use crate::domain::user::Permission;

pub(super) fn routes() -> Router<Console> {
    const WRITE: Permission = Permission::Write;
    Router::new()
        .route(SECTION, get(overview::page))
        .route("/library/new", only(WRITE, get(new::page)))
        .route("/library/{theme}/{name}", get(text::page))
        .route("/library/{theme}/{name}/frame", get(frames::frame))
        .route("/library/{theme}/{name}/edit", edit::route())
        .route("/library/{theme}/{name}/preview", posts(WRITE, edit::preview))
        .route("/library/{theme}/{name}/download", posts(WRITE, edit::download))
        .route("/library/{theme}/{name}/checked", decides(WRITE, checked::look, checked::page, checked::check))
        .route("/library/{theme}/{name}/unchecked", decides(WRITE, checked::look, checked::page, checked::uncheck))
        .route("/library/{theme}/{name}/review", asks(WRITE, SECTION, ask::review, ask::reviewed))
        .route("/library/{theme}/{name}/discard", asks(WRITE, SECTION, ask::discard, ask::discarded))
        .route("/library/{theme}/{name}/versions/{number}", get(versions::page))
        .route(
            "/library/{theme}/{name}/versions/{number}/take-back",
            asks(WRITE, SECTION, versions::ask, versions::take_back),
        )
}
