//! Bytes of a Java object stream to nodes.
//!
//! ```text
//! stream   := AC ED 00 05 content
//! content  := 70 | 71 handle | 74 string | 7C long string | 72/7D class descriptor
//!           | 76 descriptor                          Class
//!           | 7E descriptor name                     enum constant
//!           | 75 descriptor i32 element*             array
//!           | 73 descriptor class-data*              object, topmost class first
//! ```

use crate::bytes::Cursor;
use crate::error::{Context, Error, Result};

use super::{ClassDesc, Elements, FieldDesc, Handle, Node, Object, ObjectStream, Value};

const MAGIC: u32 = 0xACED_0005;
const BASE_HANDLE: i32 = 0x7E_0000;

const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS_DESC: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const ARRAY: u8 = 0x75;
const CLASS: u8 = 0x76;
const BLOCK: u8 = 0x77;
const END_BLOCK: u8 = 0x78;
const LONG_BLOCK: u8 = 0x7A;
const LONG_STRING: u8 = 0x7C;
const PROXY_CLASS_DESC: u8 = 0x7D;
const ENUM: u8 = 0x7E;

const HAS_WRITE_OBJECT: u8 = 0x01;
const SERIALIZABLE: u8 = 0x02;
const EXTERNALIZABLE: u8 = 0x04;
const BLOCK_DATA: u8 = 0x08;

const MAX_DEPTH: usize = 256;
const MAX_NODES: usize = 1 << 20;
/// Classes above one class.
const MAX_SUPERCLASSES: usize = 64;

pub(super) fn parse<'a>(input: &mut Cursor<'a>) -> Result<ObjectStream<'a>> {
    let start = input.offset();
    let magic = input.u32().in_field("Java object")?;
    if magic != MAGIC {
        return Err(Error::data(format!("Java object starts with {magic:#010x}, {MAGIC:#010x} expected")).at(start));
    }
    let mut parser = Parser { nodes: Vec::new(), depth: 0 };
    let root = parser.content(input).in_field("Java object")?;
    Ok(ObjectStream { nodes: parser.nodes, root })
}

struct Parser<'a> {
    nodes: Vec<Node<'a>>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn content(&mut self, input: &mut Cursor<'a>) -> Result<Value> {
        let start = input.offset();
        let tag = input.u8()?;
        self.tagged(tag, input).map_err(|e| e.at(start))
    }

    fn tagged(&mut self, tag: u8, input: &mut Cursor<'a>) -> Result<Value> {
        if self.depth >= MAX_DEPTH {
            return Err(Error::unsupported(format!("Java objects are nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let value = match tag {
            NULL => Ok(Value::Null),
            REFERENCE => self.reference(input).map(Value::Reference),
            STRING => {
                let n = usize::from(input.u16()?);
                self.push(Node::String(input.take(n)?)).map(Value::Reference)
            }
            LONG_STRING => {
                let bytes = long_string(input)?;
                self.push(Node::String(bytes)).map(Value::Reference)
            }
            CLASS_DESC | PROXY_CLASS_DESC => self.new_class_desc(tag, input).map(Value::Reference),
            CLASS => {
                let class = self.class_desc(input)?;
                self.push(Node::Class(class)).map(Value::Reference)
            }
            ENUM => self.enum_constant(input),
            ARRAY => self.array(input),
            OBJECT => self.object(input),
            _ => Err(Error::unsupported(format!("Java object stream has the tag {tag:#04x}"))),
        };
        self.depth -= 1;
        value
    }

    fn push(&mut self, node: Node<'a>) -> Result<Handle> {
        if self.nodes.len() >= MAX_NODES {
            return Err(Error::unsupported(format!("Java object stream has more than {MAX_NODES} objects")));
        }
        self.nodes.push(node);
        Ok(Handle(self.nodes.len() - 1))
    }

    fn set(&mut self, handle: Handle, node: Node<'a>) {
        if let Some(slot) = self.nodes.get_mut(handle.0) {
            *slot = node;
        }
    }

    fn reference(&self, input: &mut Cursor<'a>) -> Result<Handle> {
        let number = input.i32()?;
        let index = number.checked_sub(BASE_HANDLE).and_then(|i| usize::try_from(i).ok());
        match index {
            Some(i) if i < self.nodes.len() => Ok(Handle(i)),
            _ => Err(Error::data(format!("Java object stream refers to {number:#x}, which is not there"))),
        }
    }

    fn class_desc(&mut self, input: &mut Cursor<'a>) -> Result<Option<Handle>> {
        let start = input.offset();
        let tag = input.u8()?;
        let handle = match tag {
            NULL => return Ok(None),
            REFERENCE => self.reference(input)?,
            CLASS_DESC | PROXY_CLASS_DESC => match self.tagged(tag, input)? {
                Value::Reference(handle) => handle,
                _ => return Ok(None),
            },
            _ => return Err(Error::data(format!("{tag:#04x} is no tag of a class descriptor")).at(start)),
        };
        if !matches!(self.nodes.get(handle.0), Some(Node::ClassDesc(_))) {
            return Err(Error::data("reference to a class descriptor points to something else").at(start));
        }
        Ok(Some(handle))
    }

    fn new_class_desc(&mut self, tag: u8, input: &mut Cursor<'a>) -> Result<Handle> {
        let mut desc = ClassDesc::default();
        let handle;
        if tag == CLASS_DESC {
            let n = usize::from(input.u16()?);
            desc.name = input.take(n)?;
            input.i64()?;
            handle = self.push(Node::ClassDesc(ClassDesc { name: desc.name, ..ClassDesc::default() }))?;
            desc.flags = input.u8()?;
            for _ in 0..input.u16()? {
                let ty = input.u8()?;
                let n = usize::from(input.u16()?);
                let name = input.take(n)?;
                match ty {
                    b'B' | b'C' | b'D' | b'F' | b'I' | b'J' | b'S' | b'Z' => {}
                    b'L' | b'[' => {
                        self.content(input)?;
                    }
                    _ => return Err(Error::data(format!("Java field has the type {ty:#04x}"))),
                }
                desc.fields.push(FieldDesc { ty, name });
            }
        } else {
            handle = self.push(Node::ClassDesc(ClassDesc::default()))?;
            desc.flags = SERIALIZABLE;
            for _ in 0..input.count(2)? {
                let n = usize::from(input.u16()?);
                input.take(n)?;
            }
        }
        self.annotation(input, &mut Vec::new())?;
        desc.superclass = self.class_desc(input)?;
        self.set(handle, Node::ClassDesc(desc));
        Ok(handle)
    }

    fn enum_constant(&mut self, input: &mut Cursor<'a>) -> Result<Value> {
        let class = self.class_desc(input)?;
        let handle = self.push(Node::Enum(class))?;
        self.content(input)?;
        Ok(Value::Reference(handle))
    }

    fn array(&mut self, input: &mut Cursor<'a>) -> Result<Value> {
        let class = self.class_desc(input)?;
        let handle = self.push(Node::Array { class, elements: Elements::Primitive })?;
        let element = self.desc(class)?.name.get(1).copied().unwrap_or_default();
        let elements = match primitive_size(element) {
            Some(size) => {
                let n = input.count(size)?;
                input.take(n.saturating_mul(size))?;
                Elements::Primitive
            }
            None => {
                let mut values = Vec::new();
                for _ in 0..input.count(1)? {
                    values.push(self.content(input)?);
                }
                Elements::Values(values)
            }
        };
        self.set(handle, Node::Array { class, elements });
        Ok(Value::Reference(handle))
    }

    fn object(&mut self, input: &mut Cursor<'a>) -> Result<Value> {
        let class = self.class_desc(input)?;
        let object = |fields, annotations| Node::Object(Object { class, fields, annotations });
        let handle = self.push(object(Vec::new(), Vec::new()))?;
        let mut fields = Vec::new();
        let mut annotations = Vec::new();
        for class in self.hierarchy(class)? {
            self.class_data(class, input, &mut fields, &mut annotations)?;
        }
        self.set(handle, object(fields, annotations));
        Ok(Value::Reference(handle))
    }

    /// A class and those above it, topmost first.
    fn hierarchy(&self, class: Option<Handle>) -> Result<Vec<Handle>> {
        let mut classes = Vec::new();
        let mut next = class;
        while let Some(handle) = next {
            if classes.len() >= MAX_SUPERCLASSES {
                return Err(Error::data(format!("Java class has more than {MAX_SUPERCLASSES} superclasses")));
            }
            classes.push(handle);
            next = self.desc(next)?.superclass;
        }
        classes.reverse();
        Ok(classes)
    }

    fn class_data(
        &mut self,
        class: Handle,
        input: &mut Cursor<'a>,
        fields: &mut Vec<(&'a [u8], Value)>,
        annotations: &mut Vec<Value>,
    ) -> Result<()> {
        let desc = self.desc(Some(class))?;
        let flags = desc.flags;
        if flags & EXTERNALIZABLE != 0 {
            if flags & BLOCK_DATA == 0 {
                return Err(Error::unsupported("Java object in the form of stream protocol 1"));
            }
            return self.annotation(input, annotations);
        }
        for i in 0..desc.fields.len() {
            // Parsing a field may add nodes, so the descriptor is looked up for each.
            let Some(&FieldDesc { ty, name }) = self.desc(Some(class))?.fields.get(i) else {
                break;
            };
            let value = self.field(ty, input)?;
            fields.push((name, value));
        }
        if flags & HAS_WRITE_OBJECT != 0 {
            self.annotation(input, annotations)?;
        }
        Ok(())
    }

    fn field(&mut self, ty: u8, input: &mut Cursor<'a>) -> Result<Value> {
        Ok(match ty {
            b'Z' => Value::Boolean(input.bool()?),
            b'B' => Value::Integer(input.i8()?.into()),
            b'C' => Value::Integer(input.u16()?.into()),
            b'S' => Value::Integer(input.i16()?.into()),
            b'I' => Value::Integer(input.i32()?.into()),
            b'J' => Value::Integer(input.i64()?),
            b'F' => Value::Float(input.f32()?.into()),
            b'D' => Value::Float(input.f64()?),
            _ => self.content(input)?,
        })
    }

    fn annotation(&mut self, input: &mut Cursor<'a>, annotations: &mut Vec<Value>) -> Result<()> {
        loop {
            match input.rest().first() {
                Some(&END_BLOCK) => {
                    input.u8()?;
                    return Ok(());
                }
                Some(&BLOCK) => {
                    input.u8()?;
                    let n = usize::from(input.u8()?);
                    input.take(n)?;
                }
                Some(&LONG_BLOCK) => {
                    input.u8()?;
                    input.length_prefixed()?;
                }
                _ => annotations.push(self.content(input)?),
            }
        }
    }

    fn desc(&self, class: Option<Handle>) -> Result<&ClassDesc<'a>> {
        match class.and_then(|handle| self.nodes.get(handle.0)) {
            Some(Node::ClassDesc(desc)) => Ok(desc),
            _ => Err(Error::data("Java object has no class descriptor")),
        }
    }
}

fn long_string<'a>(input: &mut Cursor<'a>) -> Result<&'a [u8]> {
    let n = input.u64()?;
    let n = usize::try_from(n).map_err(|_| Error::truncated(format!("string of {n} bytes does not fit")))?;
    input.take(n)
}

fn primitive_size(ty: u8) -> Option<usize> {
    Some(match ty {
        b'B' | b'Z' => 1,
        b'C' | b'S' => 2,
        b'F' | b'I' => 4,
        b'D' | b'J' => 8,
        _ => return None,
    })
}
