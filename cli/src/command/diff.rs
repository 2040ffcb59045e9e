//! `flink-state diff`: how two snapshots differ.

use std::io::Write;

use arrow::array::RecordBatch;
use flink_state_sql::diff::{Diff, DiffOptions, Example, FactDiff, StateDiff};
use serde_json::{Value, json};

use super::interruptible;
use super::snapshots::open_all;
use crate::args::{self, ReportFormat};
use crate::error::{EXIT_DATA, EXIT_DIFFERENT, Error, Result, one_line};
use crate::output::{Grid, object};
use crate::progress::Progress;
use crate::size::count;

/// Compares two snapshots.
pub(crate) async fn diff(arguments: args::Diff) -> Result<u8> {
    let args::Diff { a, b, operator, state, format, opening } = arguments;
    let compared = interruptible(async {
        let snapshots = open_all(&[&a, &b], &opening).await?;
        let [of_a, of_b] = snapshots.as_slice() else { return Err(Error::bug("two snapshots were opened")) };
        let options = DiffOptions { operator, state, memory_limit: None };
        let mut progress = Progress::new(0);
        let mut set = |done, total| progress.set(done, total);
        Ok(flink_state_sql::diff::diff(of_a, of_b, &options, &mut set).await?)
    });
    let diff = compared.await?;
    let mut out = std::io::stdout();
    match format {
        ReportFormat::Table => table(&diff, &mut out)?,
        ReportFormat::Json => writeln!(out, "{:#}", report(&a, &b, &diff)?)?,
    }
    for state in &diff.states {
        if let Some(reason) = &state.not_compared {
            eprintln!("warning: {} was not compared: {}", one_line(&name(state)), one_line(reason));
        }
    }
    Ok(match (diff.is_different(), diff.is_complete()) {
        (true, _) => EXIT_DIFFERENT,
        (false, false) => EXIT_DATA,
        (false, true) => 0,
    })
}

fn table(diff: &Diff, out: &mut (dyn Write + Send)) -> Result<()> {
    for FactDiff { operator, state, what, a, b } in &diff.facts {
        let place: Vec<&str> = [operator, state].into_iter().flatten().map(String::as_str).collect();
        let place = if place.is_empty() { "the snapshot".to_owned() } else { place.join(".") };
        let text = |side: &Option<String>| one_line(side.as_deref().unwrap_or("none"));
        writeln!(out, "{}: {what}\n  A  {}\n  B  {}\n", one_line(&place), text(a), text(b))?;
    }
    let different: Vec<&StateDiff> = diff.states.iter().filter(|state| state.counts.is_different()).collect();
    if !different.is_empty() {
        let counts = ["in A", "in B", "same", "changed", "only A", "only B"].map(|name| (name, true));
        let mut grid = Grid::new([("operator", false), ("state", false)].into_iter().chain(counts));
        for state in &different {
            let counts = &state.counts;
            let numbers = [counts.a(), counts.b(), counts.same, counts.changed, counts.only_a, counts.only_b];
            let names = [state.operator.clone(), state.state.clone()];
            grid.push(names.into_iter().chain(numbers.map(|number| number.to_string())));
        }
        grid.write(out)?;
    }
    for state in &different {
        writeln!(out, "\n{}", one_line(&name(state)))?;
        for Example { a, b } in &state.examples {
            match (a, b) {
                (Some(a), Some(b)) => {
                    writeln!(out, "  changed  {}", object(a)?)?;
                    writeln!(out, "       to  {}", object(b)?)?;
                }
                (Some(a), None) => writeln!(out, "  only A   {}", object(a)?)?,
                (None, Some(b)) => writeln!(out, "  only B   {}", object(b)?)?,
                (None, None) => {}
            }
        }
    }
    if !different.is_empty() {
        writeln!(out)?;
    }
    Ok(writeln!(out, "{}", summary(diff))?)
}

fn summary(diff: &Diff) -> String {
    let compared = diff.states.iter().filter(|state| state.not_compared.is_none());
    let (mut states, mut different, mut same) = (0, 0, 0);
    for state in compared {
        states += 1;
        different += u64::from(state.counts.is_different());
        same += state.counts.same;
    }
    match (diff.is_different(), different) {
        (false, _) if !diff.is_complete() => {
            format!("no differences in what was compared: {}, {}", count(states, "state"), count(same, "row"))
        }
        (false, _) => format!("no differences: {}, {}", count(states, "state"), count(same, "row")),
        (true, 0) => format!("no row differs: {}, {}", count(states, "state"), count(same, "row")),
        (true, _) => format!("{different} of {} differ, {} the same", count(states, "state"), count(same, "row")),
    }
}

/// One object, as `docs/json.md` describes it.
fn report(a: &str, b: &str, diff: &Diff) -> Result<Value> {
    let facts = diff.facts.iter().map(|FactDiff { operator, state, what, a, b }| {
        json!({"operator": operator, "state": state, "what": what, "a": a, "b": b})
    });
    let states: Vec<Value> = diff.states.iter().map(state).collect::<Result<_>>()?;
    Ok(json!({
        "a": a,
        "b": b,
        "different": diff.is_different(),
        "facts": facts.collect::<Vec<_>>(),
        "states": states,
    }))
}

fn state(state: &StateDiff) -> Result<Value> {
    let example = |Example { a, b }: &Example| Ok(json!({"a": row(a.as_ref())?, "b": row(b.as_ref())?}));
    let examples: Vec<Value> = state.examples.iter().map(example).collect::<Result<_>>()?;
    let counts = &state.counts;
    Ok(json!({
        "operator": state.operator,
        "state": state.state,
        "rows_a": counts.a(),
        "rows_b": counts.b(),
        "same": counts.same,
        "changed": counts.changed,
        "only_a": counts.only_a,
        "only_b": counts.only_b,
        "not_compared": state.not_compared,
        "examples": examples,
    }))
}

fn row(batch: Option<&RecordBatch>) -> Result<Value> {
    let Some(batch) = batch else { return Ok(Value::Null) };
    serde_json::from_str(&object(batch)?).map_err(|e| Error::bug(format!("a row is no JSON: {e}")))
}

fn name(state: &StateDiff) -> String {
    format!("{}.{}", state.operator, state.state)
}
