//! `flink-state export`: each state as a Parquet data set, one file for a run of key groups.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::Schema;
use flink_state_reader::{Gap, Operator, ScanTask, Snapshot, State};
use futures::{StreamExt, TryStreamExt, stream};

use super::warnings::Warnings;
use super::{interruptible, open};
use crate::args::Export;
use crate::error::{EXIT_DATA, Error, Result};
use crate::output::{FileTarget, Grid, ParquetWriter, ResultWriter};
use crate::progress::Progress;
use crate::size::human;

/// Bytes of state that are meant to go to one file.
const BYTES_PER_FILE: u64 = 64 << 20;

/// Writes the states of a snapshot.
pub(crate) async fn export(arguments: Export) -> Result<u8> {
    interruptible(run(arguments)).await
}

async fn run(arguments: Export) -> Result<u8> {
    check_empty(&arguments.to)?;
    let snapshot = open(&arguments.snapshot, &arguments.opening).await?;
    let mut warnings = Warnings::default();
    let mut data_sets = Vec::new();
    for (operator, state) in selected(&snapshot, &arguments).await? {
        match state.unsupported() {
            Some(reason) => warnings.add_whole(&name(operator, state), reason),
            None => data_sets.push(DataSet::plan(operator, state, &arguments.to)?),
        }
    }
    write(&snapshot, &mut data_sets, &mut warnings, arguments.memory.bytes()).await?;
    summary(&data_sets)?;
    warnings.print();
    Ok(if warnings.is_complete() { 0 } else { EXIT_DATA })
}

/// Refuses a directory that has something in it.
fn check_empty(directory: &Path) -> Result<()> {
    match fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => {
                let error = Error::usage("the directory to write to is not empty").at(directory.display());
                Err(error.hint("give a new one with --to"))
            }
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(Error::file("write to the directory", directory, &e)),
    }
}

/// The states that the user asks for.
async fn selected<'a>(snapshot: &'a Snapshot, arguments: &Export) -> Result<Vec<(&'a Operator, &'a State)>> {
    let operators: Vec<&Operator> = match &arguments.operator {
        Some(name) => vec![snapshot.operator(name)?],
        None => snapshot.operators().iter().collect(),
    };
    let mut selected = Vec::new();
    for operator in &operators {
        let states = operator.states().await?.iter();
        let wanted = states.filter(|state| arguments.state.as_deref().is_none_or(|name| state.name() == name));
        selected.extend(wanted.map(|state| (*operator, state)));
    }
    match (&arguments.state, operators.as_slice()) {
        (Some(name), [operator]) if selected.is_empty() => Err(operator
            .state(name)
            .await
            .err()
            .map_or_else(|| Error::bug("a state was found by name and not in the list"), Error::from)),
        (Some(name), _) if selected.is_empty() => {
            let hint = format!("`flink-state inspect {}` lists the states", arguments.snapshot);
            Err(Error::usage(format!("no operator has a state '{name}'")).at(snapshot.location()).hint(hint))
        }
        _ => Ok(selected),
    }
}

fn name(operator: &Operator, state: &State) -> String {
    format!("{}.{}", operator.label(), state.name())
}

/// One state on its way to its files.
struct DataSet<'a> {
    operator: &'a Operator,
    state: &'a State,
    schema: Arc<Schema>,
    tasks: Vec<ScanTask>,
    directory: PathBuf,
    rows: u64,
    bytes: u64,
}

impl<'a> DataSet<'a> {
    fn plan(operator: &'a Operator, state: &'a State, to: &Path) -> Result<Self> {
        let scan = state.scan().build()?;
        let files = state.bytes().div_ceil(BYTES_PER_FILE).max(1);
        let tasks = scan.tasks(usize::try_from(files).unwrap_or(usize::MAX));
        let schema = with_types(&scan.schema(), state);
        let directory = to.join(file_name(&operator.label())).join(file_name(state.name()));
        Ok(Self { operator, state, schema, tasks, directory, rows: 0, bytes: 0 })
    }
}

/// The schema with the state's Flink types, which Parquet readers show as metadata of the file.
fn with_types(schema: &Schema, state: &State) -> Arc<Schema> {
    let mut metadata = schema.metadata().clone();
    let types = [
        ("flink.key_type", state.key_type()),
        ("flink.namespace_type", state.namespace_type()),
        ("flink.value_type", state.value_type()),
    ];
    for (key, ty) in types {
        if let Some(ty) = ty {
            metadata.insert(key.to_owned(), ty.to_string());
        }
    }
    Arc::new(schema.clone().with_metadata(metadata))
}

/// What one task gave.
struct Part {
    data_set: usize,
    rows: u64,
    bytes: u64,
    gaps: Vec<Gap>,
}

/// Runs the tasks of all data sets, one for each processor at a time. They share the memory.
async fn write(
    snapshot: &Snapshot,
    data_sets: &mut [DataSet<'_>],
    warnings: &mut Warnings,
    memory: Option<usize>,
) -> Result<()> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let limit = memory.map(|bytes| bytes / processors);
    let mut parts = Vec::new();
    for (index, data_set) in data_sets.iter_mut().enumerate() {
        let directory = &data_set.directory;
        fs::create_dir_all(directory).map_err(|e| Error::file("create the directory", directory, &e))?;
        if data_set.tasks.is_empty() {
            // A data set without rows still has its columns.
            data_set.bytes = write_empty(&data_set.schema, &directory.join(part_name(None)))?;
        }
        for task in &data_set.tasks {
            let path = directory.join(part_name(Some(task)));
            let schema = data_set.schema.clone();
            parts.push((index, task.bytes, write_part(snapshot.clone(), task.clone(), schema, path, limit)));
        }
    }
    let mut progress = Progress::new(parts.iter().map(|(_, bytes, _)| bytes).sum());
    let running = parts.into_iter().map(|(data_set, bytes_read, part)| async move {
        let part = tokio::spawn(part).await.map_err(|e| Error::bug(format!("an export task broke off: {e}")))?;
        part.map(|(rows, bytes, gaps)| (Part { data_set, rows, bytes, gaps }, bytes_read))
    });
    let mut done = stream::iter(running).buffer_unordered(processors);
    while let Some((part, bytes_read)) = done.try_next().await? {
        progress.add(bytes_read);
        let Some(data_set) = data_sets.get_mut(part.data_set) else { continue };
        data_set.rows += part.rows;
        data_set.bytes += part.bytes;
        for gap in part.gaps {
            warnings.add(gap.kind, &name(data_set.operator, data_set.state), gap.key_group, gap.rows, &gap.reason);
        }
    }
    Ok(())
}

/// Writes the rows of a task to a file that is there when it is complete. Returns rows, bytes and gaps.
async fn write_part(
    snapshot: Snapshot,
    task: ScanTask,
    schema: Arc<Schema>,
    path: PathBuf,
    limit: Option<usize>,
) -> Result<(u64, u64, Vec<Gap>)> {
    let mut batches = snapshot.execute(&task).await?;
    let mut file = FileTarget::create(&path)?;
    let mut writer = ParquetWriter::try_new(&schema, &mut file.out, limit)?;
    let mut rows = 0;
    while let Some(batch) = batches.try_next().await? {
        rows += batch.num_rows() as u64;
        writer.write(&batch).map_err(|e| e.at(path.display()))?;
    }
    writer.finish().map_err(|e| e.at(path.display()))?;
    drop(writer);
    Ok((rows, file.finish()?, batches.gaps().to_vec()))
}

/// Writes a file without rows; returns its size.
fn write_empty(schema: &Schema, path: &Path) -> Result<u64> {
    let mut file = FileTarget::create(path)?;
    ParquetWriter::try_new(schema, &mut file.out, None)?.finish()?;
    file.finish()
}

fn summary(data_sets: &[DataSet<'_>]) -> Result<()> {
    let mut grid = Grid::new([("operator", false), ("state", false), ("rows", true), ("files", true), ("bytes", true)]);
    for data_set in data_sets {
        let [operator, state] = [data_set.operator.label(), data_set.state.name().to_owned()];
        grid.push([
            operator,
            state,
            data_set.rows.to_string(),
            data_set.tasks.len().max(1).to_string(),
            human(data_set.bytes),
        ]);
    }
    grid.write(&mut std::io::stdout())
}

/// `part-<first>-<last>.parquet` with the key groups, or for operator state the subtasks, that the file covers.
fn part_name(task: Option<&ScanTask>) -> String {
    let key_groups = |task: &ScanTask| task.key_groups.map(|(first, last)| (u32::from(first), u32::from(last)));
    match task.and_then(|task| key_groups(task).or(task.subtasks)) {
        Some((first, last)) => format!("part-{first}-{last}.parquet"),
        None => "part.parquet".to_owned(),
    }
}

/// A name as a file name: what is not a letter or digit of ASCII, `_`, `-` or an inner `.` is `~` and two hexadecimal
/// digits for each byte, so that decoding it gives the name again. (Many tools take `%` for an escape of their own.)
fn file_name(name: &str) -> String {
    let mut file_name = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-') || (byte == b'.' && index > 0) {
            file_name.push(char::from(byte));
        } else {
            file_name.push_str(&format!("~{byte:02X}"));
        }
    }
    // A directory needs a name; no other name gives this one.
    if file_name.is_empty() { "~".to_owned() } else { file_name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_safe_and_different() {
        assert_eq!(file_name("window-contents_2.x"), "window-contents_2.x");
        assert_eq!(file_name("_timer_state/event_a"), "_timer_state~2Fevent_a");
        assert_eq!(file_name(".."), "~2E.");
        assert_eq!(file_name("a~2F é"), "a~7E2F~20~C3~A9");
        assert_eq!(file_name(""), "~");
    }
}
