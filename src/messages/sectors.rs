//! The sectors by name, for pages and mails.

use crate::domain::subscriber::Sector;

/// Those of a sector, as a list or a table names them.
pub fn many(sector: Sector) -> &'static str {
    match sector {
        Sector::School => "Schools",
        Sector::SocialCare => "Social care",
        Sector::LawEnforcement => "Police and other law enforcement",
        Sector::Health => "Health",
        Sector::Charity => "Charities",
        Sector::Other => "Others, families among them",
    }
}
