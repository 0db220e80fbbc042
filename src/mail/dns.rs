//! Looks TXT records up, as receivers of our mail do.

use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The system's resolver.
pub struct Dns(TokioResolver);

impl Dns {
    /// The resolver that the system is set up with.
    ///
    /// # Errors
    /// What is wrong with the system's configuration.
    pub fn system() -> Result<Self, String> {
        let resolver = TokioResolver::builder_tokio().and_then(hickory_resolver::ResolverBuilder::build);
        resolver.map(Self).map_err(|error| error.to_string())
    }

    /// The TXT records of a name, each as one text (RFC 7208 §3.3); none where the name or the type does not exist.
    ///
    /// # Errors
    /// When no server answers, or one says that it could not find out.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        // The dot at the end keeps the search list out.
        let asked = tokio::time::timeout(PATIENCE, self.0.txt_lookup(format!("{name}."))).await;
        let answer = match asked {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_no_records_found() || error.is_nx_domain() => return Ok(Vec::new()),
            Ok(Err(error)) => return Err(error.to_string()),
            Err(_) => return Err(format!("no answer within {PATIENCE:?}")),
        };
        let texts = answer.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(text) => Some(String::from_utf8_lossy(&text.txt_data.concat()).into_owned()),
            _ => None,
        });
        Ok(texts.collect())
    }
}
