//! `approve`, `swap`, `hold`, `release` and `withdraw`: an operator's decisions.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::out;
use crate::app::bulletins::Bulletins;
use crate::app::bulletins::decide::BulletinDecided;
use crate::app::decisions::activity::{Replaced, Withdrawal};
use crate::app::decisions::{Decided, Decisions};
use crate::app::planner::PlanRow;
use crate::app::restored::{Released, RestoredStore};
use crate::app::{AppContext, Loaded, bootstrap};
use crate::domain::activity::{ActivityId, ActivityIdError};
use crate::domain::band::BandName;
use crate::domain::bulletin::{BulletinId, BulletinName, BulletinNameError, MailingName};
use crate::domain::edition::EditionNumber;
use crate::domain::text::check_line;
use crate::domain::text::dates::local_moment;
use crate::messages;

/// The edition or the bulletin that is meant, and how to answer.
#[derive(Debug, Args)]
struct About {
    /// The edition's number, or the bulletin's name
    #[arg(value_name = "N|bulletin:NAME")]
    subject: Subject,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// What an operator decides about.
#[derive(Debug, Clone)]
enum Subject {
    Edition(EditionNumber),
    Bulletin(BulletinName),
}

impl std::str::FromStr for Subject {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix("bulletin:") {
            return name.parse().map(Self::Bulletin).map_err(|error: BulletinNameError| error.to_string());
        }
        edition_number(text).map(|number| Self::Edition(EditionNumber(number)))
    }
}

fn edition_number(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (1..=BulletinId::LAST_EDITION.0).contains(number));
    number.ok_or_else(|| "expected an edition’s number, from 1, or bulletin:NAME".to_owned())
}

/// An id, or the path of its file as a shell completes it.
fn activity_id(text: &str) -> Result<ActivityId, String> {
    let path = text.strip_prefix("./").unwrap_or(text);
    let path = path.strip_prefix("activities/").unwrap_or(path);
    path.strip_suffix(".md").unwrap_or(path).parse().map_err(|error: ActivityIdError| error.to_string())
}

#[derive(Debug, Args)]
pub(super) struct Approve {
    #[command(flatten)]
    about: About,
}

impl Approve {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let opened = open(context).await?;
        match &self.about.subject {
            Subject::Edition(number) => tell(&opened.app, &opened.decisions.approve(*number).await?, self.about.json),
            Subject::Bulletin(name) => {
                let decided = opened.bulletins.approve(name).await?;
                let text = opened.bulletins.text_at_hand(name).filter(|_| decided.bulletin.published.is_none());
                let note = text.as_ref().map(messages::bulletins::preview::approved);
                tell_bulletin(&decided, note, self.about.json);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Swap {
    /// The edition's number
    #[arg(value_name = "N", value_parser = edition_number)]
    edition: u32,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    /// The band that gets another activity
    #[arg(long, value_name = "BAND")]
    band: BandName,
    /// The activity that it gets
    #[arg(long, value_name = "THEME/NAME", value_parser = activity_id)]
    activity: ActivityId,
}

impl Swap {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        // Without the library nobody knows whether the activity suits.
        let (app, content) = context.open_whole().await?;
        let decisions = Decisions::new(&app, Some(&content));
        let decided = decisions.swap(EditionNumber(self.edition), &self.band, &self.activity).await?;
        if !self.json {
            let pick = decided.edition.selection.picks.iter().find(|pick| pick.band == self.band);
            if let Some(pick) = pick {
                let why = messages::picks::pick(pick);
                out::line(&format!("{}: {} ({}), {why}.", pick.band, pick.title, pick.id));
            }
        }
        tell(&app, &decided, self.json);
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Hold {
    #[command(flatten)]
    about: About,
    /// Why, for whoever looks at it later
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Hold {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        if let Some(reason) = &self.reason {
            check_line(reason).map_err(|error| Failure::Usage(format!("--reason: {error}")))?;
        }
        let (opened, why) = (open(context).await?, self.reason.as_deref());
        match &self.about.subject {
            Subject::Edition(number) => tell(&opened.app, &opened.decisions.hold(*number, why).await?, self.about.json),
            Subject::Bulletin(name) => tell_bulletin(&opened.bulletins.hold(name, why).await?, None, self.about.json),
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(super) struct Release {
    /// The edition's number, or the bulletin's name. Left out: lets the store send again after it was restored or has lost something
    #[arg(value_name = "N|bulletin:NAME")]
    subject: Option<Subject>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Release {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let opened = open(context).await?;
        match &self.subject {
            None => return whole_store(&opened, self.json).await,
            Some(Subject::Edition(number)) => {
                tell(&opened.app, &opened.decisions.release(*number).await?, self.json);
            }
            Some(Subject::Bulletin(name)) => tell_bulletin(&opened.bulletins.release(name).await?, None, self.json),
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Lets a restored store send again; of another, single editions are named.
async fn whole_store(opened: &Opened, as_json: bool) -> Result<ExitCode, Failure> {
    let restored = RestoredStore::new(&opened.app);
    let concerns = restored.attention(opened.bulletins.texts()).await?;
    let Some(Released { editions, bulletins, broke_off }) = restored.release().await? else {
        let told = not_restored(&restored).await?;
        if as_json {
            out::json(&json!({ "released": false, "editions": [], "bulletins": [], "reason": told }));
        } else {
            out::line(&told);
        }
        return Ok(ExitCode::SUCCESS);
    };
    if as_json {
        out::json(&json!({ "released": true, "editions": editions, "bulletins": bulletins, "reason": null }));
        return Ok(ExitCode::SUCCESS);
    }
    let completes = if broke_off { " This completes a release that broke off." } else { "" };
    out::line(&format!("This store sends again.{completes}"));
    concerns.iter().skip(1).for_each(|one| out::line(&format!("  {}", messages::attention::released(one))));
    if editions.is_empty() && bulletins.is_empty() {
        out::line("  Neither an edition nor a bulletin was waiting for this.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn not_restored(restored: &RestoredStore) -> Result<String, Failure> {
    let command = |held| match held {
        MailingName::Edition(number) => format!("`fortnightly release {number}`"),
        MailingName::Bulletin(name) => format!("`fortnightly release bulletin:{name}`"),
    };
    let named: Vec<String> = restored.held().await?.into_iter().map(command).collect();
    let which = if named.is_empty() {
        "Neither an edition nor a bulletin is held, so there's nothing to release.".to_owned()
    } else {
        format!("To release what is held: {}.", named.join(", "))
    };
    Ok(format!("The store isn't held as a whole: it was neither restored, nor has it lost anything. {which}"))
}

#[derive(Debug, Args)]
pub(super) struct Withdraw {
    /// An edition's number or a bulletin's name, to cancel it; or an activity, to retire it for good
    #[arg(value_name = "N|bulletin:NAME|THEME/NAME")]
    what: What,
    /// Take it back
    #[arg(long)]
    undo: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone)]
enum What {
    Edition(EditionNumber),
    Bulletin(BulletinName),
    Activity(ActivityId),
}

impl std::str::FromStr for What {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text.parse::<Subject>(), activity_id(text)) {
            (Ok(Subject::Edition(number)), _) => Ok(Self::Edition(number)),
            (Ok(Subject::Bulletin(name)), _) => Ok(Self::Bulletin(name)),
            (_, Ok(id)) => Ok(Self::Activity(id)),
            _ => {
                Err("expected an edition’s number, a bulletin as bulletin:NAME, or an activity as THEME/NAME"
                    .to_owned())
            }
        }
    }
}

impl Withdraw {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let Opened { app, decisions, bulletins } = open(context).await?;
        match &self.what {
            What::Bulletin(name) => {
                let decided =
                    if self.undo { bulletins.reinstate(name).await? } else { bulletins.withdraw(name).await? };
                tell_bulletin(&decided, None, self.json);
            }
            What::Edition(number) => {
                let decided =
                    if self.undo { decisions.reinstate(*number).await? } else { decisions.withdraw(*number).await? };
                tell(&app, &decided, self.json);
            }
            What::Activity(id) => {
                let withdrawal = decisions.withdraw_activity(id, self.undo).await?;
                if self.json {
                    out::json(&as_json(id, self.undo, &withdrawal));
                } else {
                    tell_withdrawal(id, self.undo, &withdrawal);
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What decisions are made with.
struct Opened {
    app: AppContext,
    decisions: Decisions,
    bulletins: Bulletins,
}

/// What is broken in the library must not keep anyone from stopping an edition or a bulletin.
async fn open(context: &Context) -> Result<Opened, Failure> {
    let config = context.config()?;
    let loaded = bootstrap::loaded(&config);
    let app = bootstrap::open(config, context.clock).await?;
    let content = match &loaded {
        Loaded::Whole(content) => Some(content),
        Loaded::WithoutContent(findings) => {
            let errors = out::errors(findings);
            out::note(&format!(
                "Library or templates have {errors}: run `fortnightly check`. What was planned stays as it is."
            ));
            None
        }
    };
    let (decisions, bulletins) = (Decisions::new(&app, content), Bulletins::new(&app, content));
    Ok(Opened { app, decisions, bulletins })
}

fn tell(app: &AppContext, decided: &Decided, as_json: bool) {
    let notes = messages::decisions::notes(decided);
    if as_json {
        let row = PlanRow::of(&decided.edition, app.config.schedule.timezone);
        out::json(&messages::plan::json(&row));
        for note in &notes {
            out::note(note);
        }
        return;
    }
    let edition = &decided.edition;
    let when = local_moment(&app.local(edition.due_at));
    let before = if decided.changed { "" } else { " already; nothing changed" };
    out::line(&format!("Edition {} ({when}) is {}{before}.", edition.number, edition.state));
    if let Some(reason) = messages::edition::reason(edition) {
        out::line(&format!("  Why: {reason}"));
    }
    for note in &notes {
        out::line(&format!("  {note}"));
    }
}

fn tell_bulletin(decided: &BulletinDecided, note: Option<String>, as_json: bool) {
    let BulletinDecided { changed, bulletin, tally, .. } = decided;
    let mut lines = messages::bulletins::decided(decided);
    lines.extend(note.map(|note| format!("  {note}")));
    if as_json {
        let state = bulletin.state();
        out::json(&json!({ "bulletin": bulletin.name, "state": state, "changed": changed, "deliveries": tally }));
        lines.iter().skip(1).for_each(|note| out::note(note.trim_start()));
        return;
    }
    for line in &lines {
        out::line(line);
    }
}

fn tell_withdrawal(id: &ActivityId, undo: bool, withdrawal: &Withdrawal) {
    match (undo, withdrawal.changed) {
        (false, true) => out::line(&format!("{id} is withdrawn: it is never picked again.")),
        (false, false) => out::line(&format!("{id} was withdrawn before.")),
        (true, true) => out::line(&format!("{id} may be picked again. Editions that were picked anew stay so.")),
        (true, false) => out::line(&format!("{id} is not withdrawn; nothing changed.")),
    }
    for place in &withdrawal.replaced {
        match &place.by {
            Some((title, by)) => {
                out::line(&format!("  Edition {}, {}: now “{title}” ({by}).", place.edition, place.band));
            }
            None => out::line(&format!(
                "  Edition {}, {}: nothing else suits this band. It is held if anyone reads it.",
                place.edition, place.band
            )),
        }
    }
    let mut unapproved: Vec<EditionNumber> =
        withdrawal.replaced.iter().filter(|place| place.was_approved).map(|place| place.edition).collect();
    unapproved.dedup();
    for number in unapproved {
        out::line(&format!(
            "  The approval of edition {number} was for other activities: approve it again with `fortnightly approve {number}`."
        ));
    }
    if !undo && !withdrawal.published.is_empty() {
        let numbers: Vec<String> = withdrawal.published.iter().map(ToString::to_string).collect();
        out::line(&format!("  It went out in edition {}: that mail cannot be called back.", numbers.join(", ")));
        if let Some(newest) = withdrawal.published.iter().max() {
            out::line(&format!(
                "  To put it right for those who got it, write a correction in activities/bulletins/NAME.md and send it with \
                 `fortnightly bulletin NAME --edition {newest}`."
            ));
        }
        for number in &withdrawal.unfinished {
            out::line(&format!(
                "  Mails of edition {number} still wait, and they carry it. Keep them with `fortnightly hold {number}`: \
                 they expire when the next edition falls due."
            ));
        }
    }
    if !withdrawal.looked {
        out::line("  Planned editions are picked anew when the library has no errors any more.");
    }
}

fn as_json(id: &ActivityId, undo: bool, withdrawal: &Withdrawal) -> serde_json::Value {
    let place = |place: &Replaced| json!({ "edition": place.edition, "band": place.band, "id": place.by.as_ref().map(|(_, id)| id), "was_approved": place.was_approved });
    json!({
        "activity": id,
        "withdrawn": !undo,
        "changed": withdrawal.changed,
        "replaced": withdrawal.replaced.iter().map(place).collect::<Vec<_>>(),
        "published": withdrawal.published,
        "unfinished": withdrawal.unfinished,
    })
}
