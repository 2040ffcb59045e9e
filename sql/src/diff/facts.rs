//! What differs apart from rows, and the states that both sides have.

use std::collections::HashSet;

use flink_state_reader::metadata::{Location, MasterState};
use flink_state_reader::{Operator, Snapshot, State, StateKind};

use super::{DiffOptions, FactDiff};
use crate::error::{Error, Result};

/// What the comparison of two snapshots starts from.
pub(super) struct Compared {
    pub(super) facts: Vec<FactDiff>,
    pub(super) pairs: Vec<Pair>,
}

/// A state as both snapshots have it.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) operator: String,
    pub(super) a: Side,
    pub(super) b: Side,
}

/// A state of a snapshot.
#[derive(Clone)]
pub(super) struct Side {
    pub(super) snapshot: Snapshot,
    pub(super) state: State,
    pub(super) max_parallelism: u32,
}

/// Compares operators and states, as far as they are asked for.
pub(super) async fn compare(a: &Snapshot, b: &Snapshot, options: &DiffOptions) -> Result<Compared> {
    let wanted = options.operator.as_deref().map(|name| find(a, b, name)).transpose()?;
    let is_wanted = |operator: &&Operator| wanted.as_ref().is_none_or(|id| operator.id() == *id);
    let mut compared = Compared { facts: Vec::new(), pairs: Vec::new() };
    let is_whole = options.operator.is_none() && options.state.is_none();
    if is_whole {
        compared.master_states(a, b);
    }
    let of_b = |id: &str| b.operators().iter().find(|operator| operator.id() == id);
    for operator in a.operators().iter().filter(is_wanted) {
        match of_b(&operator.id()) {
            Some(other) => compared.operators(a, operator, b, other, options).await?,
            None if options.state.is_none() => compared.only(operator, true),
            None => {}
        }
    }
    let of_a: HashSet<String> = a.operators().iter().map(Operator::id).collect();
    for operator in b.operators().iter().filter(is_wanted).filter(|operator| !of_a.contains(&operator.id())) {
        if options.state.is_none() {
            compared.only(operator, false);
        }
    }
    match &options.state {
        Some(name) if compared.pairs.is_empty() && compared.facts.is_empty() => {
            let error = Error::not_found(format!("no operator has a state '{name}' in either snapshot"));
            Err(error.with_hint(Some("flink-state inspect lists the states of a snapshot".to_owned())))
        }
        _ => Ok(compared),
    }
}

/// The ID of an operator that either snapshot has under this name.
fn find(a: &Snapshot, b: &Snapshot, name: &str) -> Result<String> {
    match (a.operator(name), b.operator(name)) {
        (Ok(operator), _) | (_, Ok(operator)) => Ok(operator.id()),
        (Err(error), Err(_)) => Err(error.into()),
    }
}

impl Compared {
    fn fact(&mut self, operator: Option<&Operator>, what: &'static str, a: Option<String>, b: Option<String>) {
        if a != b {
            self.facts.push(FactDiff { operator: operator.map(Operator::label), state: None, what, a, b });
        }
    }

    /// State of the job's master hooks, by name.
    fn master_states(&mut self, a: &Snapshot, b: &Snapshot) {
        let states = |snapshot: &Snapshot| snapshot.metadata().master_states.clone();
        let (of_a, of_b) = (states(a), states(b));
        let mut names: Vec<&str> = of_a.iter().chain(&of_b).map(|state| state.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let find = |states: &[MasterState]| {
                let state = states.iter().find(|state| state.name == name)?;
                Some(format!("{name}, version {}: {}", state.version, contents(&state.payload)))
            };
            self.fact(None, "master_state", find(&of_a), find(&of_b));
        }
    }

    /// An operator that only one side has.
    fn only(&mut self, operator: &Operator, is_a: bool) {
        let there = Some(operator.name().unwrap_or("there").to_owned());
        let (a, b) = if is_a { (there, None) } else { (None, there) };
        self.fact(Some(operator), "operator", a, b);
    }

    async fn operators(
        &mut self,
        a: &Snapshot,
        of_a: &Operator,
        b: &Snapshot,
        of_b: &Operator,
        options: &DiffOptions,
    ) -> Result<()> {
        let text = |n: u32| Some(n.to_string());
        self.fact(Some(of_a), "max_parallelism", text(of_a.max_parallelism()), text(of_b.max_parallelism()));
        if options.state.is_none() {
            self.fact(Some(of_a), "finished", Some(finished(of_a)), Some(finished(of_b)));
            self.fact(Some(of_a), "coordinator", coordinator(of_a), coordinator(of_b));
        }
        let states = async |operator: &Operator| {
            let states = operator.states().await?.iter();
            let is_wanted = |state: &&State| options.state.as_deref().is_none_or(|name| state.name() == name);
            Ok::<Vec<State>, Error>(states.filter(is_wanted).cloned().collect())
        };
        let (states_of_a, mut states_of_b) = (states(of_a).await?, states(of_b).await?);
        for state in states_of_a {
            let index = states_of_b.iter().position(|other| other.name() == state.name());
            let Some(index) = index else {
                self.state(of_a, state.name(), "state", Some(notation(&state)), None);
                continue;
            };
            let other = states_of_b.remove(index);
            let type_of = |ty: Option<&flink_state_reader::types::Type>| ty.map(ToString::to_string);
            let name = state.name().to_owned();
            for (what, a, b) in [
                ("kind", Some(state.kind().to_string()), Some(other.kind().to_string())),
                ("key_type", type_of(state.key_type()), type_of(other.key_type())),
                ("namespace_type", type_of(state.namespace_type()), type_of(other.namespace_type())),
                ("value_type", type_of(state.value_type()), type_of(other.value_type())),
            ] {
                self.state(of_a, &name, what, a, b);
            }
            self.pairs.push(Pair {
                operator: of_a.label(),
                a: Side { snapshot: a.clone(), state, max_parallelism: of_a.max_parallelism() },
                b: Side { snapshot: b.clone(), state: other, max_parallelism: of_b.max_parallelism() },
            });
        }
        for state in states_of_b {
            self.state(of_a, state.name(), "state", None, Some(notation(&state)));
        }
        Ok(())
    }

    fn state(&mut self, operator: &Operator, state: &str, what: &'static str, a: Option<String>, b: Option<String>) {
        if a != b {
            let (operator, state) = (Some(operator.label()), Some(state.to_owned()));
            self.facts.push(FactDiff { operator, state, what, a, b });
        }
    }
}

/// Which subtasks had ended before the snapshot.
fn finished(operator: &Operator) -> String {
    if operator.is_finished() {
        return "all".to_owned();
    }
    let ended = operator.subtasks().iter().filter(|subtask| subtask.state.is_none());
    match ended.count() {
        0 => "none".to_owned(),
        count => format!("{count} of {}", operator.parallelism()),
    }
}

fn coordinator(operator: &Operator) -> Option<String> {
    operator.coordinator().map(|handle| match handle.location() {
        Location::Inline(bytes) => contents(bytes),
        _ => format!("{} bytes", handle.size().unwrap_or_default()),
    })
}

/// Bytes that nobody can decode, by their size and digest.
fn contents(bytes: &[u8]) -> String {
    let digest = super::entries::digest(bytes);
    let digest: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{} bytes, XXH3 {digest}", bytes.len())
}

/// What there is about a state that the other side lacks.
fn notation(state: &State) -> String {
    let mut notation = state.kind().to_string();
    let timer = state.kind() == StateKind::Timer;
    for ty in [state.key_type(), state.namespace_type(), state.value_type().filter(|_| !timer)].into_iter().flatten() {
        notation.extend([" ", &ty.to_string()]);
    }
    notation
}
