//! `check`: everything that is wrong, before anything is sent.

use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::{Context, out};
use crate::app::{AppError, Service};
use crate::domain::diagnostic::Diagnostic;
use crate::messages;

#[derive(Debug, Args)]
pub(super) struct Check {
    /// Also try the relay and look into DNS: whether it takes us, and whether SPF, DKIM and DMARC records are there
    #[arg(long)]
    online: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<ExitCode, Failure> {
        let (mut findings, later) = findings(context, self.online).await?;
        findings.sort_by(|a, b| (a.level, &a.file, a.line, a.column).cmp(&(b.level, &b.file, b.line, b.column)));
        let errors = findings.iter().filter(|f| f.is_error()).count() as u64;
        let warnings = findings.len() as u64 - errors;
        if self.json {
            out::json(&findings);
        } else {
            for finding in &findings {
                out::line(&out::painted(finding));
            }
            let counted =
                format!("{}, {}", out::count(errors, "error", "errors"), out::count(warnings, "warning", "warnings"));
            if let Some(later) = later {
                out::note(&format!("Not looked at yet, until these are mended: {later}."));
            }
            out::line(&if findings.is_empty() { "Everything is in order.".to_owned() } else { counted });
        }
        Ok(if errors > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// What was found, and what could not be looked at because of it.
async fn findings(context: &Context, online: bool) -> Result<(Vec<Diagnostic>, Option<&'static str>), Failure> {
    let config = match crate::config::load(&context.global.config) {
        Ok(config) => config,
        Err(findings) => return Ok((findings, Some("the library, the templates and the coming fortnights"))),
    };
    if online {
        context.refuse_pretended_time(&config)?;
    }
    let mut warnings = config.warnings.clone();
    match crate::app::bootstrap::material(&config) {
        Ok(material) => warnings.extend(material.warnings),
        Err(findings) => {
            warnings.extend(findings);
            return Ok((warnings, Some("how the texts read, and the coming fortnights")));
        }
    }
    match Service::open_copy(config, context.clock).await {
        Ok(service) => {
            warnings.extend(service.check().await?);
            if online {
                let online = service.online().await?;
                online.facts.iter().for_each(|fact| out::note(fact));
                warnings.extend(online.findings);
            }
        }
        Err(AppError::Findings(findings)) => warnings.extend(findings),
        Err(error) => warnings.push(Diagnostic::error("store", messages::errors::error(&error))),
    }
    Ok((warnings, None))
}
