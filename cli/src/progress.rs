//! What shows on stderr, if that is a terminal, while work takes long.

use std::io::IsTerminal;
use std::pin::pin;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::one_line;

/// Shorter work gets no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between two looks at how far work is.
const STEP: Duration = Duration::from_millis(100);
/// Between two pictures of a spinner.
const TICK: Duration = Duration::from_millis(100);

/// Bytes that are read, on stderr if that is a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    hidden_until: Option<Instant>,
    is_terminal: bool,
}

impl Progress {
    /// A bar that is not shown yet.
    pub(crate) fn new(bytes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} left") {
            bar.set_style(style);
        }
        let is_terminal = std::io::stderr().is_terminal();
        Self { bar, hidden_until: is_terminal.then(|| Instant::now() + PATIENCE), is_terminal }
    }

    /// Moves the bar.
    pub(crate) fn add(&mut self, bytes: u64) {
        self.bar.inc(bytes);
        self.show();
    }

    /// Moves the bar to a place, of an end that may have moved too.
    pub(crate) fn set(&mut self, bytes: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(bytes);
        self.show();
    }

    /// Does work, and moves the bar to where `bytes` says that it is, of how much.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>, bytes: impl Fn() -> (u64, u64)) -> T {
        if !self.is_terminal {
            return work.await;
        }
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(STEP) => {
                    let (bytes, total) = bytes();
                    self.set(bytes, total);
                }
            }
        }
    }

    /// Does what may write to the terminal, with the bar out of its way.
    pub(crate) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    fn show(&mut self) {
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

/// The step of some work that is being done, with the time that it takes.
pub(crate) struct Steps {
    bar: ProgressBar,
    /// Number of steps.
    total: usize,
}

impl Steps {
    /// Shows nothing yet.
    pub(crate) fn new(total: usize) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(TICK);
        Self { bar, total }
    }

    /// Shows the last step.
    pub(crate) fn last(&self, what: &str) {
        self.start(self.total, what);
    }

    /// Shows a step: `[2/5] UPDATE …`.
    pub(crate) fn start(&self, number: usize, what: &str) {
        self.bar.reset_elapsed();
        self.bar.set_message(format!("[{number}/{}] {}", self.total, one_line(what)));
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
