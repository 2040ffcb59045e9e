//! Reads one table: its metadata, then the blocks of a range of keys.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Context, Error, Result};
use crate::sst::block::{self, Handle};
use crate::sst::footer::{self, Footer};
use crate::sst::index::{self, KeyRange};
use crate::sst::manifest::Table;
use crate::sst::properties::{Metaindex, Properties};
use crate::sst::range_deletion::{self, RangeDeletion};
use crate::store::StateFile;

/// The first read of a table: footer, metaindex, properties, and the index if it is not large.
const TAIL: u64 = 64 << 10;

/// The blocks of one table that hold keys of a range.
#[derive(Debug)]
pub(super) struct TableReader {
    file: StateFile,
    /// The name in the database and that of the file, for errors.
    name: Arc<str>,
    footer: Footer,
    properties: Properties,
    global_sequence: Option<u64>,
    range: KeyRange,
    /// Of a two-level index: its blocks that are to be read.
    partitions: VecDeque<Handle>,
    /// Data blocks that are to be read.
    blocks: VecDeque<Handle>,
    /// The bytes that were read last, and the offset of their first one.
    window: (u64, Bytes),
    /// Bytes of one read, unless a block is larger.
    read_size: u64,
}

impl TableReader {
    /// Reads what is in front of the data, and the range deletions.
    ///
    /// # Errors
    /// No table that is supported, corrupt blocks, a table of another column family.
    pub(super) async fn open(
        file: StateFile,
        table: &Table,
        column_family: &str,
        range: &KeyRange,
        read_size: u64,
    ) -> Result<(Self, Vec<RangeDeletion>)> {
        let name: Arc<str> = format!("{} ({:06}.sst)", file.name(), table.number).into();
        Self::read_metadata(file, Arc::clone(&name), table, column_family, range, read_size).await.in_file(&name)
    }

    async fn read_metadata(
        file: StateFile,
        name: Arc<str>,
        table: &Table,
        column_family: &str,
        range: &KeyRange,
        read_size: u64,
    ) -> Result<(Self, Vec<RangeDeletion>)> {
        if file.size() != table.size {
            return Err(Error::data(format!("table has {} bytes, the MANIFEST says {}", file.size(), table.size)));
        }
        let start = file.size().saturating_sub(TAIL);
        let tail = file.read(start..file.size()).await?;
        let footer = Footer::parse(&tail).map_err(|e| e.at(file.size().saturating_sub(footer::MAX_SIZE)))?;
        let mut reader = Self {
            file,
            name,
            footer,
            properties: Properties::default(),
            global_sequence: None,
            range: range.clone(),
            partitions: VecDeque::new(),
            blocks: VecDeque::new(),
            window: (start, tail),
            read_size,
        };
        let metaindex = reader.parse(footer.metaindex, "metaindex", Metaindex::parse).await?;
        reader.properties = reader.parse(metaindex.properties, "properties", Properties::parse).await?;
        match &reader.properties.column_family {
            Some(other) if other != column_family => {
                return Err(Error::data(format!("table of column family {other}, not of {column_family}")));
            }
            _ => {}
        }
        reader.global_sequence = reader.properties.global_sequence(table.largest_sequence)?;
        let sequence = reader.global_sequence;
        let deletions = match metaindex.range_deletions {
            Some(handle) => {
                reader.parse(handle, "range deletions", |block| range_deletion::parse(block, table, sequence)).await?
            }
            None => Vec::new(),
        };
        let handles = reader.index(footer.index).await?;
        match reader.properties.index.two_levels {
            true => reader.partitions = handles,
            false => reader.blocks = handles,
        }
        Ok((reader, deletions))
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn global_sequence(&self) -> Option<u64> {
        self.global_sequence
    }

    /// Why its merge operands can't be resolved, if so.
    pub(super) fn no_merges(&self) -> Option<String> {
        let operator = self.properties.other_merge_operator.as_ref()?;
        Some(format!("operands of the merge operator {operator}"))
    }

    /// The next data block with its offset; nothing at the end.
    ///
    /// # Errors
    /// A corrupt block; a failure of the store.
    pub(super) async fn next_block(&mut self) -> Result<Option<(u64, Bytes)>> {
        loop {
            if let Some(handle) = self.blocks.pop_front() {
                let block = self.block(handle).await.map_err(|e| e.in_file(&*self.name))?;
                return Ok(Some((handle.offset, block)));
            }
            let Some(partition) = self.partitions.pop_front() else { return Ok(None) };
            self.blocks = self.index(partition).await.map_err(|e| e.in_file(&*self.name))?;
        }
    }

    async fn index(&mut self, handle: Handle) -> Result<VecDeque<Handle>> {
        let block = self.block(handle).await.in_field("index")?;
        index::blocks(block, self.properties.index, &self.range)
            .map_err(|e| e.relocated(handle.offset))
            .in_field("index")
    }

    async fn parse<T>(&mut self, handle: Handle, field: &str, parse: impl FnOnce(Bytes) -> Result<T>) -> Result<T> {
        let block = self.block(handle).await.in_field(field)?;
        parse(block).map_err(|e| e.relocated(handle.offset)).in_field(field)
    }

    async fn block(&mut self, handle: Handle) -> Result<Bytes> {
        let range = handle.range(self.file.size() - self.footer.size)?;
        let stored = self.read(range).await?;
        block::unpack(&stored, &self.footer).map_err(|e| e.at(handle.offset))
    }

    /// The bytes in `range`; reads on towards the blocks that follow.
    async fn read(&mut self, range: Range<u64>) -> Result<Bytes> {
        let (start, bytes) = &self.window;
        if range.start < *start || range.end > start + bytes.len() as u64 {
            let last = self.blocks.back().map_or(0, |last| last.offset + last.size + block::TRAILER);
            let ahead = last.min(range.start.saturating_add(self.read_size)).min(self.file.size());
            self.window = (range.start, self.file.read(range.start..range.end.max(ahead)).await?);
        }
        let (start, bytes) = &self.window;
        let index = |at: u64| usize::try_from(at - start).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.slice(index(range.start)..index(range.end)))
    }
}
