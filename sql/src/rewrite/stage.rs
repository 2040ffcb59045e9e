//! What the statements of a script have changed so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::TableReference;
use flink_state_reader::metadata::OperatorId;
use flink_state_reader::{Layout, Operator, Snapshot, State};
use flink_state_writer::key::Convention;
use flink_state_writer::savepoint::{OperatorPlan, Part, Plan, WriteOperator};
use flink_state_writer::state::{Order, RowEncoder};
use futures::TryStreamExt;

use super::rows::{RowCounts, Rows};
use super::{OperatorSummary, RewriteOptions, StateSummary};
use crate::error::{Error, ErrorKind, Result};
use crate::session::Session;

pub(super) struct Stage<'a> {
    session: &'a Session,
    source: &'a Snapshot,
    options: &'a RewriteOptions,
    max_parallelism: Option<u32>,
    /// By operator ID; those that no statement has named are not there.
    operators: BTreeMap<String, StagedOperator>,
}

struct StagedOperator {
    states: Vec<StagedState>,
    /// Whether its hashes were compared with the stored key groups.
    is_checked: bool,
    convention: Option<Convention>,
    /// Its new uid.
    uid: Option<String>,
    is_dropped: bool,
}

struct StagedState {
    name: String,
    state: State,
    /// None as long as no statement changes it.
    rows: Option<Rows>,
    is_dropped: bool,
}

impl<'a> Stage<'a> {
    pub(super) fn new(session: &'a Session, source: &'a Snapshot, options: &'a RewriteOptions) -> Self {
        Self { session, source, options, max_parallelism: None, operators: BTreeMap::new() }
    }

    pub(super) fn session(&self) -> &'a Session {
        self.session
    }

    /// Operator ID and state of a table.
    pub(super) fn resolve(&self, table: &TableReference) -> Result<(String, String)> {
        let (catalog, schema) = self.session.defaults();
        let table = table.clone().resolve(&catalog, &schema);
        if *table.catalog != *catalog {
            return Err(Error::new(ErrorKind::Unsupported, format!("'{}' is only read", table.catalog)));
        }
        if &*table.schema == crate::catalog::METADATA {
            return Err(Error::new(ErrorKind::Unsupported, format!("metadata.{} can't be changed", table.table)));
        }
        Ok((self.operator(&table.schema)?.id(), table.table.to_string()))
    }

    fn operator(&self, name: &str) -> Result<&'a Operator> {
        let operator = self.source.operator(name)?;
        if self.operators.get(&operator.id()).is_some_and(|staged| staged.is_dropped) {
            return Err(Error::not_found(format!("operator '{name}' was dropped")));
        }
        Ok(operator)
    }

    async fn staged(&mut self, operator: &str) -> Result<&mut StagedOperator> {
        let operator = self.operator(operator)?;
        let states = operator.states().await?.iter().map(|state| StagedState {
            name: state.name().to_owned(),
            state: state.clone(),
            rows: None,
            is_dropped: false,
        });
        let new = || StagedOperator {
            states: states.collect(),
            is_checked: false,
            convention: None,
            uid: None,
            is_dropped: false,
        };
        Ok(self.operators.entry(operator.id()).or_insert_with(new))
    }

    async fn state(&mut self, operator: &str, state: &str) -> Result<&mut StagedState> {
        let staged = self.staged(operator).await?;
        let known = staged.states.iter().filter(|other| !other.is_dropped).map(|other| other.name.clone());
        let known: Vec<String> = known.collect();
        let found = staged.states.iter_mut().find(|other| other.name == state && !other.is_dropped);
        found.ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Error::not_found(format!("no state '{state}'")).with_hint(crate::suggest::one_of(state, &known))
        })
    }

    /// The rows of a state, read if that was not done yet.
    pub(super) async fn rows(&mut self, operator: &str, state: &str) -> Result<&mut Rows> {
        let (source, max) = (self.source, self.operator(operator)?.max_parallelism());
        let staged = self.state(operator, state).await?;
        if staged.rows.is_none() {
            staged.rows = Some(Rows::load(source, &staged.state, max).await?);
        }
        staged.rows.as_mut().ok_or_else(|| Error::new(ErrorKind::Bug, "rows that are not there"))
    }

    /// Lets the session show a state as it is now.
    pub(super) fn show(&self, operator: &str, state: &str) -> Result<()> {
        let staged = self.operators.get(operator).and_then(|staged| {
            staged.states.iter().find(|other| other.name == state && !other.is_dropped)?.rows.as_ref()
        });
        let table = staged.map(|rows| rows.table(false)).transpose()?;
        self.session.stage(operator, state, table.map(|table| Arc::new(table) as _));
        Ok(())
    }

    pub(super) fn convention(&self, operator: &str) -> Option<Convention> {
        self.operators.get(operator)?.convention.clone()
    }

    /// Declares how the keys of an operator compute their hash.
    pub(super) async fn set_key_hash(&mut self, operator: &str, convention: &str) -> Result<()> {
        let id = self.operator(operator)?.id();
        let staged = self.staged(&id).await?;
        staged.convention = Some(convention.parse()?);
        staged.is_checked = false;
        self.check_hashes(&id).await
    }

    /// Fails unless the hashes of the operator's keys give the key groups that they are stored in.
    pub(super) async fn check_hashes(&mut self, operator: &str) -> Result<()> {
        let convention = self.convention(operator);
        let (source, found) = (self.source, self.operator(operator)?);
        if self.staged(operator).await?.is_checked {
            return Ok(());
        }
        let max = u16::try_from(found.max_parallelism()).ok().and_then(std::num::NonZeroU16::new);
        for state in found.states().await? {
            let is_keyed = !matches!(state.layout(), Layout::Operator | Layout::RawTimers | Layout::Raw);
            let (Some(max), true, Ok(encoder)) = (max, is_keyed, RowEncoder::of(state)) else { continue };
            for task in state.scan().projection(vec![0, 1]).build()?.tasks(1) {
                let mut batches = source.execute(&task).await?;
                while let Some(batch) = batches.try_next().await? {
                    encoder.check_key_groups(&batch, convention.as_ref(), max).map_err(|e| e.in_state(state.name()))?;
                }
            }
        }
        self.staged(operator).await?.is_checked = true;
        Ok(())
    }

    pub(super) async fn drop_state(&mut self, operator: &str, state: &str) -> Result<()> {
        let id = self.operator(operator)?.id();
        let staged = self.state(&id, state).await?;
        staged.is_dropped = true;
        if staged.state.meta().is_none() {
            return Err(Error::new(ErrorKind::Unsupported, format!("'{state}' is raw state, which can't be dropped")));
        }
        self.session.stage(&id, state, None);
        Ok(())
    }

    pub(super) async fn rename_state(&mut self, operator: &str, state: &str, to: &str) -> Result<()> {
        let id = self.operator(operator)?.id();
        if self.state(&id, to).await.is_ok() {
            return Err(Error::usage(format!("there is a state '{to}' already")));
        }
        let (source, max) = (self.source, self.operator(&id)?.max_parallelism());
        let staged = self.state(&id, state).await?;
        if staged.state.meta().is_none() {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("'{state}' is raw state, which has no name of its own"),
            ));
        }
        to.clone_into(&mut staged.name);
        if staged.rows.is_none() {
            staged.rows = Some(Rows::load(source, &staged.state, max).await?);
        }
        self.session.stage(&id, state, None);
        self.show(&id, to)
    }

    pub(super) async fn drop_operator(&mut self, operator: &str) -> Result<()> {
        let id = self.operator(operator)?.id();
        let names: Vec<String> = self.staged(&id).await?.states.iter().map(|state| state.name.clone()).collect();
        for name in names {
            self.session.stage(&id, &name, None);
        }
        self.staged(&id).await?.is_dropped = true;
        Ok(())
    }

    pub(super) async fn rename_operator(&mut self, operator: &str, to: &str) -> Result<()> {
        let id = self.operator(operator)?.id();
        let new = OperatorId::from_uid(to).to_string();
        if self.source.operators().iter().any(|other| other.id() == new) {
            return Err(Error::usage(format!("there is an operator '{to}' already")));
        }
        self.staged(&id).await?.uid = Some(to.to_owned());
        Ok(())
    }

    /// Spreads the keys of all operators over another number of key groups.
    pub(super) async fn set_max_parallelism(&mut self, max: u32) -> Result<()> {
        self.max_parallelism = Some(max);
        let operators: Vec<&'a Operator> = self.source.operators().iter().collect();
        for operator in operators.into_iter().filter(|operator| !operator.is_finished()) {
            let id = operator.id();
            if self.operator(&id).is_err() {
                continue;
            }
            let states: Vec<String> = self
                .staged(&id)
                .await?
                .states
                .iter()
                .filter(|s| !s.is_dropped && is_keyed(&s.state))
                .map(|s| s.name.clone())
                .collect();
            if states.is_empty() {
                continue;
            }
            let convention = self.convention(&id);
            let locate = |e: Error| e.with_place(&operator.label());
            self.check_hashes(&id).await.map_err(locate)?;
            for state in states {
                let rows = self.rows(&id, &state).await.map_err(locate)?;
                rows.set_max_parallelism(max, convention.as_ref()).map_err(locate)?;
                self.show(&id, &state)?;
            }
        }
        Ok(())
    }

    /// The plan of the savepoint, and what changes.
    pub(super) async fn finish(self) -> Result<(Plan, Vec<OperatorSummary>)> {
        let mut plan = Plan::carry(self.source);
        let mut summary = Vec::new();
        for operator in self.source.operators() {
            let id: OperatorId = operator.id().parse()?;
            let staged = self.operators.get(&operator.id());
            let is_touched = self.max_parallelism.is_some() && !operator.is_finished();
            let next = match staged {
                Some(staged) if staged.is_dropped => Some(OperatorPlan::Drop(id)),
                None if !is_touched => None,
                staged => {
                    self.write_operator(operator, staged).await?.map(|write| OperatorPlan::Write(Box::new(write)))
                }
            };
            summary.push(summarize(operator, staged, next.as_ref()));
            if let (Some(slot), Some(next)) = (plan.operator_mut(id), next) {
                *slot = next;
            }
        }
        Ok((plan, summary))
    }

    /// An operator that is written; none if nothing of it has changed.
    async fn write_operator(
        &self,
        operator: &Operator,
        staged: Option<&StagedOperator>,
    ) -> Result<Option<WriteOperator>> {
        let changed = |keyed: bool| {
            let states = staged.into_iter().flat_map(|staged| &staged.states);
            let mut states = states.filter(move |state| is_keyed(&state.state) == keyed);
            states.any(|state| {
                state.is_dropped
                    || state.rows.as_ref().is_some_and(|rows| !rows.is_as_in_source())
                    || state.name != state.state.name()
            })
        };
        let uid = staged.and_then(|staged| staged.uid.as_ref());
        let (keyed_changed, operator_changed) = (changed(true), changed(false));
        if !keyed_changed && !operator_changed && uid.is_none() && self.max_parallelism.is_none() {
            return Ok(None);
        }
        let mut write = WriteOperator::from_source(self.source, &operator.id()).await?;
        if let Some(uid) = uid {
            (write.id, write.uid) = (OperatorId::from_uid(uid), uid.clone());
        }
        write.max_parallelism = self.max_parallelism.unwrap_or(write.max_parallelism);
        let slot = |name: &str, keyed: bool| {
            let states = staged.into_iter().flat_map(|staged| &staged.states);
            let mut states = states.filter(move |state| is_keyed(&state.state) == keyed);
            states.find(|state| state.state.meta().is_some_and(|meta| meta.name == name))
        };
        match &mut write.keyed {
            Part::Write(_) if !keyed_changed && self.max_parallelism.is_none() => write.keyed = Part::Carry,
            Part::Write(stream) => {
                stream.states.retain(|state| slot(&state.meta.name, true).is_none_or(|slot| !slot.is_dropped));
                for state in &mut stream.states {
                    let Some(slot) = slot(&state.meta.name, true) else { continue };
                    slot.name.clone_into(&mut state.meta.name);
                    if let Some(rows) = &slot.rows {
                        let entries = rows.entries(operator.parallelism()).map_err(|e| e.with_place(&slot.name))?;
                        (state.entries, state.order) = (Arc::new(entries), Order::Stored);
                    }
                }
                if stream.states.is_empty() {
                    write.keyed = Part::Empty;
                }
            }
            Part::Empty | Part::Carry => {}
        }
        let splits_anew = self.max_parallelism.is_some() && matches!(write.operator, Part::Carry);
        if operator_changed || splits_anew {
            let mut streams = WriteOperator::operator_states(self.source, &operator.id()).await?;
            streams.retain(|stream| slot(&stream.meta.name, false).is_none_or(|slot| !slot.is_dropped));
            for stream in &mut streams {
                let Some(slot) = slot(&stream.meta.name, false) else { continue };
                if slot.name != slot.state.name() {
                    slot.name.clone_into(&mut stream.meta.name);
                }
                if let Some(rows) = &slot.rows {
                    let entries = rows.entries(operator.parallelism()).map_err(|e| e.with_place(&slot.name))?;
                    stream.entries = Arc::new(entries);
                }
            }
            write.operator = if streams.is_empty() { Part::Empty } else { Part::Write(streams) };
        }
        Ok(Some(write))
    }
}

fn is_keyed(state: &State) -> bool {
    !matches!(state.layout(), Layout::Operator | Layout::Raw)
}

fn summarize(operator: &Operator, staged: Option<&StagedOperator>, plan: Option<&OperatorPlan>) -> OperatorSummary {
    let states = staged.into_iter().flat_map(|staged| &staged.states);
    let states = states.filter(|state| state.rows.is_some() || state.is_dropped);
    OperatorSummary {
        operator: operator.label(),
        action: match plan {
            None => "carried",
            Some(OperatorPlan::Drop(_)) => "dropped",
            Some(_) => "written",
        },
        states: states
            .map(|state| StateSummary {
                state: state.state.name().to_owned(),
                renamed: (state.name != state.state.name()).then(|| state.name.clone()),
                is_dropped: state.is_dropped,
                rows: state.rows.as_ref().map_or_else(RowCounts::default, |rows| rows.counts),
            })
            .collect(),
    }
}
