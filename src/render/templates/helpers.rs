//! The helpers that templates may call, besides `each`.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy, Output, RenderContext, RenderError,
    RenderErrorReason, Renderable,
};

use super::bounds::Filled;
use super::slot_markers::Nonce;
use crate::domain::rendered::Slot;
use crate::domain::text::one_line;
use crate::render::prose::{phone_numbers, text};

/// The field of the root context that holds the nonce. No template can print it: the lint knows no such field.
pub(crate) const NONCE: &str = "slot_nonce";

/// The names of all helpers, `each` included.
pub(crate) const NAMES: &[&str] = &["if", "unless", "each", "slot", "wrap", "heading"];

/// Those that only make sense in `digest.txt.hbs`.
pub(crate) const TEXT_ONLY: &[&str] = &["wrap", "heading"];

/// Registers the helpers, with strict ones in place of the stock `if` and `unless`.
pub(crate) fn register(registry: &mut Handlebars<'_>) {
    registry.register_helper("if", Box::new(Condition { wanted: true }));
    registry.register_helper("unless", Box::new(Condition { wanted: false }));
    registry.register_helper("slot", Box::new(SlotHelper));
    registry.register_helper("wrap", Box::new(Wrap));
    registry.register_helper("heading", Box::new(Heading));
}

/// `{{#if field}}…{{else}}…{{/if}}`; a field that does not exist is an error rather than false.
struct Condition {
    wanted: bool,
}

impl HelperDef for Condition {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let value = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex("if", 0))?;
        if value.is_value_missing() {
            return Err(RenderError::strict_error(value.relative_path()));
        }
        let branch = if value.value().is_truthy(false) == self.wanted { helper.template() } else { helper.inverse() };
        branch.map_or(Ok(()), |template| template.render(registry, context, render, out))
    }
}

/// `{{slot "greeting"}}`: writes the marker at which the finished body is cut.
struct SlotHelper;

impl HelperDef for SlotHelper {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        context: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let name = helper.param(0).and_then(|name| name.value().as_str()).unwrap_or_default();
        let nonce = context.data().get(NONCE).and_then(|nonce| nonce.as_str());
        match (slot_named(name), nonce) {
            (Some(slot), Some(nonce)) => Ok(out.write(&Nonce::marker(nonce, slot))?),
            _ => Err(RenderErrorReason::Other(format!("there is no slot “{name}”")).into()),
        }
    }
}

/// The slot that templates call `name`.
pub(crate) fn slot_named(name: &str) -> Option<Slot> {
    Slot::OF_DIGESTS.iter().copied().find(|slot| slot.name() == name)
}

/// `{{#wrap}}…{{/wrap}}`: wraps the text inside as one paragraph, with a hanging indent after `- ` (text template only).
struct Wrap;

impl HelperDef for Wrap {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        render: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let Some(template) = helper.template() else { return Ok(()) };
        let mut inner = Filled::default();
        template.render(registry, context, render, &mut inner)?;
        let text = phone_numbers::unbroken(&one_line(&inner.into_text()));
        out.write(&text::paragraph(text.trim()))?;
        Ok(())
    }
}

/// `{{heading title "="}}`: the title, underlined with that character (text template only).
struct Heading;

impl HelperDef for Heading {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let text = |at| helper.param(at).and_then(|p| p.value().as_str());
        match (text(0), text(1)) {
            (Some(title), Some(mark)) => Ok(out.write(&text::underlined(title, mark, text::WIDTH))?),
            _ => Err(RenderErrorReason::Other("heading needs a text and a mark".to_owned()).into()),
        }
    }
}
