//! The picture for people.

use std::io::IsTerminal;

use flink_state_reader::metadata::ChannelEnd;
use flink_state_reader::{Layout, Operator, State};
use unicode_width::UnicodeWidthStr;

use super::{GatePicture, OperatorPicture, Picture, StatePicture, chart, key_groups, wrap::wrap};
use crate::error::one_line;
use crate::size::human;

/// Columns where there is no terminal to ask.
const WIDTH: usize = 100;
/// Bars of the chart of key groups.
const BARS: usize = 64;
const HEAD: [&str; 5] = ["state", "kind", "type", "entries", "bytes"];

/// The snapshot, then each operator with its states and key groups.
pub(super) fn render(picture: &Picture) -> String {
    let terminal = std::io::stdout().is_terminal();
    let width = terminal.then(terminal_size::terminal_size).flatten().map_or(WIDTH, |(width, _)| width.0.into());
    let color = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut page = Page { text: String::new(), width, color };
    page.snapshot(picture);
    for (operator, picture) in picture.operators() {
        page.operator(operator, picture);
    }
    page.text
}

struct Page {
    text: String,
    width: usize,
    color: bool,
}

/// SGR codes.
const BOLD: u8 = 1;
const DIM: u8 = 2;
const YELLOW: u8 = 33;

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn styled(&self, code: u8, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn snapshot(&mut self, picture: &Picture) {
        let metadata = picture.snapshot.metadata();
        let kind = match picture.kind() {
            (Some("savepoint"), Some(format)) => format!("Savepoint ({format})"),
            (Some("full checkpoint"), _) => "Full checkpoint".to_owned(),
            (Some(_), _) => "Checkpoint".to_owned(),
            (None, _) => "Snapshot".to_owned(),
        };
        let title = format!("{kind}, checkpoint ID {}, _metadata version {}", metadata.checkpoint_id, metadata.version);
        let title = self.styled(BOLD, &title);
        self.line(&title);
        self.line(&one_line(picture.snapshot.location()));
        let states: usize = picture.operators.iter().map(|operator| operator.states.len()).sum();
        let counts = [count(picture.operators.len(), "operator"), count(states, "state"), human(picture.bytes())];
        self.line(&counts.join(", "));
    }

    fn operator(&mut self, operator: &Operator, picture: &OperatorPicture) {
        self.line("");
        let label = self.styled(BOLD, &one_line(&operator.label()));
        let name = operator.name().filter(|name| *name != operator.label());
        let name = name.map(|name| format!("  {}", one_line(name))).unwrap_or_default();
        self.line(&format!("{label}{name}"));
        let mut facts = vec![
            format!("parallelism {}", operator.parallelism()),
            format!("max parallelism {}", operator.max_parallelism()),
            human(picture.bytes),
        ];
        if operator.label() != operator.id() {
            facts.insert(0, operator.id());
        }
        if let Some(bytes) = operator.coordinator_bytes() {
            facts.push(format!("coordinator {}", human(bytes)));
        }
        if operator.is_finished() {
            facts.push("finished".to_owned());
        }
        let facts = self.styled(DIM, &facts.join(", "));
        self.line(&format!("  {facts}"));
        self.keys(picture);
        self.states(&picture.states);
        if let Some(caution) = picture.caution {
            self.indented("  ! ", caution);
        }
        self.in_flight(&picture.in_flight);
        if let Some(key_groups) = key_groups(operator) {
            self.chart(&key_groups);
        }
    }

    /// The type of the keys, which all keyed states of an operator share.
    fn keys(&mut self, picture: &OperatorPicture) {
        let keyed = picture.states.iter().find(|picture| picture.state.schema().column_with_name("key").is_some());
        if let Some(key) = keyed.and_then(|picture| picture.state.key_type()) {
            for (index, line) in wrap(&one_line(&key.to_string()), self.width.saturating_sub(8)).iter().enumerate() {
                self.line(&format!("  {}{line}", if index == 0 { "keys: " } else { "      " }));
            }
        }
    }

    fn states(&mut self, states: &[StatePicture]) {
        if states.is_empty() {
            return;
        }
        let shared = |state: &State| states.iter().filter(|other| other.state.layout() == state.layout()).count() > 1;
        let head = HEAD.map(str::to_owned);
        let mut rows: Vec<[String; 5]> = states.iter().map(|picture| row(picture, shared(&picture.state))).collect();
        let widest = |rows: &[[String; 5]], column: usize| {
            let cells = rows.iter().chain([&head]).filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let [state, kind, entries, bytes] = [0, 1, 3, 4].map(|column| widest(&rows, column));
        // Two blanks before each column. A type that is too long for its column stands below.
        let room = self.width.saturating_sub(state + kind + entries + bytes + 10);
        let take_long = |[_, _, ty, ..]: &mut [String; 5]| (ty.width() > room).then(|| std::mem::take(ty));
        let below: Vec<Option<String>> = rows.iter_mut().map(take_long).collect();
        let widths = [state, kind, widest(&rows, 2), entries, bytes];
        self.line("");
        let line = self.styled(DIM, &cells(&head, widths));
        self.line(&line);
        for (row, below) in rows.iter().zip(below) {
            self.line(&cells(row, widths));
            if let Some(ty) = below {
                self.indented("      ", &ty);
            }
        }
        self.problems(states);
    }

    /// Each reason once, with the states that it is about.
    fn problems(&mut self, states: &[StatePicture]) {
        let mut problems: Vec<(&str, Vec<&str>)> = Vec::new();
        for StatePicture { state, problem, .. } in states {
            let Some(problem) = problem else { continue };
            match problems.iter_mut().find(|(reason, _)| reason == problem) {
                Some((_, names)) => names.push(state.name()),
                None => problems.push((problem, vec![state.name()])),
            }
        }
        for (reason, names) in problems {
            let names = if names.len() == states.len() { "all states".to_owned() } else { names.join(", ") };
            self.indented("  ! ", &one_line(&format!("{reason} ({names})")));
        }
    }

    /// A line for each gate with records in flight.
    fn in_flight(&mut self, gates: &[GatePicture]) {
        if gates.is_empty() {
            return;
        }
        self.line("");
        for gate in gates {
            let place = match gate.end {
                ChannelEnd::Input => "input gate",
                ChannelEnd::Output => "output partition",
            };
            let buffers = gate.buffers.and_then(|buffers| usize::try_from(buffers).ok());
            let buffers = buffers.map(|buffers| format!(" in {}", count(buffers, "buffer"))).unwrap_or_default();
            let (subtasks, channels) = (count(gate.subtasks.len(), "subtask"), count(gate.channels, "channel"));
            let (number, bytes) = (gate.gate_or_partition, human(gate.bytes));
            self.line(&format!("  in flight at {place} {number}: {bytes}{buffers}, {channels} of {subtasks}"));
        }
    }

    fn indented(&mut self, indent: &str, text: &str) {
        for line in wrap(text, self.width.saturating_sub(indent.len())) {
            let line = format!("{indent}{line}");
            let line = if indent.contains('!') { self.styled(YELLOW, &line) } else { line };
            self.line(&line);
        }
    }

    fn chart(&mut self, key_groups: &[u64]) {
        let largest = key_groups.iter().copied().max().unwrap_or(0);
        let median = chart::median(key_groups);
        let at = key_groups.iter().position(|bytes| *bytes == largest).unwrap_or(0);
        let bars = chart::bars(key_groups, BARS.min(self.width.saturating_sub(4)));
        self.line("");
        self.line(&format!("  ▕{bars}▏"));
        self.line(&format!(
            "  bytes of key groups 0 to {}: largest {} ({at}), median {}",
            key_groups.len().saturating_sub(1),
            human(largest),
            human(median)
        ));
    }
}

/// The cells of a state. States of one file share its bytes: each has at most those of all.
fn row(picture: &StatePicture, shared: bool) -> [String; 5] {
    let state = &picture.state;
    let of_all = shared && !matches!(state.layout(), Layout::Operator | Layout::RocksDb);
    [
        one_line(state.name()),
        state.kind().to_string(),
        picture.type_notation().map_or_else(|| "-".to_owned(), |ty| one_line(&ty)),
        picture.entries.map_or_else(|| "-".to_owned(), |entries| entries.to_string()),
        format!("{}{}", if of_all { "≤ " } else { "" }, human(state.bytes())),
    ]
}

fn cells([state, kind, ty, entries, bytes]: &[String; 5], widths: [usize; 5]) -> String {
    let [state_width, kind_width, type_width, entries_width, bytes_width] = widths;
    [
        String::new(),
        pad(state, state_width),
        pad(kind, kind_width),
        pad(ty, type_width),
        pad_left(entries, entries_width),
        pad_left(bytes, bytes_width),
    ]
    .join("  ")
}

fn count(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn pad(cell: &str, width: usize) -> String {
    format!("{cell}{}", " ".repeat(width.saturating_sub(cell.width())))
}

fn pad_left(cell: &str, width: usize) -> String {
    format!("{}{cell}", " ".repeat(width.saturating_sub(cell.width())))
}
