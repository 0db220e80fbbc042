//! What every page has around its own content: the service's name, who is signed in, the way to the other pages, and what
//! came of the last decision.

use serde::Serialize;

use super::caller::Caller;
use super::entrance::Entrance;
use super::parts::ConsoleParts;
use crate::domain::text::dates::local_moment;
use crate::domain::user::Permission;

/// The pages in the bar at the top: path, label, and what one must be allowed to see them.
#[rustfmt::skip]
const PAGES: &[(&str, &str, Permission)] = &[
    ("/", "Now", Permission::Look),
    ("/calendar", "Calendar", Permission::Look),
    ("/bulletins", "Bulletins", Permission::Look),
    ("/library", "Library", Permission::Look),
    ("/subscribers", "Subscribers", Permission::Look),
    ("/deliveries", "Deliveries", Permission::Look),
    ("/suppressions", "No mail", Permission::Look),
    ("/report", "Report", Permission::Look),
    ("/log", "Log", Permission::Look),
    ("/users", "Users", Permission::ManageUsers),
];

/// What stands around a page.
#[derive(Debug, Default, Serialize)]
pub(super) struct Shell {
    title: String,
    service: String,
    /// Where every path begins.
    base: String,
    /// A part of the addresses of style sheet and script, so that a new version is fetched.
    version: &'static str,
    /// The organisation's colour as the style sheet's address has it, so that another one is fetched; empty for none.
    brand: String,
    nav: Vec<NavItem>,
    /// Who is signed in; empty when nobody is.
    person: String,
    role: &'static str,
    /// Whether they have an account of their own.
    account: bool,
    form_token: String,
    said: Vec<String>,
    /// Where the page's figures come from while someone looks; empty where nothing moves.
    live_url: String,
    /// Whether a text is written on the page.
    is_writing: bool,
    /// Whether the page shows every edition that is being sent, so that it changes when one begins.
    live_all: bool,
    zone: String,
    now: String,
}

#[derive(Debug, Serialize)]
struct NavItem {
    label: &'static str,
    url: String,
    current: bool,
}

impl Shell {
    /// For a page that someone sees who is signed in; `here` is the path of the page in the bar that it belongs to.
    pub(super) fn new(parts: &ConsoleParts, caller: &Caller, title: &str, here: &str) -> Self {
        let seen = PAGES.iter().filter(|(_, _, needed)| caller.may(*needed));
        let nav = seen.map(|(path, label, _)| NavItem { label, url: caller.link(path), current: *path == here });
        Self {
            title: title.to_owned(),
            base: caller.base.clone(),
            nav: nav.collect(),
            person: caller.person.name.clone(),
            role: caller.person.role.as_str(),
            account: caller.person.user.is_some(),
            form_token: caller.form_token(),
            ..Self::about(parts)
        }
    }

    /// For a page that anyone may see.
    pub(super) fn open(parts: &ConsoleParts, entrance: &Entrance, title: &str) -> Self {
        Self { title: title.to_owned(), base: entrance.base.clone(), ..Self::about(parts) }
    }

    fn about(parts: &ConsoleParts) -> Self {
        let config = parts.config();
        Self {
            service: config.service.name.clone(),
            version: env!("CARGO_PKG_VERSION"),
            brand: config
                .service
                .face
                .colour
                .map(|brand| brand.in_light().to_string().replace('#', "-"))
                .unwrap_or_default(),
            zone: config.schedule.timezone.to_string(),
            now: local_moment(&parts.context.local(parts.context.clock.now())),
            ..Self::default()
        }
    }

    /// With the script that checks a text while it is written.
    pub(super) fn writing(self) -> Self {
        Self { is_writing: true, ..self }
    }

    /// With figures that are kept up to date from this path.
    pub(super) fn live(self, path: &str) -> Self {
        Self { live_url: format!("{}{path}", self.base), ..self }
    }

    /// With figures of every edition that is being sent, and made anew as soon as one begins.
    pub(super) fn live_for_all(self, path: &str) -> Self {
        Self { live_all: true, ..self.live(path) }
    }

    /// With what came of the last decision.
    pub(super) fn saying(self, said: Vec<String>) -> Self {
        Self { said, ..self }
    }
}
