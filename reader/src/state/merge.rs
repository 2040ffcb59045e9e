//! Puts the parts of a state over all subtasks together.

use std::collections::HashMap;
use std::sync::Arc;

use super::definition::{Definition, Parts};
use super::load::Found;
use super::part::Data;
use super::table::Table;
use super::{Inner, Layout, OperatorName, State};

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
    states.into_iter().map(Merged::finish).collect()
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
    /// The definition of the subtask that was added last: most subtasks share one.
    last: Arc<Definition>,
}

impl Merged {
    fn new(operator: &Arc<OperatorName>, first: &Found) -> Self {
        let definition = Arc::clone(&first.definition);
        let inner = Inner {
            operator: Arc::clone(operator),
            name: definition.name.clone(),
            kind: definition.kind,
            layout: first.layout,
            key: None,
            namespace: None,
            value: None,
            table: Table::empty(),
            parts: Vec::new(),
            entry: None,
            bytes: 0,
            unsupported: None,
            definition: Arc::clone(&definition),
        };
        Self { inner, last: Arc::clone(&definition), definition }
    }

    fn add(&mut self, found: Found) {
        let inner = &mut self.inner;
        inner.bytes += found.bytes;
        if !Arc::ptr_eq(&self.last, &found.definition) {
            match self.definition.unify(&found.definition, inner.layout) {
                Ok(definition) => {
                    if found.definition.value == definition.value {
                        inner.definition = Arc::clone(&found.definition);
                    }
                    self.definition = Arc::new(definition);
                }
                Err(reason) => {
                    inner.unsupported.get_or_insert(reason);
                }
            }
            self.last = found.definition;
        }
        match found.part {
            Ok(part) => inner.parts.push(part),
            Err(reason) => {
                inner.unsupported.get_or_insert(reason);
            }
        }
    }

    fn finish(self) -> State {
        let Self { mut inner, definition, .. } = self;
        inner.key.clone_from(&definition.key);
        inner.namespace.clone_from(&definition.namespace);
        inner.value.clone_from(&definition.value);
        inner.table = definition.table();
        if let Ok(Parts::Keyed(unified)) = &definition.parts {
            for part in &mut inner.parts {
                match &mut part.data {
                    Data::Canonical { entry, .. } | Data::RocksDb { entry, .. } | Data::Changelog { entry, .. } => {
                        *entry = Arc::clone(unified);
                    }
                    _ => {}
                }
            }
            inner.entry = Some(Arc::clone(unified));
        }
        State::new(inner)
    }
}
