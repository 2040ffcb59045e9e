//! Puts the parts of a state over all subtasks together.

use std::collections::HashMap;
use std::sync::Arc;

use super::definition::Definition;
use super::load::Found;
use super::{Inner, Layout, OperatorName, State, StateKind};

/// The states of an operator, in the order in which the subtasks have them.
pub(super) fn merge(operator: &Arc<OperatorName>, found: impl Iterator<Item = Found>) -> Vec<State> {
    let mut states: Vec<Merged> = Vec::new();
    let mut by_name: HashMap<(String, Side), usize> = HashMap::new();
    for found in found {
        let key = (found.definition.name.clone(), Side::of(found.layout));
        let index = *by_name.entry(key).or_insert_with(|| {
            let mut state = Merged::new(operator, &found);
            let suffix = Side::of(found.layout).suffix();
            while states.iter().any(|other| other.inner.name == state.inner.name) {
                state.inner.name.push_str(suffix);
            }
            states.push(state);
            states.len() - 1
        });
        if let Some(state) = states.get_mut(index) {
            state.add(found);
        }
    }
    states.into_iter().map(|merged| State::new(merged.inner)).collect()
}

/// Keyed and operator state may have the same name.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Keyed,
    Operator,
    Raw,
}

impl Side {
    /// What tells a state from one of another side with the same name.
    fn suffix(self) -> &'static str {
        match self {
            Self::Keyed => "$keyed",
            Self::Operator => "$operator",
            Self::Raw => "$raw",
        }
    }

    fn of(layout: Layout) -> Self {
        match layout {
            Layout::Operator => Self::Operator,
            Layout::Raw => Self::Raw,
            _ => Self::Keyed,
        }
    }
}

struct Merged {
    inner: Inner,
    definition: Arc<Definition>,
}

impl Merged {
    fn new(operator: &Arc<OperatorName>, first: &Found) -> Self {
        let definition = Arc::clone(&first.definition);
        let inner = Inner {
            operator: Arc::clone(operator),
            name: definition.name.clone(),
            kind: definition.kind,
            layout: first.layout,
            key: definition.key.clone(),
            namespace: definition.namespace.clone(),
            value: definition.value.clone(),
            table: definition.table(),
            parts: Vec::new(),
            bytes: 0,
            unsupported: None,
            definition: Arc::clone(&definition),
        };
        Self { inner, definition }
    }

    fn add(&mut self, found: Found) {
        let inner = &mut self.inner;
        inner.bytes += found.bytes;
        if let Some(reason) = difference(&self.definition, &found.definition) {
            inner.unsupported.get_or_insert(reason);
        }
        match found.part {
            Ok(part) => inner.parts.push(part),
            Err(reason) => {
                inner.unsupported.get_or_insert(reason);
            }
        }
    }
}

/// How the definitions of two subtasks differ, as a sentence.
fn difference(a: &Arc<Definition>, b: &Arc<Definition>) -> Option<String> {
    if Arc::ptr_eq(a, b) {
        return None;
    }
    if a.kind != b.kind {
        return Some(differ("kind", &kind(a.kind), &kind(b.kind)));
    }
    let parts = [("key", &a.key, &b.key), ("namespace", &a.namespace, &b.namespace), ("value", &a.value, &b.value)];
    parts.into_iter().find(|(_, a, b)| a != b).map(|(part, a, b)| {
        let text = |ty: &Option<crate::types::Type>| ty.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        differ(&format!("{part} type"), &text(a), &text(b))
    })
}

fn differ(what: &str, a: &str, b: &str) -> String {
    format!("its subtasks disagree about the {what}: one wrote {a}, another {b}")
}

fn kind(kind: StateKind) -> String {
    format!("{kind:?}")
}
