//! Headers of new states, compared with those that real Flink wrote for states of the same types.

use std::collections::{BTreeMap, BTreeSet};

use flink_state_reader::types::{KryoVersion, Type};
use flink_state_reader::{BackendState, State, StateKind};
use flink_state_writer::serializer::Target;
use flink_state_writer::state::NewState;
use flink_state_writer::{ErrorKind, FlinkVersion, Result};

use super::support::{open, snapshot_names, snapshot_path};

/// The same state made from its types as they are printed.
fn rebuilt(state: &State, release: FlinkVersion) -> Result<NewState> {
    let kryo = if release.major < 2 { KryoVersion::V2 } else { KryoVersion::V5 };
    let again = |ty: Option<&Type>| ty.map(|ty| Type::parse(&ty.to_string(), kryo)).transpose();
    let (key, namespace) = (again(state.key_type())?, again(state.namespace_type())?);
    NewState::new(state.kind(), key, namespace, again(state.value_type())?, false, release)
}

/// What becomes of a state's header entry, and of its key's serializer, when they are made from its types.
fn outcome(state: &State, release: FlinkVersion) -> String {
    let target = Target { release };
    let stored = state.meta().unwrap();
    let made = rebuilt(state, release).and_then(|new| {
        assert_eq!(new.schema()?, state.schema(), "{}", state.name());
        Ok((new.meta(&stored.name, &target)?, new.key_snapshot(&target)?))
    });
    match made {
        Ok((meta, key)) if meta == *stored && key.as_ref() == state.key_snapshot() => "same".to_owned(),
        Ok((meta, key)) => {
            assert_eq!(key.as_ref(), state.key_snapshot(), "{}", state.name());
            let differ = meta.serializers.iter().zip(&stored.serializers).filter(|(made, stored)| made != stored);
            format!("other {}", differ.map(|((role, _), _)| role.as_str()).collect::<Vec<_>>().join(", "))
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{}: {error}", state.name());
            "refused".to_owned()
        }
    }
}

#[tokio::test]
async fn headers_are_those_that_flink_writes() {
    let mut others = BTreeSet::new();
    let mut kinds = BTreeMap::new();
    for name in snapshot_names() {
        let snapshot = open(&snapshot_path(&name)).await;
        let release: FlinkVersion = name.split('-').next().unwrap().parse().unwrap();
        for operator in snapshot.operators() {
            // State of the v2 API is not written.
            let has_form = |state: &&State| state.meta().is_some_and(|meta| meta.backend != BackendState::KeyValueV2);
            for state in operator.states().await.unwrap().iter().filter(has_form) {
                match outcome(state, release).as_str() {
                    "same" => *kinds.entry(state.kind().to_string()).or_insert(0) += 1,
                    other => drop(others.insert(format!("{} {}: {other}", &name[..7], state.name()))),
                }
            }
        }
    }
    println!("{kinds:?} made with the same bytes");
    let expected = [
        // RAW holds a serializer as Java object.
        ("accState", "refused"),
        // A type does not say that an external class is around it.
        ("distinctAcc_0", "other VALUE_SERIALIZER"),
        ("distinctAcc_0_null_state", "other VALUE_SERIALIZER"),
    ];
    let expected = ["1.20", "2.2-"].into_iter().flat_map(|release| {
        let folder = if release == "1.20" { "1.20-sq" } else { "2.2-sql" };
        expected.map(|(state, outcome)| format!("{folder} {state}: {outcome}"))
    });
    assert_eq!(others, expected.collect());
    let seen: Vec<&str> = kinds.keys().map(String::as_str).collect();
    let all =
        ["aggregating", "broadcast", "list", "map", "operator_list", "operator_union", "reducing", "timer", "value"];
    assert_eq!(seen, all);
}

fn new(kind: StateKind, key: &str, value: &str, ttl: bool, release: FlinkVersion) -> Result<NewState> {
    let ty = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap());
    NewState::new(kind, ty(key), None, ty(value), ttl, release)
}

const FLINK_1: FlinkVersion = FlinkVersion::new(1, 20);
const FLINK_2: FlinkVersion = FlinkVersion::new(2, 2);

#[test]
fn types_become_those_of_the_release() {
    let pojo = "LIST<POJO<acme.B>(z INT, a POJO<acme.A>(e INT, B INT))>";
    let state = new(StateKind::List, "LONG", pojo, true, FLINK_2).unwrap();
    let sorted = "LIST<TTL<POJO<acme.B>(a POJO<acme.A>(B INT, e INT), z INT)>>";
    assert_eq!(state.value().unwrap().to_string(), sorted);
    // A time to live is there once.
    assert_eq!(new(StateKind::List, "LONG", sorted, true, FLINK_2).unwrap(), state);
    assert!(state.meta("s", &Target { release: FLINK_2 }).is_ok());

    let kryo = |release| {
        let state = new(StateKind::Value, "LONG", "KRYO<java.util.UUID>", false, release).unwrap();
        state.meta("s", &Target { release }).unwrap();
        state
    };
    assert_ne!(kryo(FLINK_1).value(), kryo(FLINK_2).value());
}

#[test]
fn kinds_have_their_types() {
    for (kind, key, value, ttl, message) in [
        (StateKind::Value, "", "LONG", false, "value state needs a KEY"),
        (StateKind::Value, "LONG", "", false, "value state needs a VALUE"),
        (StateKind::Timer, "LONG", "LONG", false, "timer state has no VALUE"),
        (StateKind::OperatorList, "LONG", "LONG", false, "operator_list state has no KEY"),
        (StateKind::List, "LONG", "STRING", false, "the VALUE of list state is LIST<…>, not STRING"),
        (StateKind::Map, "LONG", "LIST<LONG>", false, "the VALUE of map state is MAP<…, …>, not LIST<LONG>"),
        (StateKind::OperatorUnion, "", "LONG", true, "operator_union state has no time to live"),
        (StateKind::Broadcast, "LONG", "LONG", true, "broadcast state has no time to live"),
        (StateKind::Folding, "LONG", "LONG", false, "folding state can't be made: Flink has no such state any more"),
        (
            StateKind::List,
            "LONG",
            "LIST<OPAQUE<acme.X>>",
            false,
            "the ends of the list's elements can't be found: their type can't be decoded",
        ),
    ] {
        assert_eq!(new(kind, key, value, ttl, FLINK_2).unwrap_err().to_string(), message);
    }
    let window = Some("TIME_WINDOW".parse().unwrap());
    let error = NewState::new(StateKind::OperatorList, None, window, Some("LONG".parse().unwrap()), false, FLINK_2);
    assert_eq!(error.unwrap_err().to_string(), "operator_list state has no NAMESPACE");
}

#[test]
fn names_are_those_that_flink_can_restore() {
    let target = Target { release: FLINK_2 };
    for (kind, name, message) in [
        (StateKind::Value, "", "the name of the state is empty"),
        (StateKind::Value, "default", "RocksDB can't have a state with the name 'default'"),
        (StateKind::Value, "_timer_state/event_x", "'_timer_state/event_x' is a name of timers"),
        (StateKind::Timer, "timers", "timers with the name 'timers' would belong to nothing"),
        (StateKind::Timer, "_timer_state/event_", "timers with the name '_timer_state/event_' would belong to nothing"),
    ] {
        let value = if kind == StateKind::Timer { "" } else { "LONG" };
        let state = new(kind, "LONG", value, false, FLINK_2).unwrap();
        assert_eq!(state.meta(name, &target).unwrap_err().to_string(), message);
    }
    let list = new(StateKind::OperatorList, "", "LONG", false, FLINK_2).unwrap();
    assert!(list.meta("default", &target).is_ok());
}
