//! What the web's templates see.

use serde::Serialize;

use crate::domain::picture::PictureInfo;
use crate::render::email::help::HelpView;
use crate::render::email::view::DigestView;
use crate::render::issue::ServiceInfo;
use crate::render::logo::{self, LogoView};
use crate::render::palette::{Look, look};

/// Where the quick exit leads: a page that everyone has a reason to look at.
pub const EXIT_URL: &str = "https://www.bbc.co.uk/weather";

/// Leaves at once by click and by key, and takes the page's place in the history, so that *back* does not return to it.
/// Without it the link still leads away.
pub const EXIT_SCRIPT: &str = "(function(){var a=document.getElementById('exit');\
function go(e){e.preventDefault();document.documentElement.style.display='none';location.replace(a.href)}\
a.addEventListener('click',go);\
document.addEventListener('keydown',function(e){if(e.key==='Escape'||e.key==='Esc')go(e)})})()";

/// Adds a button below each text to copy. Without it the text can be selected: it stands in a field.
pub const COPY_SCRIPT: &str = "(function(){[].forEach.call(document.querySelectorAll('textarea[readonly]'),function(t){\
var b=document.createElement('button'),s=document.createElement('span');\
b.type='button';b.textContent='Copy this text';s.setAttribute('role','status');s.style.marginLeft='1rem';\
function done(ok){s.textContent=ok?'Copied.':'Please copy it by hand: it is selected.'}\
b.addEventListener('click',function(){s.textContent='';t.focus();t.select();\
if(navigator.clipboard){navigator.clipboard.writeText(t.value).then(function(){done(true)},function(){done(false)})}\
else{done(document.execCommand('copy'))}});\
var p=document.createElement('p');p.appendChild(b);p.appendChild(s);t.parentNode.insertBefore(p,t.nextSibling)})})()";

/// What is around every page.
#[derive(Debug, Serialize)]
pub(crate) struct Shell {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) service: String,
    /// The logo, one or none; the service's name is its description.
    pub(crate) logo: Vec<LogoView>,
    pub(crate) postal_address: String,
    pub(crate) base_url: String,
    /// Empty when replies are not read.
    pub(crate) reply_to: String,
    /// One line at the foot; empty for none.
    pub(crate) footer: String,
    /// The organisation's privacy notice; empty for none.
    pub(crate) privacy_url: String,
    /// The page's own address; empty where it has none that lasts.
    pub(crate) canonical: String,
    /// Not for search engines.
    pub(crate) is_private: bool,
    /// Empty on pages without the quick exit.
    pub(crate) exit_url: &'static str,
    /// The quick exit's script, with its tags.
    pub(crate) exit_prose: String,
    pub(crate) css_class: &'static str,
    pub(crate) feeds: Vec<Feed>,
    pub(crate) look: Look,
}

impl Shell {
    pub(crate) fn new(service: &ServiceInfo<'_>, title: &str, description: &str) -> Self {
        Self {
            title: title.to_owned(),
            description: description.to_owned(),
            service: service.name.to_owned(),
            logo: logo(service),
            postal_address: service.postal_address.to_owned(),
            base_url: service.base_url.to_owned(),
            reply_to: service.reply_to.map(ToString::to_string).unwrap_or_default(),
            footer: service.face.footer.to_owned(),
            privacy_url: service.face.privacy_url.to_owned(),
            canonical: String::new(),
            is_private: false,
            exit_url: "",
            exit_prose: String::new(),
            css_class: "",
            feeds: Vec::new(),
            look: look(service.face.colour),
        }
    }

    pub(crate) fn with_exit(self) -> Self {
        Self { exit_url: EXIT_URL, exit_prose: format!("<script>{EXIT_SCRIPT}</script>"), ..self }
    }
}

/// The logo, where the web has it.
fn logo(service: &ServiceInfo<'_>) -> Vec<LogoView> {
    let src = |info: &PictureInfo| format!("{}/pictures/{}", service.path(), info.name);
    service.face.logo.map(|info| logo::view(info, service.name, src(info))).into_iter().collect()
}

/// A feed or the calendar.
#[derive(Debug, Clone, Serialize)]
pub struct Feed {
    pub kind: &'static str,
    pub title: &'static str,
    pub url: String,
}

/// Our feeds, and the calendar.
pub(crate) fn feeds(base: &str) -> Vec<Feed> {
    [
        ("application/rss+xml", "RSS feed", "/feed.rss"),
        ("application/atom+xml", "Atom feed", "/feed.atom"),
        ("application/feed+json", "JSON feed", "/feed.json"),
        ("text/calendar", "Calendar of the fortnights ahead", "/calendar.ics"),
    ]
    .map(|(kind, title, path)| Feed { kind, title, url: format!("{base}{path}") })
    .to_vec()
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// For which ages; may be empty.
    pub age: String,
    pub title: String,
    pub url: String,
}

/// An edition in a few lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    pub number: u32,
    pub title: String,
    /// `Monday 30 November 2026`.
    pub date: String,
    /// Where to read it.
    pub url: String,
    /// The square picture with its title; empty where there is none.
    pub picture_url: String,
    pub cards: Vec<Link>,
}

/// A bulletin in a few lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BulletinBrief {
    pub title: String,
    pub summary: String,
    /// `Bulletin` or `Correction`.
    pub kind: &'static str,
    /// `Monday 30 November 2026`.
    pub date: String,
    /// Where to read it.
    pub url: String,
}

/// A page that says one thing, and may ask one question.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Message {
    pub title: String,
    pub paragraphs: Vec<String>,
    /// Whether it says that something was not done, and why.
    pub is_refusal: bool,
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
    pub label: String,
    /// Whether it is ticked already.
    pub is_ticked: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct FrontView {
    pub(crate) shell: Shell,
    /// Those of the last weeks.
    pub(crate) bulletins: Vec<BulletinBrief>,
    /// One, or none.
    pub(crate) latest: Vec<Brief>,
    pub(crate) past: Vec<Brief>,
    pub(crate) feeds: Vec<Feed>,
    /// A feed's address with age groups.
    pub(crate) example: String,
    pub(crate) snippet_fixed: String,
    pub(crate) snippet_growing: String,
    pub(crate) help: HelpView,
}

#[derive(Debug, Serialize)]
pub(crate) struct EditionView {
    pub(crate) shell: Shell,
    /// None where there is nothing to choose.
    pub(crate) filters: Vec<Filter>,
    pub(crate) withdrawn: Vec<Label>,
    /// The edition that an activity came with; empty on the edition's own page.
    pub(crate) edition_url: String,
    /// The script that adds a button to each text to copy, with its tags; empty where there are none.
    pub(crate) copy_prose: String,
    #[serde(flatten)]
    pub(crate) view: DigestView,
}

#[derive(Debug, Serialize)]
pub(crate) struct Filter {
    pub(crate) label: String,
    pub(crate) url: String,
    pub(crate) is_current: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Label {
    pub(crate) label: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct EmbedView<'a> {
    pub(crate) shell: Shell,
    pub(crate) items: Vec<Brief>,
    /// What is said instead of them; empty as a rule.
    pub(crate) paragraphs: &'a [String],
}

#[derive(Debug, Serialize)]
pub(crate) struct MessageView<'a> {
    pub(crate) shell: Shell,
    #[serde(flatten)]
    pub(crate) message: &'a Message,
}
