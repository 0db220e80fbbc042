//! What the web's templates see.

use serde::Serialize;

use super::super::ServiceFacts;
use super::super::palette::{LOOK, Look};
use super::super::view::{HelpView, View};
use super::{EXIT_SCRIPT, EXIT_URL};

/// What is around every page.
#[derive(Debug, Serialize)]
pub(in crate::render) struct Shell {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) service: String,
    pub(super) postal_address: String,
    pub(super) base_url: String,
    /// Empty when replies are not read.
    pub(super) reply_to: String,
    /// The page's own address; empty where it has none that lasts.
    pub(super) canonical: String,
    /// Not for search engines.
    pub(super) is_private: bool,
    /// Empty on pages without the quick exit.
    pub(super) exit_url: &'static str,
    /// The quick exit's script, with its tags.
    pub(super) exit_prose: String,
    pub(super) css_class: &'static str,
    pub(super) feeds: Vec<Feed>,
    pub(super) look: Look,
}

impl Shell {
    pub(super) fn new(service: &ServiceFacts<'_>, title: &str, description: &str) -> Self {
        Self {
            title: title.to_owned(),
            description: description.to_owned(),
            service: service.name.to_owned(),
            postal_address: service.postal_address.to_owned(),
            base_url: service.base_url.to_owned(),
            reply_to: service.reply_to.map(ToString::to_string).unwrap_or_default(),
            canonical: String::new(),
            is_private: false,
            exit_url: "",
            exit_prose: String::new(),
            css_class: "",
            feeds: Vec::new(),
            look: LOOK,
        }
    }

    pub(super) fn with_exit(self) -> Self {
        Self { exit_url: EXIT_URL, exit_prose: format!("<script>{EXIT_SCRIPT}</script>"), ..self }
    }
}

/// A feed or the calendar.
#[derive(Debug, Clone, Serialize)]
pub struct Feed {
    /// Its media type.
    pub kind: &'static str,
    /// Its name.
    pub title: &'static str,
    /// Where it is.
    pub url: String,
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// For which ages; may be empty.
    pub age: String,
    /// What it says.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// An edition in a few lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// Its number.
    pub number: u32,
    /// Its theme.
    pub title: String,
    /// `Monday 30 November 2026`.
    pub date: String,
    /// Where to read it.
    pub url: String,
    /// Its activities.
    pub cards: Vec<Link>,
}

/// A page that says one thing, and may ask one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its heading.
    pub title: String,
    /// What it says.
    pub paragraphs: Vec<String>,
    /// The words above the choices; may be empty.
    pub question: String,
    /// What there is to choose from.
    pub choices: Vec<Choice>,
    /// The words on the button, which posts to the page's own address; empty for none.
    pub button: String,
    /// Where to go from here.
    pub links: Vec<Link>,
    /// Whether it belongs to the web view, and has its quick exit.
    #[serde(skip)]
    pub has_exit: bool,
}

/// A box to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What the form sends as `bands`.
    pub value: String,
    /// What it says.
    pub label: String,
    /// Whether it is ticked already.
    pub is_ticked: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct FrontView {
    pub(super) shell: Shell,
    /// One, or none.
    pub(super) latest: Vec<Brief>,
    pub(super) past: Vec<Brief>,
    pub(super) feeds: Vec<Feed>,
    /// A feed's address with age groups.
    pub(super) example: String,
    pub(super) snippet_fixed: String,
    pub(super) snippet_growing: String,
    pub(super) help: HelpView,
}

#[derive(Debug, Serialize)]
pub(super) struct EditionView {
    pub(super) shell: Shell,
    /// None where there is nothing to choose.
    pub(super) filters: Vec<Filter>,
    pub(super) withdrawn: Vec<Label>,
    /// The edition that an activity came with; empty on the edition's own page.
    pub(super) edition_url: String,
    #[serde(flatten)]
    pub(super) view: View,
}

#[derive(Debug, Serialize)]
pub(super) struct Filter {
    pub(super) label: String,
    pub(super) url: String,
    pub(super) is_current: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Label {
    pub(super) label: String,
}

#[derive(Debug, Serialize)]
pub(super) struct EmbedView<'a> {
    pub(super) shell: Shell,
    pub(super) items: Vec<Brief>,
    /// What is said instead of them; empty as a rule.
    pub(super) paragraphs: &'a [String],
}

#[derive(Debug, Serialize)]
pub(super) struct MessageView<'a> {
    pub(super) shell: Shell,
    #[serde(flatten)]
    pub(super) message: &'a Message,
}
