//! The library as those who look after it see it: every text with its use, its review and what was found in it.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use parking_lot::Mutex;

use super::desk::Writing;
use super::files;
use crate::app::AppError;
use crate::app::planner::{PlanRow, Planner};
use crate::domain::activity::{Activity, ActivityId};
use crate::domain::band::BandName;
use crate::domain::diagnostic::Diagnostic;
use crate::domain::edition::EditionNumber;
use crate::domain::writing::{HelpPart, TextKind, TextRef};
use crate::editorial;
use crate::library::{Library, Survey, overdue, unserved};

/// How many fortnights ahead the next use is looked for: a year.
const AHEAD: u32 = 26;

/// All of it.
#[derive(Debug, Clone)]
pub struct Overview {
    /// By folder, each theme's own text first.
    pub texts: Vec<TextRow>,
    /// Findings that belong to no text.
    pub others: Vec<Diagnostic>,
    /// Whether the library can be used as it lies there.
    pub is_whole: bool,
}

/// One text.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each may be so without the others")]
pub struct TextRow {
    pub text: TextRef,
    pub title: String,
    pub bands: Vec<BandName>,
    /// Whether it is in the library; if not, it is a draft, or has errors.
    pub is_in_library: bool,
    /// Whether something is being written in its place.
    pub has_draft: bool,
    pub last_used: Option<Use>,
    pub next_used: Option<Use>,
    pub review_by: Option<NaiveDate>,
    pub is_overdue: bool,
    pub reviewed_by: Option<String>,
    /// The age at which it reads, in years.
    pub reading_age: Option<f64>,
    /// Errors first.
    pub findings: Vec<Diagnostic>,
    pub is_withdrawn: bool,
}

impl TextRow {
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|one| one.is_error()).count()
    }

    pub fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }
}

/// The edition that something is used in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub edition: EditionNumber,
    pub date: NaiveDate,
}

/// What a look at every file came to, while the files are as they were: it takes a second.
#[derive(Debug, Default)]
pub struct KeptLook(Mutex<Option<(u64, Arc<Looked>)>>);

/// What takes a look at every file.
#[derive(Debug)]
struct Looked {
    survey: Survey,
    found: BTreeMap<TextRef, Vec<Diagnostic>>,
    others: Vec<Diagnostic>,
    ages: BTreeMap<TextRef, f64>,
}

/// What the store knows of activities and themes.
#[derive(Default)]
struct Uses {
    last: BTreeMap<String, Use>,
    next: BTreeMap<String, Use>,
    withdrawn: BTreeSet<ActivityId>,
}

impl Writing {
    /// Looks at the whole library as it lies in its folder now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn overview(&self, kept: &KeptLook) -> Result<Overview, AppError> {
        let uses = self.uses().await?;
        let editions = self.context.store.editions().await?;
        let published: BTreeSet<EditionNumber> =
            editions.iter().filter(|edition| edition.is_published()).map(|edition| edition.number).collect();
        let (this, today) = (self.clone(), self.today());
        let stamp = self.stamp(&published, today);
        let known = kept.0.lock().as_ref().filter(|(known, _)| *known == stamp).map(|(_, looked)| Arc::clone(looked));
        let looked = if let Some(looked) = known {
            looked
        } else {
            let looked = tokio::task::spawn_blocking(move || Arc::new(this.look(&published, today))).await;
            looked.map_err(|error| AppError::BrokeOff("looking at the library", error.to_string()))?
        };
        *kept.0.lock() = Some((stamp, Arc::clone(&looked)));
        Ok(rows(&looked, &uses, today))
    }

    /// Changes when a file does, or anything else that a look depends on.
    fn stamp(&self, published: &BTreeSet<EditionNumber>, today: NaiveDate) -> u64 {
        let mut hasher = DefaultHasher::new();
        (published, today, format!("{:?}", self.context.config.bands)).hash(&mut hasher);
        files::stamp(&self.folder(), &mut hasher);
        hasher.finish()
    }

    /// The themes, by folder and title, without a closer look.
    pub fn themes(&self) -> Vec<(String, String)> {
        let library = self.survey().library;
        library
            .iter()
            .flat_map(|library| &library.themes)
            .map(|theme| (theme.name.clone(), theme.title.clone()))
            .collect()
    }

    fn look(&self, published: &BTreeSet<EditionNumber>, today: NaiveDate) -> Looked {
        let (config, folder) = (&self.context.config, self.folder());
        let survey = self.survey();
        let mut all = survey.findings.clone();
        if let Some(library) = &survey.library {
            let site = editorial::Site { base_url: &config.service.base_url, editions: published };
            all.extend(editorial::lint(library, &config.bands, site));
            all.extend(overdue(library, today));
            all.extend(unserved(library, &config.bands));
        }
        let (mut found, mut others): (BTreeMap<TextRef, Vec<Diagnostic>>, Vec<Diagnostic>) = Default::default();
        for one in all {
            let text = one
                .file
                .as_ref()
                .and_then(|file| Path::new(file).strip_prefix(&folder).ok()?.to_str().and_then(TextRef::of_file));
            match text {
                Some(text) => found.entry(text).or_default().push(one),
                None => others.push(one),
            }
        }
        for all in found.values_mut() {
            all.sort_by_key(|one| (one.level, one.line, one.column));
        }
        let texts = survey.library.iter().flat_map(texts);
        let age = |text: TextRef| {
            let file = files::read(&folder, Path::new(&text.file())).ok()??;
            Some((text, editorial::reading_age(&file)?))
        };
        let ages = texts.filter(|text| text.kind() != TextKind::HelpBlock).filter_map(age).collect();
        Looked { survey, found, others, ages }
    }

    async fn uses(&self) -> Result<Uses, AppError> {
        let (store, now) = (&self.context.store, self.context.clock.now());
        let mut uses = Uses { withdrawn: store.withdrawn().await?, ..Uses::default() };
        for edition in store.editions().await?.iter().filter(|edition| edition.is_published()) {
            let this = Use { edition: edition.number, date: edition.date };
            let names = edition.selection.picks.iter().map(|pick| pick.id.to_string());
            uses.last.extend(names.chain([edition.selection.theme.clone()]).map(|name| (name, this)));
        }
        if let Some(content) = &self.content {
            let rows = Planner::new(&self.context, content).plan(now, AHEAD).await?;
            for row in rows.iter().filter(|row| row.is_ahead()) {
                let this = Use { edition: row.edition, date: row.date };
                names(row).for_each(|name| {
                    uses.next.entry(name).or_insert(this);
                });
            }
        }
        Ok(uses)
    }

    /// When a text was used last, and when it's used next.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn uses_of(&self, text: &TextRef) -> Result<(Option<Use>, Option<Use>), AppError> {
        let (uses, name) = (self.uses().await?, name(text));
        Ok((uses.last.get(&name).copied(), uses.next.get(&name).copied()))
    }
}

fn names(row: &PlanRow) -> impl Iterator<Item = String> {
    row.picks().iter().map(|pick| pick.id.to_string()).chain(row.theme().map(str::to_owned))
}

/// By which name its uses are counted.
fn name(text: &TextRef) -> String {
    match text {
        TextRef::Activity(id) => id.to_string(),
        TextRef::Theme(name) => name.clone(),
        other => other.to_string(),
    }
}

/// The texts of a library.
fn texts(library: &Library) -> Vec<TextRef> {
    let themes = library.themes.iter().map(|theme| TextRef::Theme(theme.name.clone()));
    let activities = library.activities.iter().map(|activity| TextRef::Activity(activity.id.clone()));
    let notices = library.notices.iter().map(|notice| TextRef::Notice(notice.name.clone()));
    let bulletins = library.bulletins.iter().map(|bulletin| TextRef::Bulletin(bulletin.name.to_string()));
    themes.chain(activities).chain(notices).chain(bulletins).chain([TextRef::Help(HelpPart::Top)]).collect()
}

fn rows(looked: &Looked, uses: &Uses, today: NaiveDate) -> Overview {
    let Looked { survey, found, others, ages } = looked;
    let drafts: BTreeSet<&TextRef> = survey.drafts.iter().collect();
    let texts = survey.library.iter().flat_map(texts);
    let known: BTreeSet<TextRef> = texts.chain(found.keys().cloned()).chain(survey.drafts.clone()).collect();
    let row = |text: TextRef| {
        let about = survey.library.as_ref().map(|library| about(library, &text)).unwrap_or_default();
        let name = name(&text);
        TextRow {
            title: about.title.unwrap_or_else(|| text.to_string()),
            bands: about.bands,
            is_in_library: about.is_in_library,
            has_draft: drafts.contains(&text),
            last_used: uses.last.get(&name).copied(),
            next_used: uses.next.get(&name).copied(),
            is_overdue: about.review_by.is_some_and(|day| day < today),
            review_by: about.review_by,
            reviewed_by: about.reviewed_by,
            reading_age: ages.get(&text).copied(),
            findings: found.get(&text).cloned().unwrap_or_default(),
            is_withdrawn: matches!(&text, TextRef::Activity(id) if uses.withdrawn.contains(id)),
            text,
        }
    };
    let mut texts: Vec<TextRow> = known.into_iter().map(row).collect();
    texts.sort_by(|a, b| place(&a.text).cmp(&place(&b.text)));
    Overview { texts, others: others.clone(), is_whole: survey.is_whole }
}

/// By folder, a theme's own text first.
fn place(text: &TextRef) -> (&str, bool, &TextRef) {
    (text.folder(), !matches!(text, TextRef::Theme(_)), text)
}

#[derive(Default)]
struct About {
    title: Option<String>,
    bands: Vec<BandName>,
    is_in_library: bool,
    review_by: Option<NaiveDate>,
    reviewed_by: Option<String>,
}

fn about(library: &Library, text: &TextRef) -> About {
    let activity = |one: &Activity| About {
        title: Some(one.title.clone()),
        bands: one.bands.clone(),
        is_in_library: true,
        review_by: Some(one.review_by),
        reviewed_by: None,
    };
    match text {
        TextRef::Activity(id) => library.activity(id).map(activity).unwrap_or_default(),
        TextRef::Theme(name) => library.theme(name).map_or_else(About::default, |theme| About {
            title: Some(theme.title.clone()),
            is_in_library: true,
            review_by: Some(theme.review_by),
            reviewed_by: theme.reviewed_by.clone(),
            ..About::default()
        }),
        TextRef::Notice(name) => {
            let notice = library.notices.iter().find(|notice| notice.name == *name);
            notice.map_or_else(About::default, |notice| About {
                title: Some(notice.title.clone()),
                is_in_library: true,
                ..About::default()
            })
        }
        TextRef::Help(_) => About {
            title: Some(library.help.title.clone()).filter(|title| !title.is_empty()),
            is_in_library: true,
            ..About::default()
        },
        TextRef::Bulletin(name) => {
            let bulletin = library.bulletins.iter().find(|bulletin| bulletin.name.as_str() == name);
            bulletin.map_or_else(About::default, |bulletin| About {
                title: Some(bulletin.title.clone()),
                bands: bulletin.bands.clone(),
                is_in_library: true,
                ..About::default()
            })
        }
    }
}
