//! What the code of a file says: its functions with their lengths, its literals, and comparisons of a field's words.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, BinOp, Expr, Item, Lit, Meta, Signature};

/// What was found in one file; numbers are lines.
#[derive(Default)]
pub(super) struct Code {
    /// Name and length, from the signature to the closing brace.
    pub(super) functions: Vec<(String, usize)>,
    /// Texts, also those that macros and attributes are given; not the documentation.
    pub(super) texts: Vec<(usize, String)>,
    /// Where the words of a field called `reason` decide something.
    pub(super) judged: Vec<usize>,
}

impl Code {
    pub(super) fn of(items: &[Item]) -> Self {
        let mut code = Self::default();
        for item in items {
            code.visit_item(item);
        }
        code
    }

    fn function(&mut self, signature: &Signature, block: &syn::Block) {
        let lines = block.span().end().line - signature.span().start().line + 1;
        self.functions.push((signature.ident.to_string(), lines));
    }

    fn scan(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.scan(group.stream()),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    if let Lit::Str(text) = Lit::new(literal) {
                        self.texts.push((line, text.value()));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether something is compiled for tests alone.
pub(super) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return false };
        list.path.is_ident("cfg") && list.tokens.to_string() == "test"
    })
}

/// `….reason`, also behind what only makes a `&str` of it.
fn is_reason(expression: &Expr) -> bool {
    match expression {
        Expr::Field(field) => matches!(&field.member, syn::Member::Named(name) if name == "reason"),
        Expr::MethodCall(call) => is_reason(&call.receiver),
        Expr::Reference(inner) => is_reason(&inner.expr),
        Expr::Paren(inner) => is_reason(&inner.expr),
        Expr::Unary(inner) => is_reason(&inner.expr),
        Expr::Try(inner) => is_reason(&inner.expr),
        _ => false,
    }
}

/// A literal text, also within `Some(…)`.
fn is_text(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(literal) => matches!(literal.lit, Lit::Str(_)),
        Expr::Call(call) => call.args.iter().any(is_text),
        Expr::Reference(inner) => is_text(&inner.expr),
        _ => false,
    }
}

impl<'ast> Visit<'ast> for Code {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            self.function(&item.sig, &item.block);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_lit_str(&mut self, text: &'ast syn::LitStr) {
        self.texts.push((text.span().start().line, text.value()));
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.scan(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.scan(list.tokens.clone());
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let judges = ["starts_with", "ends_with", "contains", "strip_prefix", "strip_suffix", "find", "split_once"];
        if judges.iter().any(|name| call.method == name) && is_reason(&call.receiver) {
            self.judged.push(call.method.span().start().line);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        let (left, right) = (&*binary.left, &*binary.right);
        let compares = matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_));
        if compares && (is_reason(left) && is_text(right) || is_text(left) && is_reason(right)) {
            self.judged.push(binary.op.span().start().line);
        }
        visit::visit_expr_binary(self, binary);
    }
}
