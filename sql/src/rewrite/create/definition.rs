//! What a new state is: its types, and the serializers that Flink makes for them.

use flink_state_reader::StateKind;
use flink_state_reader::types::Type;
use flink_state_writer::FlinkVersion;
use flink_state_writer::serializer::Target;
use flink_state_writer::state::NewState;

use super::super::definition::Definition;
use super::super::stage::Stage;
use crate::error::{Error, Result};

/// The types of a `CREATE STATE`.
pub(super) struct Types<'a> {
    pub(super) kind: StateKind,
    pub(super) key: &'a Option<Type>,
    pub(super) namespace: &'a Option<Type>,
    pub(super) value: &'a Option<Type>,
    pub(super) ttl: bool,
}

/// The definition of a state with this name and these types, in an operator with the states `known`.
///
/// A state of these types that is there keeps its serializers, byte for byte, and so does a key type.
pub(super) fn definition(stage: &Stage<'_>, known: &[Definition], name: &str, types: &Types<'_>) -> Result<Definition> {
    let (oldest, newest) = releases(stage)?;
    let state = types.state(newest)?;
    let old = known.iter().find(|old| old.meta.name == name && is_same(old, &state));
    if let Some(old) = old {
        return Ok(old.clone());
    }
    let twin = known.iter().find(|other| {
        state.is_keyed() && other.key_snapshot.is_some() && text(other.key.as_ref()) == text(state.key())
    });
    match (types.make(name, twin, newest), types.make(name, twin, oldest)) {
        (Ok(newest), Ok(oldest)) if has_same_bytes(&newest, &oldest) => Ok(newest),
        (Err(error), Err(_)) => Err(error),
        _ => Err(Error::usage(format!("the serializers of '{name}' are not the same in Flink {oldest} and {newest}"))
            .with_hint(Some("say with --flink-version which release restores the savepoint".to_owned()))),
    }
}

impl Types<'_> {
    fn state(&self, release: FlinkVersion) -> Result<NewState> {
        let (key, namespace, value) = (self.key.clone(), self.namespace.clone(), self.value.clone());
        Ok(NewState::new(self.kind, key, namespace, value, self.ttl, release)?)
    }

    /// The definition for a release; `twin` is a state with the same key.
    fn make(&self, name: &str, twin: Option<&Definition>, release: FlinkVersion) -> Result<Definition> {
        let target = Target { release };
        let state = self.state(release)?;
        let (key, key_snapshot) = match twin {
            Some(twin) => (twin.key.clone(), twin.key_snapshot.clone()),
            None => (state.key().cloned(), state.key_snapshot(&target)?),
        };
        Ok(Definition {
            kind: self.kind,
            key,
            namespace: state.namespace().cloned(),
            value: state.value().cloned(),
            schema: state.schema()?,
            meta: state.meta(name, &target)?,
            key_snapshot,
        })
    }
}

/// The oldest and the newest release that may restore the savepoint.
fn releases(stage: &Stage<'_>) -> Result<(FlinkVersion, FlinkVersion)> {
    match (stage.options.flink_version, stage.source) {
        (Some(release), _) => Ok((release, release)),
        (None, Some(source)) => Ok(FlinkVersion::targets(source.metadata().version)),
        (None, None) => Err(Error::usage("a new savepoint needs to know the Flink release that restores it")
            .with_hint(Some("give it with --flink-version".to_owned()))),
    }
}

/// Whether a state has these types: in the notation, which is what a person compares.
fn is_same(old: &Definition, new: &NewState) -> bool {
    old.kind == new.kind()
        && text(old.key.as_ref()) == text(new.key())
        && text(old.namespace.as_ref()) == text(new.namespace())
        && text(old.value.as_ref()) == text(new.value())
}

fn text(ty: Option<&Type>) -> Option<String> {
    ty.map(ToString::to_string)
}

/// Whether entries are written alike and are read with the same serializers.
fn has_same_bytes(a: &Definition, b: &Definition) -> bool {
    a.meta == b.meta
        && a.key_snapshot == b.key_snapshot
        && (&a.key, &a.namespace, &a.value) == (&b.key, &b.namespace, &b.value)
}
