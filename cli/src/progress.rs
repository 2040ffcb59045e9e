//! A bar for work that takes long.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shorter work gets no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bytes that are read, on stderr if that is a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    hidden_until: Option<Instant>,
}

impl Progress {
    /// A bar that is not shown yet.
    pub(crate) fn new(bytes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, hidden_until: std::io::stderr().is_terminal().then(|| Instant::now() + PATIENCE) }
    }

    /// Moves the bar.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.bar.inc(bytes);
        if self.hidden_until.is_some_and(|start| start < Instant::now()) {
            self.hidden_until = None;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
