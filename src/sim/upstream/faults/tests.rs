//! Plans of faults are read, written and refused with what to write instead.

use super::*;
use proptest::prelude::*;

#[test]
fn a_plan_is_read_as_it_is_documented() {
    let text = "odds/hang@0.1,espn:scoreboard/http_503@0.5,from=60s,to=120s; */latency,delay=250ms\n\
                open_meteo/throttle_429,retry_after=date:30s, nflverse:games/schema_drift,how=renamed,field=week";
    let plan: FaultPlan = text.parse().unwrap();
    assert_eq!(
        plan.to_string(),
        "odds_api/hang@0.1,espn:scoreboard/http_503@0.5,retry_after=none,from=1m,to=2m,*/latency@1,delay=250ms,\
         open_meteo/throttle_429@1,retry_after=date:30s,nflverse:games/schema_drift@1,how=renamed,field=week"
    );
    assert_eq!(plan.to_string().parse::<FaultPlan>(), Ok(plan));
    assert_eq!("".parse::<FaultPlan>(), Ok(FaultPlan::default()));
}

#[test]
fn every_name_is_a_fault_that_reads_back() {
    for name in Fault::NAMES {
        assert_eq!(Fault::of_name(name).map(|f| f.name()), Some(name));
        let plan: FaultPlan = format!("*/{name}@0.25").parse().unwrap();
        assert_eq!(plan.to_string().parse::<FaultPlan>(), Ok(plan), "{name}");
    }
}

#[test]
fn a_mistake_is_told_what_to_write() {
    let cases = [
        ("from=5s", "belongs to no fault"),
        ("nonsense", "begin with one such as odds/hang@0.1"),
        ("odds/explode", "is no fault: write one of latency, http_500"),
        ("oods/hang", "is no provider: write *, odds_api"),
        ("anthropic/hang", "is no provider"),
        ("espn:odds/hang", "write one of scoreboard, injuries, teams, news"),
        ("odds/hang@2", "is no rate"),
        ("odds/hang@NaN", "is no rate"),
        ("odds/latency,delay=5", "is no time"),
        ("odds/latency,delay=99999999999d", "is no time"),
        (
            "odds/hang,delay=5s",
            "hang has no option `delay`: it takes from, to, charged",
        ),
        ("odds/hang,charged=perhaps", "write yes or no"),
        ("odds/slow_drip,bytes=0", "a whole number from 1 to 65536"),
        ("odds/hang,from=2m,to=1m", "a window ends after it begins"),
    ];
    for (text, says) in cases {
        let error = text.parse::<FaultPlan>().unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    let many = "odds/hang,".repeat(MAX_FAULTS + 1);
    assert_eq!(many.parse::<FaultPlan>(), Err(FaultError::TooMany));
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in "[a-z_:/@=,;.*0-9 \n]{0,80}") {
        if let Ok(plan) = text.parse::<FaultPlan>() {
            prop_assert_eq!(plan.to_string().parse::<FaultPlan>(), Ok(plan));
        }
    }
}
