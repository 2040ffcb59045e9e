//! The picture for people.

use std::fmt::Write;
use std::io::IsTerminal;

use flink_state_reader::Operator;
use unicode_width::UnicodeWidthStr;

use super::{OperatorPicture, Picture, StatePicture, chart, key_groups, kind, wrap::wrap};
use crate::error::one_line;
use crate::size::human;

/// Columns where there is no terminal to ask.
const WIDTH: usize = 100;
/// Bars of the chart of key groups.
const BARS: usize = 64;
/// Columns that a type gets at least.
const TYPE_WIDTH: usize = 24;

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
            (Some(kind), Some(format)) => format!("{kind}, {format}"),
            (Some(kind), None) => kind.to_owned(),
            _ => "snapshot".to_owned(),
        };
        let title = format!("Checkpoint {} ({kind}), _metadata version {}", metadata.checkpoint_id, metadata.version);
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
            format!("parallelism {} of at most {}", operator.parallelism(), operator.max_parallelism()),
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
        let rows: Vec<[String; 5]> = states.iter().map(row).collect();
        let head = ["state", "kind", "type", "entries", "bytes"].map(str::to_owned);
        let widths = [0, 1, 2, 3, 4].map(|column| {
            let cells = std::iter::once(&head).chain(&rows).filter_map(|row| row.get(column));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        });
        let [state, kind, ty, entries, bytes] = widths;
        // Two blanks before each column.
        let ty = ty.min(self.width.saturating_sub(state + kind + entries + bytes + 10).max(TYPE_WIDTH));
        self.line("");
        for (index, [name, kind_of, type_of, entries_of, bytes_of]) in std::iter::once(&head).chain(&rows).enumerate() {
            for (line, part) in wrap(type_of, ty).iter().enumerate() {
                let mut text = String::new();
                let first = |cell: &str| if line == 0 { cell.to_owned() } else { String::new() };
                // Writing to a `String` can't fail.
                let _ = write!(
                    text,
                    "  {}  {}  {}  {}  {}",
                    pad(&first(name), state),
                    pad(&first(kind_of), kind),
                    pad(part, ty),
                    pad_left(&first(entries_of), entries),
                    pad_left(&first(bytes_of), bytes),
                );
                let text = if index == 0 { self.styled(DIM, &text) } else { text };
                self.line(&text);
            }
            if let Some(problem) = index.checked_sub(1).and_then(|index| states.get(index)?.problem.as_deref()) {
                for line in wrap(&one_line(problem), self.width.saturating_sub(6)) {
                    let line = self.styled(YELLOW, &line);
                    self.line(&format!("    ! {line}"));
                }
            }
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

fn row(picture: &StatePicture) -> [String; 5] {
    let state = &picture.state;
    [
        one_line(state.name()),
        kind(state.kind()).to_owned(),
        picture.type_notation().map_or_else(|| "-".to_owned(), |ty| one_line(&ty)),
        picture.entries.map_or_else(|| "-".to_owned(), |entries| entries.to_string()),
        human(state.bytes()),
    ]
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
