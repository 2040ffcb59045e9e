//! From the metadata of a changelog, and its materialised part, to its states.

use std::sync::Arc;

use bytes::Bytes;

use crate::error::Result;
use crate::serializer::{SnapshotContext, key_of_timers};
use crate::state::definition::{Definition, Parts};
use crate::state::header::TypedMeta;
use crate::state::load::Found;
use crate::state::meta::BackendState;
use crate::state::part::{Data, Part};
use crate::state::{Layout, State};
use crate::types::Type;

use super::change::{Change, parse_meta};
use super::{ChangeLog, ChangelogState};

/// The serializer of an operator's keys, which no change holds.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    ty: Type,
    snapshot: Bytes,
}

/// The metadata of a state in a changelog.
#[derive(Debug)]
pub(crate) struct Logged {
    name: String,
    /// Its entry, or why its serializers are not known.
    meta: Result<TypedMeta, String>,
}

/// Says that an operator's keys can't be told from values.
const NO_KEY: &str = "changes of state whose key serializer is nowhere in the snapshot: \
    neither materialised state nor timers name it";

impl Key {
    /// The serializer of the keys of a state in the materialised part.
    pub(crate) fn of_base(definition: &Definition) -> Option<Self> {
        Some(Self { ty: definition.key.clone()?, snapshot: definition.key_snapshot.clone()? })
    }

    /// The serializer of the keys of timers in the changelog.
    pub(crate) fn of_timers(logged: &[Logged], context: &SnapshotContext) -> Result<Option<Self>> {
        let metas = logged.iter().filter_map(|logged| Some(&logged.meta.as_ref().ok()?.meta));
        let mut timers = metas.filter(|meta| meta.backend == BackendState::PriorityQueue);
        let Some(snapshot) = timers.find_map(|meta| meta.serializer("VALUE_SERIALIZER")) else { return Ok(None) };
        let (ty, snapshot) = key_of_timers(snapshot, context)?;
        Ok(Some(Self { ty, snapshot }))
    }
}

impl ChangeLog {
    /// The metadata of all states that have changes, as often as they are different.
    ///
    /// # Errors
    /// Corrupt files, or changes whose form is not known.
    pub(crate) async fn metadata(&self, context: &SnapshotContext) -> Result<Vec<Logged>> {
        let mut all: Vec<Logged> = Vec::new();
        self.read(true, &mut |_, change| {
            if let Change::Metadata { backend, meta, .. } = Change::parse(change)? {
                let (name, meta) = parse_meta(meta, backend, context)?;
                if !all.iter().any(|other| other.name == name && other.meta == meta) {
                    all.push(Logged { name, meta });
                }
            }
            Ok(())
        })
        .await?;
        Ok(all)
    }
}

/// The states of one subtask: those of its materialised part, then those that only changes know.
pub(crate) fn states(
    subtask: u32,
    base: &[State],
    logged: &[Logged],
    key: Option<&Key>,
    log: &Arc<ChangeLog>,
    max_parallelism: u32,
    bytes: u64,
) -> Vec<Found> {
    // Without the header of the materialised part it is not known whose state it is.
    let unknown_base = base.iter().find(|state| state.meta().is_none()).and_then(State::unsupported);
    let mut names: Vec<&str> = base.iter().map(State::name).collect();
    for logged in logged {
        if !names.contains(&logged.name.as_str()) {
            names.push(&logged.name);
        }
    }
    let found = names.into_iter().map(|name| {
        let base = base.iter().find(|state| state.name() == name);
        let logged: Vec<_> = logged.iter().filter(|logged| logged.name == name).map(|logged| &logged.meta).collect();
        let definition = match unknown_base {
            Some(reason) => Err(reason.to_owned()),
            None => define(base, &logged, key),
        };
        let (definition, part) = match definition {
            Ok(definition) => {
                let part = match &definition.parts {
                    Ok(Parts::Keyed(entry)) => {
                        let kind = definition.kind;
                        let state = ChangelogState::new(name, kind, base.cloned(), log, max_parallelism);
                        let data = Data::Changelog { state: Arc::new(state), entry: Arc::clone(entry) };
                        Ok(Part { subtask, data })
                    }
                    Ok(_) => Err("operator state among keyed states".to_owned()),
                    Err(reason) => Err(reason.clone()),
                };
                (definition, part)
            }
            Err(reason) => (Definition::unknown(name, reason.clone()), Err(reason)),
        };
        Found { definition: Arc::new(definition), layout: Layout::Changelog, bytes, part }
    });
    found.collect()
}

/// Says whether a state can't be read only because another subtask has to name the serializer of its keys.
pub(crate) fn lacks_key(found: &Found) -> bool {
    found.part.as_ref().is_err_and(|reason| reason == NO_KEY)
}

/// One definition for the materialised part and all changes.
fn define(
    base: Option<&State>,
    logged: &[&Result<TypedMeta, String>],
    key: Option<&Key>,
) -> Result<Definition, String> {
    let mut defined = None;
    if let Some(state) = base {
        if let Some(reason) = state.unsupported() {
            return Err(reason.to_owned());
        }
        let inner = state.inner();
        let (key, namespace, value) = (inner.key.clone(), inner.namespace.clone(), inner.value.clone());
        let definition = Definition { key, namespace, value, ..Definition::clone(&inner.definition) };
        defined = Some(definition.in_layout(Layout::Changelog)?);
    }
    for meta in logged {
        let change = match (meta, key) {
            (Ok(meta), Some(key)) => Definition::of_meta(&key.ty, &key.snapshot, meta, Layout::Changelog),
            (Ok(_), None) => return Err(NO_KEY.to_owned()),
            // The header of the materialised part could be read all the same, with the value as bytes.
            (Err(_), _) if defined.is_some() => continue,
            (Err(reason), _) => return Err(reason.clone()),
        };
        defined = Some(match defined {
            None => change,
            Some(before) => {
                let both = before
                    .unify(&change, Layout::Changelog)
                    .map_err(|reason| format!("materialised state and changes, or two changes, differ: {reason}"))?;
                // The newer one, unless the older one knows more subclasses.
                let known = if change.value == both.value { &change } else { &before };
                Definition { meta: known.meta.clone(), key_snapshot: known.key_snapshot.clone(), ..both }
            }
        });
    }
    defined.ok_or_else(|| "its metadata is not known".to_owned())
}
