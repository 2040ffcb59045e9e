//! Values of Flink's runtime that are no plain sequence of fields.

mod stream_element;
mod two_phase_commit;
mod variant;

pub(super) use stream_element::{decoder as stream_element, skip_stream_element};
pub(super) use two_phase_commit::{decoder as two_phase_commit, skip_two_phase_commit};
pub(super) use variant::{decoder as variant, skip_variant};
