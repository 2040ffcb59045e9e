//! Declared arrays of primitives and of strings, and bit sets.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, UInt16Type};
use arrow_array::{Array, ListArray};
use flink_state_reader::types::{Kryo, KryoVersion};

use crate::{Error, Result};

use super::super::Encoder;
use super::super::column::{binaries, no_null, primitive, strings, unexpected};
use super::super::list::range;
use super::super::text::put_vlq;
use super::Object;
use super::head::Head;
use super::primitive::{put_count, put_fixed, put_kint, put_klong, put_kstr};

/// The largest bit of a bit set, and so 128 MiB.
const MAX_BIT: usize = 1 << 30;

type Put<'a> = Box<dyn Fn(usize, &mut Vec<u8>) -> Result<()> + Send + 'a>;

pub(super) fn encoder<'a>(kryo: &Kryo, column: &'a dyn Array) -> Result<Box<dyn Encoder + 'a>> {
    let head = Head::new(kryo, &kryo.class)?;
    if kryo.class == "[B" {
        let bytes = binaries(column)?;
        let payload = |row, out: &mut Vec<u8>| {
            let bytes: &[u8] = bytes.value(row);
            put_count(bytes.len(), out)?;
            out.extend(bytes);
            Ok(())
        };
        return Ok(Box::new(Object { column, head, payload }));
    }
    let lists = column.as_list_opt::<i32>().ok_or_else(|| unexpected(column))?;
    if kryo.class == "java.util.BitSet" {
        return bit_set(head, lists, kryo.version);
    }
    let items = lists.values().as_ref();
    let put = item(kryo, items)?;
    // Strings have a null of their own.
    let nullable = kryo.class.ends_with(';');
    let payload = move |row, out: &mut Vec<u8>| {
        let range = range(lists.value_offsets(), row);
        put_count(range.len(), out)?;
        for item in range {
            if items.is_null(item) && !nullable {
                return Err(no_null("an array of primitives").in_field("item"));
            }
            put(item, out)?;
        }
        Ok(())
    };
    Ok(Box::new(Object { column, head, payload }))
}

fn item<'a>(kryo: &Kryo, items: &'a dyn Array) -> Result<Put<'a>> {
    let version = kryo.version;
    Ok(match kryo.class.as_str() {
        "[Z" => {
            let items = items.as_boolean_opt().ok_or_else(|| unexpected(items))?;
            plain(move |row, out| out.push(u8::from(items.value(row))))
        }
        "[C" => {
            let items = primitive::<UInt16Type>(items)?;
            plain(move |row, out| put_fixed(items.value(row).to_be_bytes(), version, out))
        }
        "[S" => {
            let items = primitive::<Int16Type>(items)?;
            plain(move |row, out| put_fixed(items.value(row).to_be_bytes(), version, out))
        }
        "[I" => {
            let items = primitive::<Int32Type>(items)?;
            plain(move |row, out| put_kint(items.value(row), out))
        }
        "[J" => {
            let items = primitive::<Int64Type>(items)?;
            plain(move |row, out| put_klong(items.value(row), out))
        }
        "[F" => {
            let items = primitive::<Float32Type>(items)?;
            plain(move |row, out| put_fixed(items.value(row).to_be_bytes(), version, out))
        }
        "[D" => {
            let items = primitive::<Float64Type>(items)?;
            plain(move |row, out| put_fixed(items.value(row).to_be_bytes(), version, out))
        }
        "[Ljava.lang.String;" => {
            let items = strings(items)?;
            // One object each: Java writes a string that is the same object again as a reference.
            Box::new(move |row, out| {
                if items.is_null(row) {
                    out.push(0);
                    return Ok(());
                }
                out.push(1);
                put_kstr(items.value(row), version, out)
            })
        }
        class => return Err(Error::unsupported(format!("values of {class} by Kryo can't be written"))),
    })
}

fn plain<'a>(put: impl Fn(usize, &mut Vec<u8>) + Send + 'a) -> Put<'a> {
    Box::new(move |row, out| {
        put(row, out);
        Ok(())
    })
}

/// `kuint` count, words of 64 bits up to the last one that is not zero.
fn bit_set(head: Head, column: &ListArray, version: KryoVersion) -> Result<Box<dyn Encoder + '_>> {
    let items = primitive::<Int64Type>(column.values().as_ref())?;
    let payload = move |row, out: &mut Vec<u8>| {
        let mut words: Vec<u64> = Vec::new();
        for item in range(column.value_offsets(), row) {
            let bit = Some(items).filter(|items| items.is_valid(item)).map(|items| items.value(item));
            let bit = bit.and_then(|bit| usize::try_from(bit).ok()).filter(|bit| *bit <= MAX_BIT);
            let bit = bit.ok_or_else(|| Error::data("an item that is no index of a bit").in_field("item"))?;
            if words.len() <= bit / 64 {
                words.resize(bit / 64 + 1, 0);
            }
            if let Some(word) = words.get_mut(bit / 64) {
                *word |= 1 << (bit % 64);
            }
        }
        put_vlq(u32::try_from(words.len()).unwrap_or(u32::MAX), out);
        words.into_iter().for_each(|word| put_fixed(word.to_be_bytes(), version, out));
        Ok(())
    };
    Ok(Box::new(Object { column, head, payload }))
}
