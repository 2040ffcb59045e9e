//! Which class is written how.

/// How the values of a class are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Int,
    Float,
    Boolean,
    Byte,
    Char,
    Short,
    Long,
    Double,
    /// A string, or an object that is its text.
    Text,
    Pattern,
    Locale,
    Uuid,
    BigInteger,
    BigDecimal,
    Millis,
    SqlTimestamp,
    Instant,
    LocalDate,
    LocalTime,
    LocalDateTime,
    ZonedDateTime,
    OffsetDateTime,
    ZoneRegion,
    ZoneOffset,
    Duration,
    Period,
    Year,
    AtomicInteger,
    AtomicLong,
    InetSocketAddress,
    Class,
    BitSet,
    Bytes,
    Numbers(Number),
    ObjectArray,
    Optional,
    Collection,
    SortedCollection,
    /// A collection without nulls.
    ImmutableCollection,
    ArraysAsList,
    Singleton,
    Empty,
    Map,
    SortedMap,
    SingletonMap,
    EmptyMap,
    EnumSet,
    /// A Flink tuple with this many fields.
    Tuple(u8),
    /// A Java object stream.
    JavaObject,
    /// An interface or abstract class: values are of another class.
    Abstract,
    /// A class whose fields or serializer nobody stored.
    Unknown,
}

/// Elements of an array of primitives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Number {
    Boolean,
    Char,
    Short,
    Int,
    Long,
    Float,
    Double,
}

impl Codec {
    /// The codec of a class that Kryo and Flink write on their own.
    pub(super) fn of(class: &str) -> Self {
        if class.starts_with("java.") && ["Exception", "Error", "Throwable"].iter().any(|end| class.ends_with(end)) {
            return Self::JavaObject;
        }
        if let Some(component) = class.strip_prefix('[') {
            return match component {
                "B" => Self::Bytes,
                "Z" => Self::Numbers(Number::Boolean),
                "C" => Self::Numbers(Number::Char),
                "S" => Self::Numbers(Number::Short),
                "I" => Self::Numbers(Number::Int),
                "J" => Self::Numbers(Number::Long),
                "F" => Self::Numbers(Number::Float),
                "D" => Self::Numbers(Number::Double),
                _ => Self::ObjectArray,
            };
        }
        if let Some(arity) = class.strip_prefix("org.apache.flink.api.java.tuple.Tuple") {
            return arity.parse().ok().filter(|n| (0..=25).contains(n)).map_or(Self::Unknown, Self::Tuple);
        }
        if let Some(name) = class.strip_prefix("java.lang.") {
            return lang(name);
        }
        if let Some(name) = class.strip_prefix("java.util.") {
            return util(name);
        }
        if let Some(name) = class.strip_prefix("java.time.") {
            return time(name);
        }
        match class {
            "int" => Self::Int,
            "float" => Self::Float,
            "boolean" => Self::Boolean,
            "byte" => Self::Byte,
            "char" => Self::Char,
            "short" => Self::Short,
            "long" => Self::Long,
            "double" => Self::Double,
            "java.math.BigInteger" => Self::BigInteger,
            "java.math.BigDecimal" => Self::BigDecimal,
            "java.sql.Date" | "java.sql.Time" => Self::Millis,
            "java.sql.Timestamp" => Self::SqlTimestamp,
            "java.net.URI" | "java.net.URL" | "sun.util.calendar.ZoneInfo" => Self::Text,
            "java.net.InetSocketAddress" => Self::InetSocketAddress,
            "java.text.SimpleDateFormat" => Self::JavaObject,
            "java.io.Serializable" => Self::Abstract,
            _ => Self::Unknown,
        }
    }

    /// Whether no reference stands before the payload.
    pub(super) fn is_primitive(self) -> bool {
        matches!(
            self,
            Self::Int | Self::Float | Self::Boolean | Self::Byte | Self::Char | Self::Short | Self::Long | Self::Double
        )
    }
}

fn lang(name: &str) -> Codec {
    match name {
        "Integer" => Codec::Int,
        "Float" => Codec::Float,
        "Boolean" => Codec::Boolean,
        "Byte" => Codec::Byte,
        "Character" => Codec::Char,
        "Short" => Codec::Short,
        "Long" => Codec::Long,
        "Double" => Codec::Double,
        "String" | "StringBuilder" | "StringBuffer" => Codec::Text,
        "Class" => Codec::Class,
        "Object" | "Number" | "Comparable" | "CharSequence" | "Iterable" | "Cloneable" => Codec::Abstract,
        _ => Codec::Unknown,
    }
}

fn util(name: &str) -> Codec {
    match name {
        "UUID" => Codec::Uuid,
        "Date" => Codec::Millis,
        "Currency" => Codec::Text,
        "Locale" => Codec::Locale,
        "regex.Pattern" => Codec::Pattern,
        "BitSet" => Codec::BitSet,
        "Optional" => Codec::Optional,
        "concurrent.atomic.AtomicInteger" => Codec::AtomicInteger,
        "concurrent.atomic.AtomicLong" => Codec::AtomicLong,
        "RegularEnumSet" | "JumboEnumSet" => Codec::EnumSet,
        "ArrayList"
        | "LinkedList"
        | "Vector"
        | "Stack"
        | "HashSet"
        | "LinkedHashSet"
        | "ArrayDeque"
        | "concurrent.CopyOnWriteArrayList"
        | "concurrent.CopyOnWriteArraySet"
        | "concurrent.ConcurrentLinkedQueue"
        | "concurrent.ConcurrentLinkedDeque"
        | "concurrent.LinkedBlockingQueue"
        | "concurrent.LinkedBlockingDeque"
        | "Collections$UnmodifiableCollection"
        | "Collections$UnmodifiableList"
        | "Collections$UnmodifiableRandomAccessList"
        | "Collections$UnmodifiableSet" => Codec::Collection,
        "TreeSet" | "PriorityQueue" => Codec::SortedCollection,
        "ImmutableCollections$List12"
        | "ImmutableCollections$ListN"
        | "ImmutableCollections$Set12"
        | "ImmutableCollections$SetN" => Codec::ImmutableCollection,
        "Arrays$ArrayList" => Codec::ArraysAsList,
        "Collections$SingletonList" | "Collections$SingletonSet" => Codec::Singleton,
        "Collections$EmptyList" | "Collections$EmptySet" => Codec::Empty,
        "HashMap"
        | "LinkedHashMap"
        | "Hashtable"
        | "concurrent.ConcurrentHashMap"
        | "Collections$UnmodifiableMap"
        | "ImmutableCollections$Map1"
        | "ImmutableCollections$MapN" => Codec::Map,
        "TreeMap" => Codec::SortedMap,
        "Collections$SingletonMap" => Codec::SingletonMap,
        "Collections$EmptyMap" => Codec::EmptyMap,
        "Collection"
        | "List"
        | "Set"
        | "SortedSet"
        | "NavigableSet"
        | "Queue"
        | "Deque"
        | "Map"
        | "SortedMap"
        | "NavigableMap"
        | "AbstractCollection"
        | "AbstractList"
        | "AbstractSet"
        | "AbstractMap"
        | "EnumSet"
        | "TimeZone"
        | "concurrent.ConcurrentMap" => Codec::Abstract,
        _ => Codec::Unknown,
    }
}

fn time(name: &str) -> Codec {
    match name {
        "Instant" => Codec::Instant,
        "LocalDate" => Codec::LocalDate,
        "LocalTime" => Codec::LocalTime,
        "LocalDateTime" => Codec::LocalDateTime,
        "ZonedDateTime" => Codec::ZonedDateTime,
        "OffsetDateTime" => Codec::OffsetDateTime,
        "ZoneRegion" => Codec::ZoneRegion,
        "ZoneOffset" => Codec::ZoneOffset,
        "Duration" => Codec::Duration,
        "Period" => Codec::Period,
        "Year" => Codec::Year,
        "ZoneId" => Codec::Abstract,
        _ => Codec::Unknown,
    }
}

/// Whether the class of an array's elements says the class of each of them; `None` if only the class itself knows.
pub(super) fn has_final_elements(array: &str) -> Option<bool> {
    let innermost = array.trim_start_matches('[');
    match innermost.strip_prefix('L').and_then(|name| name.strip_suffix(';')) {
        Some(class) if Codec::of(class) == Codec::Unknown => None,
        Some(class) => Some(is_final(class)),
        None => Some(true),
    }
}

/// Whether a class that is known has no subclasses.
pub(super) fn is_final(class: &str) -> bool {
    match Codec::of(class) {
        codec if codec.is_primitive() => true,
        Codec::Text => class != "sun.util.calendar.ZoneInfo",
        Codec::Uuid
        | Codec::Locale
        | Codec::Pattern
        | Codec::Class
        | Codec::Optional
        | Codec::Instant
        | Codec::LocalDate
        | Codec::LocalTime
        | Codec::LocalDateTime
        | Codec::ZonedDateTime
        | Codec::OffsetDateTime
        | Codec::ZoneRegion
        | Codec::ZoneOffset
        | Codec::Duration
        | Codec::Period
        | Codec::Year => true,
        _ => false,
    }
}

/// The class of the elements of an array class.
pub(super) fn component(array: &str) -> &str {
    let component = array.strip_prefix('[').unwrap_or(array);
    component.strip_prefix('L').and_then(|name| name.strip_suffix(';')).unwrap_or(component)
}

/// The wrapper of a primitive, both of which have the same id.
pub(super) fn wrapper(primitive: &str) -> &str {
    match primitive {
        "int" => "java.lang.Integer",
        "float" => "java.lang.Float",
        "boolean" => "java.lang.Boolean",
        "byte" => "java.lang.Byte",
        "char" => "java.lang.Character",
        "short" => "java.lang.Short",
        "long" => "java.lang.Long",
        "double" => "java.lang.Double",
        other => other,
    }
}
