//! Hashes of keys: what Flink does not say about them is declared, and put to the test by the keys that are there.

use std::num::NonZeroU16;

use flink_state_reader::types::Type;
use flink_state_writer::state::RowEncoder;
use futures::TryStreamExt;

use super::definition::Definition;
use super::stage::Stage;
use crate::error::{Error, Result};

impl Stage<'_> {
    /// Declares how the keys of an operator compute their hash.
    pub(super) async fn set_key_hash(&mut self, operator: &str, convention: &str) -> Result<()> {
        let index = self.index(operator)?;
        let staged = self.operator_mut(index)?;
        staged.convention = Some(convention.parse()?);
        staged.is_checked = false;
        self.check_hashes(index, None).await
    }

    /// Fails unless the hashes of the keys that the source has give the key groups that they are stored in.
    ///
    /// With a key type only states with such keys count.
    pub(super) async fn check_hashes(&mut self, index: usize, key: Option<&Type>) -> Result<()> {
        let Some(source) = self.source else { return Ok(()) };
        let operator = self.operator_mut(index)?;
        let Some(origin) = operator.origin.filter(|_| !operator.is_checked) else { return Ok(()) };
        let Some(max) = u16::try_from(origin.max_parallelism()).ok().and_then(NonZeroU16::new) else { return Ok(()) };
        let convention = operator.convention.clone();
        let live = operator.states().await?.iter().filter(|state| !state.is_dropped);
        let states: Vec<_> = live.filter_map(|state| state.origin.clone()).collect();
        for state in states.iter().filter(|state| key.is_none() || state.key_type() == key) {
            // Raw state is not written with other keys.
            let is_keyed = Definition::of(state).is_ok_and(|definition| definition.is_keyed());
            let (true, Ok(encoder)) = (is_keyed, RowEncoder::of(state)) else { continue };
            // The key group and the key.
            for task in state.scan().projection(vec![0, 1]).build()?.tasks(1) {
                let mut batches = source.execute(&task).await?;
                while let Some(batch) = batches.try_next().await? {
                    let locate = |e: flink_state_reader::Error| Error::from(e.in_state(state.name()));
                    encoder.check_key_groups(&batch, convention.as_ref(), max).map_err(locate)?;
                }
            }
        }
        if key.is_none() {
            self.operator_mut(index)?.is_checked = true;
        }
        Ok(())
    }
}
