//! Renders an edition or a bulletin as mails and web pages: typed views, Handlebars, MJML, and the cut at the slots.
//!
//! Each of `prose`, `templates`, `email`, `pages`, `samples` and `load` knows only those before it.

pub mod console;
mod email;
mod error;
mod issue;
mod load;
mod logo;
pub mod pages;
mod palette;
mod prose;
pub mod report;
mod samples;
pub mod shipped;
mod templates;

pub use email::bulletin::render_bulletin;
pub use email::check::{HTML_LIMIT, check};
pub use email::notice::render_notice;
pub use email::render;
pub use email::transactional::{TransactionalText, render_transactional};
pub use email::wording::greeting;
pub use error::{MailKind, Part, RenderError};
pub use issue::{BulletinIssue, Card, EarlierMail, Face, Illustration, Issue, ServiceInfo};
pub use palette::of_pictures;
pub use prose::escape::html as escape;
pub use templates::Templates;
