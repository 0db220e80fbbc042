//! What the handlers share: the use cases as they are at the moment of a request, and the pages made a moment ago.

use std::sync::Arc;

use super::cache::{Cache, Kept};
use crate::app::feeds::Feeds;
use crate::app::public_pages::{PublicPages, Shown};
use crate::app::{AppContext, AppError, Content, Service};
use crate::config::Config;
use crate::domain::band::Bands;

/// The use cases behind the recipients' site, from one reading of the files.
#[derive(Clone)]
pub struct PublicSite {
    pub(super) config: Arc<Config>,
    pub(super) pages: PublicPages,
    pub(super) feeds: Feeds,
    pub(super) mailboxes: Service,
}

impl PublicSite {
    /// A site about the store of `context`.
    pub fn new(context: &AppContext, content: &Content) -> Self {
        Self {
            config: Arc::clone(&context.config),
            pages: PublicPages::new(context, content),
            feeds: Feeds::new(context, content),
            mailboxes: Service::of(context),
        }
    }

    /// The service's bands.
    pub(super) fn bands(&self) -> &Bands {
        &self.config.bands
    }
}

/// The state of every handler.
#[derive(Clone)]
pub(super) struct Pages {
    current: Arc<dyn Fn() -> PublicSite + Send + Sync>,
    cache: Arc<Cache>,
}

impl Pages {
    pub(super) fn new(current: impl Fn() -> PublicSite + Send + Sync + 'static) -> Self {
        Self { current: Arc::new(current), cache: Arc::default() }
    }

    /// The use cases as they are now.
    pub(super) fn site(&self) -> PublicSite {
        (self.current)()
    }

    /// A public page that was made a moment ago, or is made now by `make`, which works with `site`.
    pub(super) async fn kept(
        &self,
        site: &PublicSite,
        key: &str,
        make: impl Future<Output = Result<Shown, AppError>>,
    ) -> Result<Kept, AppError> {
        self.cache.get(&site.config, key, make).await
    }
}
