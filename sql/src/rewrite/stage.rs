//! What the statements of a script have changed so far.

use std::sync::Arc;

use datafusion::common::TableReference;
use flink_state_reader::metadata::OperatorId;
use flink_state_reader::{Operator, Snapshot, State};
use flink_state_writer::key::Convention;

use super::RewriteOptions;
use super::definition::Definition;
use super::encode::key_groups;
use super::rows::Rows;
use super::spill::Spills;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;
use crate::session::Session;
use crate::suggest;

/// The state of a script.
pub(super) struct Stage<'a> {
    pub(super) session: &'a Session,
    /// None for a savepoint that is made from nothing.
    pub(super) source: Option<&'a Snapshot>,
    pub(super) options: &'a RewriteOptions,
    pub(super) spills: Spills,
    /// The last `SET max_parallelism`.
    max_parallelism: Option<u32>,
    /// Those of the source in its order, then those that were created.
    pub(super) operators: Vec<StagedOperator<'a>>,
}

/// An operator as it is now.
pub(super) struct StagedOperator<'a> {
    /// What it is in the source; none if a statement has created it.
    pub(super) origin: Option<&'a Operator>,
    pub(super) id: OperatorId,
    /// The uid, else the ID.
    pub(super) label: String,
    /// The uid that a statement has given it.
    pub(super) uid: Option<String>,
    pub(super) parallelism: u32,
    pub(super) max_parallelism: u32,
    /// None as long as no statement has named one of them.
    pub(super) states: Option<Vec<StagedState>>,
    /// How its keys compute their hash.
    pub(super) convention: Option<Convention>,
    /// Whether the hashes of its keys were compared with their key groups.
    pub(super) is_checked: bool,
    pub(super) is_dropped: bool,
}

/// A state as it is now.
pub(super) struct StagedState {
    /// What it is in the source; none if a statement has created it.
    pub(super) origin: Option<State>,
    pub(super) name: String,
    /// None as long as no statement changes them: they are carried then.
    pub(super) rows: Option<Rows>,
    pub(super) is_dropped: bool,
    /// Whether a new state stands for one of the source, which is dropped.
    pub(super) is_replacement: bool,
}

impl StagedState {
    pub(super) fn definition(&self) -> Result<Definition> {
        match (&self.rows, &self.origin) {
            (Some(rows), _) => Ok(rows.definition().clone()),
            (None, Some(origin)) => Definition::of(origin),
            (None, None) => Err(Error::new(ErrorKind::Bug, "a state without rows")),
        }
    }

    /// Whether it is not written as it is in the source.
    pub(super) fn is_changed(&self) -> bool {
        let is_as_in_source = self.rows.as_ref().is_none_or(Rows::is_as_in_source);
        match &self.origin {
            Some(origin) => self.is_dropped || self.name != origin.name() || !is_as_in_source,
            None => !self.is_dropped,
        }
    }
}

impl<'a> StagedOperator<'a> {
    fn of(operator: &'a Operator) -> Result<Self> {
        Ok(Self {
            origin: Some(operator),
            id: operator.id().parse()?,
            label: operator.label(),
            uid: None,
            parallelism: operator.parallelism(),
            max_parallelism: operator.max_parallelism(),
            states: None,
            convention: None,
            is_checked: false,
            is_dropped: false,
        })
    }

    fn is_called(&self, name: &str) -> bool {
        self.label == name || self.id.to_string().eq_ignore_ascii_case(name) || self.id == OperatorId::from_uid(name)
    }

    /// Its display name, while it has the uid of the source.
    fn display_name(&self) -> Option<&str> {
        self.origin.filter(|_| self.uid.is_none()).and_then(Operator::name)
    }

    /// Its states, those that were dropped too.
    pub(super) async fn states(&mut self) -> Result<&mut Vec<StagedState>> {
        if self.states.is_none() {
            let states = match self.origin {
                Some(origin) => origin.states().await?,
                None => &[],
            };
            let staged = states.iter().map(|state| StagedState {
                origin: Some(state.clone()),
                name: state.name().to_owned(),
                rows: None,
                is_dropped: false,
                is_replacement: false,
            });
            self.states = Some(staged.collect());
        }
        Ok(self.states.get_or_insert_default())
    }

    pub(super) async fn state(&mut self, name: &str) -> Result<&mut StagedState> {
        let states = self.states().await?;
        let live: Vec<String> =
            states.iter().filter(|state| !state.is_dropped).map(|state| state.name.clone()).collect();
        let found = states.iter_mut().find(|state| state.name == name && !state.is_dropped);
        found.ok_or_else(|| {
            let live: Vec<&str> = live.iter().map(String::as_str).collect();
            Error::not_found(format!("no state '{name}'")).with_hint(suggest::one_of(name, &live))
        })
    }

    /// Names under which its schema is found.
    pub(super) fn names(&self) -> [String; 2] {
        [self.label.clone(), self.id.to_string()]
    }
}

impl<'a> Stage<'a> {
    pub(super) fn new(session: &'a Session, source: Option<&'a Snapshot>, options: &'a RewriteOptions) -> Result<Self> {
        let operators = source.map_or(&[][..], Snapshot::operators).iter();
        Ok(Self {
            session,
            source,
            options,
            spills: Spills::new()?,
            max_parallelism: None,
            operators: operators.map(StagedOperator::of).collect::<Result<_>>()?,
        })
    }

    /// Place of the operator and name of the state that a statement changes.
    pub(super) fn resolve(&self, table: &TableReference) -> Result<(usize, String)> {
        let (catalog, schema) = self.session.defaults();
        let table = table.clone().resolve(&catalog, &schema);
        if *table.catalog != *catalog {
            return Err(Error::new(ErrorKind::Unsupported, format!("'{}' is only read", table.catalog)));
        }
        if &*table.schema == crate::catalog::METADATA {
            return Err(Error::new(ErrorKind::Unsupported, format!("metadata.{} can't be changed", table.table)));
        }
        Ok((self.index(&table.schema)?, table.table.to_string()))
    }

    /// Place of the operator with this uid, ID or name.
    pub(super) fn index(&self, name: &str) -> Result<usize> {
        let live = || self.operators.iter().enumerate().filter(|(_, operator)| !operator.is_dropped);
        if let Some((index, _)) = live().find(|(_, operator)| operator.is_called(name)) {
            return Ok(index);
        }
        let mut named = live().filter(|(_, operator)| operator.display_name() == Some(name));
        if let (Some((index, _)), None) = (named.next(), named.next()) {
            return Ok(index);
        }
        let labels: Vec<&str> = live().map(|(_, operator)| operator.label.as_str()).collect();
        let gone = self.operators.iter().find(|operator| operator.origin.is_some_and(|origin| origin.label() == name));
        let message = match gone {
            Some(operator) if operator.is_dropped => format!("operator '{name}' was dropped"),
            Some(operator) => format!("operator '{name}' is called '{}' now", operator.label),
            None => format!("no operator '{name}'"),
        };
        let hint = suggest::one_of(name, &labels);
        Err(Error::not_found(message).with_hint(hint.or_else(|| Some("CREATE OPERATOR makes one".to_owned()))))
    }

    pub(super) fn operator(&self, index: usize) -> Result<&StagedOperator<'a>> {
        self.operators.get(index).ok_or_else(|| Error::new(ErrorKind::Bug, "an operator that is not there"))
    }

    pub(super) fn operator_mut(&mut self, index: usize) -> Result<&mut StagedOperator<'a>> {
        self.operators.get_mut(index).ok_or_else(|| Error::new(ErrorKind::Bug, "an operator that is not there"))
    }

    /// Number of subtasks of an operator.
    pub(super) fn parallelism(&self, operator: &str) -> Result<u32> {
        Ok(self.operator(self.index(operator)?)?.parallelism)
    }

    /// The states of an operator as they are now, under the names that they have now.
    pub(super) async fn definitions(&mut self, operator: &str) -> Result<Vec<Definition>> {
        let index = self.index(operator)?;
        let mut definitions = Vec::new();
        for state in self.operator_mut(index)?.states().await?.iter().filter(|state| !state.is_dropped) {
            let is_raw = state.origin.as_ref().is_some_and(|origin| origin.meta().is_none());
            if !is_raw {
                let mut definition = state.definition()?;
                definition.meta.name.clone_from(&state.name);
                definitions.push(definition);
            }
        }
        Ok(definitions)
    }

    /// The rows of a state; from now on they are staged.
    pub(super) async fn rows(&mut self, operator: usize, state: &str) -> Result<&mut Rows> {
        let (source, spills) = (self.source, self.spills.clone());
        let operator = self.operator_mut(operator)?;
        let max = operator.max_parallelism;
        let staged = operator.state(state).await?;
        if let (None, Some(origin), Some(source)) = (&staged.rows, &staged.origin, source) {
            staged.rows = Some(Rows::load(source, origin, max, &spills).await?);
        }
        staged.rows.as_mut().ok_or_else(|| Error::new(ErrorKind::Bug, "rows that are not there"))
    }

    /// Lets the session show a state as it is now.
    pub(super) async fn show(&mut self, operator: usize, state: &str) -> Result<()> {
        let session = self.session;
        let operator = self.operator_mut(operator)?;
        let id = operator.id.to_string();
        if let Some(rows) = &operator.state(state).await?.rows {
            session.stage(&id, state, Some(Arc::new(rows.table()?)));
        }
        Ok(())
    }

    /// Stages a new state, or one in place of another.
    ///
    /// `rows` have the columns of the definition's schema, with NULL in place of key groups and positions.
    pub(super) async fn create_state(
        &mut self,
        operator: &str,
        definition: Definition,
        or_replace: bool,
        rows: Query,
    ) -> Result<()> {
        let (index, name) = (self.index(operator)?, definition.meta.name.clone());
        if definition.is_keyed() {
            self.check_hashes(index, definition.key.as_ref()).await?;
        }
        let spills = self.spills.clone();
        let operator = self.operator_mut(index)?;
        let (parallelism, convention) = (operator.parallelism, operator.convention.clone());
        let mut staged = Rows::empty(definition, operator.max_parallelism, &spills)?;
        let old = operator.states().await?.iter_mut().find(|state| state.name == name && !state.is_dropped);
        let is_replacement = match old {
            Some(_) if !or_replace => {
                return Err(Error::usage(format!("there is a state '{name}' already"))
                    .with_hint(Some("CREATE OR REPLACE STATE puts another in its place".to_owned())));
            }
            old => old.is_some(),
        };
        staged.insert(rows, parallelism, convention.as_ref()).await?;
        let states = operator.states().await?;
        let old = states.iter_mut().filter(|state| state.name == name && !state.is_dropped);
        old.for_each(|state| state.is_dropped = true);
        states.push(StagedState {
            origin: None,
            name: name.clone(),
            rows: Some(staged),
            is_dropped: false,
            is_replacement,
        });
        self.show(index, &name).await
    }

    pub(super) async fn drop_state(&mut self, operator: &str, state: &str) -> Result<()> {
        let (index, session) = (self.index(operator)?, self.session);
        let operator = self.operator_mut(index)?;
        let staged = operator.state(state).await?;
        staged.definition()?;
        staged.is_dropped = true;
        session.stage(&operator.id.to_string(), state, None);
        Ok(())
    }

    pub(super) async fn rename_state(&mut self, operator: &str, state: &str, to: &str) -> Result<()> {
        let (index, session) = (self.index(operator)?, self.session);
        let operator = self.operator_mut(index)?;
        if operator.state(to).await.is_ok() {
            return Err(Error::usage(format!("there is a state '{to}' already")));
        }
        let id = operator.id.to_string();
        let staged = operator.state(state).await?;
        staged.definition()?;
        to.clone_into(&mut staged.name);
        session.rename_state(&id, state, to).await
    }

    /// A new operator without state.
    ///
    /// Unless they are given, its key groups are as many as those of the others, if these agree, else what Flink gives an
    /// operator by default.
    pub(super) fn create_operator(&mut self, uid: &str, parallelism: Option<u32>, max: Option<u32>) -> Result<()> {
        self.check_uid(uid)?;
        let maxima = self.operators.iter().filter(|operator| !operator.is_dropped).map(|other| other.max_parallelism);
        let common = maxima.clone().next().filter(|first| maxima.clone().all(|max| max == *first));
        let parallelism = parallelism.unwrap_or(1);
        let default = self.source.map(|_| default_max_parallelism(parallelism));
        let max_parallelism = max.or(self.max_parallelism).or(common).or(default).ok_or_else(|| {
            Error::usage(format!("operator '{uid}' needs a maximum parallelism"))
                .with_hint(Some("MAX PARALLELISM 128, for example, gives it one".to_owned()))
        })?;
        if parallelism == 0 || parallelism > max_parallelism {
            return Err(Error::usage(format!("PARALLELISM {parallelism}: 1 to {max_parallelism} are possible")));
        }
        let operator = StagedOperator {
            origin: None,
            id: OperatorId::from_uid(uid),
            label: uid.to_owned(),
            uid: Some(uid.to_owned()),
            parallelism,
            max_parallelism,
            states: None,
            convention: None,
            is_checked: false,
            is_dropped: false,
        };
        self.session.create_operator(&operator.names());
        self.operators.push(operator);
        Ok(())
    }

    pub(super) fn drop_operator(&mut self, operator: &str) -> Result<()> {
        let (index, session) = (self.index(operator)?, self.session);
        let operator = self.operator_mut(index)?;
        operator.is_dropped = true;
        session.drop_operator(&operator.names());
        Ok(())
    }

    pub(super) fn rename_operator(&mut self, operator: &str, to: &str) -> Result<()> {
        let (index, session) = (self.index(operator)?, self.session);
        self.check_uid(to)?;
        let operator = self.operator_mut(index)?;
        let old = operator.names();
        operator.id = OperatorId::from_uid(to);
        to.clone_into(&mut operator.label);
        operator.uid = Some(to.to_owned());
        session.rename_operator(&old, &operator.names());
        Ok(())
    }

    fn check_uid(&self, uid: &str) -> Result<()> {
        let id = OperatorId::from_uid(uid);
        let is_there = self.operators.iter().any(|operator| !operator.is_dropped && operator.id == id);
        match () {
            () if uid.is_empty() => Err(Error::usage("an operator's uid can't be empty")),
            () if is_there => Err(Error::usage(format!("there is an operator '{uid}' already"))),
            () => Ok(()),
        }
    }

    /// Spreads the keys of all operators over another number of key groups.
    pub(super) async fn set_max_parallelism(&mut self, max: u32) -> Result<()> {
        key_groups(max)?;
        self.max_parallelism = Some(max);
        for index in 0..self.operators.len() {
            let operator = self.operator_mut(index)?;
            let has_ended = operator.origin.is_some_and(Operator::is_finished);
            if !operator.is_dropped && !has_ended && operator.max_parallelism != max {
                let label = operator.label.clone();
                self.move_keys(index, max).await.map_err(|e| e.with_place(&format!("operator {label}")))?;
            }
        }
        Ok(())
    }

    async fn move_keys(&mut self, index: usize, max: u32) -> Result<()> {
        let mut names = Vec::new();
        for state in self.operator_mut(index)?.states().await?.iter().filter(|state| !state.is_dropped) {
            // Raw state keeps an operator from being written with another number: the writer says so.
            if state.definition().is_ok_and(|definition| definition.is_keyed()) {
                names.push(state.name.clone());
            }
        }
        if !names.is_empty() {
            self.check_hashes(index, None).await?;
        }
        for name in names {
            let convention = self.operator(index)?.convention.clone();
            let rows = self.rows(index, &name).await?;
            rows.set_max_parallelism(max, convention.as_ref()).map_err(|e| e.with_place(&format!("state {name}")))?;
            self.show(index, &name).await?;
        }
        self.operator_mut(index)?.max_parallelism = max;
        Ok(())
    }
}

/// What an operator has that sets none (`KeyGroupRangeAssignment.computeDefaultMaxParallelism`).
fn default_max_parallelism(parallelism: u32) -> u32 {
    let wanted = parallelism.saturating_add(parallelism / 2);
    wanted.checked_next_power_of_two().unwrap_or(u32::MAX).clamp(1 << 7, 1 << 15)
}
