//! The form of an organisation and one of its mailboxes, to add or to change, and what it asks for.

use serde::Serialize;

use crate::app::csv_import::bands_of;
use crate::config::Config;
use crate::domain::address::Address;
use crate::domain::band::BandSet;
use crate::domain::subscriber::{Locale, Origin, Profile, Sector, SubscribeRequest, is_urn};
use crate::domain::text::check_line;
use crate::messages;
use crate::web::console::ask::{Choice, Hidden};
use crate::web::console::form::Form;

/// The form as it is shown.
#[derive(Debug, Default, Serialize)]
pub(super) struct ProfileForm {
    pub(super) title: String,
    pub(super) facts: Vec<String>,
    /// What has to be put right first.
    pub(super) problems: Vec<String>,
    pub(super) name: String,
    pub(super) sectors: Vec<Choice>,
    /// Whether the address is asked for.
    pub(super) asks_address: bool,
    pub(super) email: String,
    pub(super) urn: String,
    pub(super) bands: Vec<Choice>,
    pub(super) ages: String,
    /// Whether the organisation may be described here: that of an entry of the config file is described there.
    pub(super) asks_profile: bool,
    pub(super) hidden: Vec<Hidden>,
    pub(super) button: String,
    pub(super) action: String,
    pub(super) back_url: String,
}

impl ProfileForm {
    /// With nothing filled in.
    pub(super) fn empty(config: &Config) -> Self {
        Self { asks_profile: true, ..Self::filled(config, Sector::School, &BandSet::new()) }
    }

    /// With what is known.
    pub(super) fn of(config: &Config, profile: &Profile, bands: &BandSet) -> Self {
        Self {
            name: profile.name.clone(),
            urn: profile.urn.clone().unwrap_or_default(),
            asks_profile: true,
            ..Self::filled(config, profile.sector, bands)
        }
    }

    /// With what someone filled in, and what is wrong with it.
    pub(super) fn again(config: &Config, form: &Form, problems: Vec<String>) -> Self {
        let chosen: BandSet = form.values("bands").filter_map(|band| band.parse().ok()).collect();
        let text = |name: &str| form.text(name).to_owned();
        Self {
            problems,
            name: text("name"),
            email: text("email"),
            urn: text("urn"),
            ages: text("ages"),
            asks_profile: true,
            ..Self::filled(config, form.text("sector").parse().unwrap_or(Sector::School), &chosen)
        }
    }

    fn filled(config: &Config, sector: Sector, bands: &BandSet) -> Self {
        let sectors = Sector::ALL.iter().map(|one| Choice {
            value: one.as_str().to_owned(),
            label: messages::sectors::many(*one).to_owned(),
            chosen: *one == sector,
        });
        let bands = config.bands.iter().map(|band| Choice {
            value: band.id.to_string(),
            label: band.label.clone(),
            chosen: bands.contains(&band.id),
        });
        Self { sectors: sectors.collect(), bands: bands.collect(), ..Self::default() }
    }
}

/// What the form asks for the mailbox of this address, or for the one that it names; or what is wrong with it.
pub(super) fn read(
    config: &Config,
    form: &Form,
    known: Option<(&Address, &Profile)>,
) -> Result<SubscribeRequest, Vec<String>> {
    let mut problems = Vec::new();
    let mut wrong = |what: String| problems.push(what);
    let address = match known {
        Some((address, _)) => Some(address.clone()),
        None => form.text("email").parse().map_err(|error| wrong(format!("The address {error}."))).ok(),
    };
    let profile = match known {
        Some((_, profile)) if form.value("name").is_none() => Some(profile.clone()),
        _ => profile(form, known.map(|(_, profile)| profile.locale), &mut wrong),
    };
    let list = form.values("bands").collect::<Vec<_>>().join(" ");
    let bands = match (list.is_empty(), form.text("ages").is_empty()) {
        (true, true) => Err("choose at least one age group, or write the ages".to_owned()),
        (false, false) => Err("choose the age groups or write the ages, not both".to_owned()),
        _ => bands_of(&list, form.text("ages"), &config.bands),
    };
    let bands = bands.map_err(|what| wrong(format!("The age groups: {what}."))).ok();
    match (profile, address, bands) {
        (Some(profile), Some(address), Some(bands)) => {
            Ok(SubscribeRequest { profile, address, bands, origin: Origin::Cli })
        }
        _ => Err(problems),
    }
}

fn profile(form: &Form, locale: Option<Locale>, wrong: &mut impl FnMut(String)) -> Option<Profile> {
    let (name, urn) = (form.text("name"), form.text("urn"));
    let name = check_line(name).map(|()| name.to_owned()).map_err(|error| wrong(format!("The name {error}."))).ok();
    let sector = form.text("sector").parse().map_err(|error| wrong(format!("The sector: {error}."))).ok();
    let is_good = urn.is_empty() || is_urn(urn);
    if !is_good {
        wrong("The register number must be 1 to 20 letters and digits.".to_owned());
    }
    let urn = Some(urn.to_owned()).filter(|urn| !urn.is_empty());
    is_good.then_some(())?;
    Some(Profile { name: name?, sector: sector?, locale: locale.unwrap_or(Locale::EnGb), urn })
}
