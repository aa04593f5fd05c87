//! Following a list to its end, and noticing when it has none.

use runledger::{model::reason::ReasonCode, server::graph::Family};
use serde_json::json;

use crate::fake::{Fake, ids, json_answer, page, page_before};

const FIRST: &str = "/beta/deviceManagement/intents?$expand=assignments";

#[tokio::test]
async fn every_page_is_read_and_an_empty_one_is_not_the_end() {
    let fake = Fake::start(|asked| match asked.uri.as_str() {
        FIRST => page_before(&["1", "2"], &format!("{}/beta/x?$skiptoken=a%2Fb%27c&y=1", asked.base)),
        "/beta/x?$skiptoken=a%2Fb%27c&y=1" => page_before(&[], &format!("{}/beta/x?$skiptoken=2", asked.base)),
        "/beta/x?$skiptoken=2" => page(&["3"]),
        other => panic!("{other} was not named by a page"),
    })
    .await;
    let held = fake.client();
    let (pages, items) = held.read(Family::Intents).await.unwrap();
    assert_eq!((pages, ids(&items)), (3, vec!["1", "2", "3"]));
    assert!(fake.asked().iter().all(|asked| asked.token == "token-1"));
}

#[tokio::test]
async fn a_page_that_names_itself_or_an_earlier_one_is_incomplete_data() {
    for back_to in ["/beta/x?$skiptoken=1", FIRST] {
        let fake = Fake::start(move |asked| match asked.nth {
            1 => page_before(&["1"], &format!("{}/beta/x?$skiptoken=1", asked.base)),
            2 => page_before(&["2"], &format!("{}{back_to}", asked.base)),
            _ => panic!("the circle was followed"),
        })
        .await;
        let error = fake.client().read(Family::Intents).await.unwrap_err();
        assert_eq!(error.reason, ReasonCode::IncompleteData);
        assert_eq!(fake.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_next_link_to_another_host_is_refused_and_no_token_goes_there() {
    let other = Fake::start(|_| page(&["stolen"])).await;
    let link = format!("{}/beta/x", other.base);
    let fake = Fake::start(move |_| page_before(&["1"], &link)).await;
    let error = fake.client().read(Family::Intents).await.unwrap_err();
    assert_eq!(error.reason, ReasonCode::IncompleteData);
    assert!(error.failure(None).message.contains("another host"));
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_list_ends_after_its_first_error() {
    let fake = Fake::start(|asked| match asked.nth {
        1 => page_before(&["1"], &format!("{}/beta/x", asked.base)),
        _ => json_answer(404, json!({"error": {"code": "itemNotFound"}})),
    })
    .await;
    let mut pages = fake.client().client.items(Family::Intents);
    assert!(pages.next().await.is_some_and(|page| page.is_ok()));
    assert!(pages.next().await.is_some_and(|page| page.is_err()));
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn every_family_asks_for_its_own_list() {
    let fake = Fake::start(|_| page(&[])).await;
    let held = fake.client();
    for family in Family::ALL {
        held.read(*family).await.unwrap();
        let asked = fake.asked().pop().unwrap().uri;
        let (path, query) = asked.split_once('?').unwrap_or((&asked, ""));
        assert_eq!(path, format!("/{}/{}", family.version().as_str(), family.path()));
        assert_eq!(query.contains("assignments"), family.expands_assignments(), "{asked}");
    }
    let policies = "/beta/deviceManagement/configurationPolicies?$expand=assignments,settings&$top=1000";
    assert_eq!(fake.asked()[0].uri, policies);
}
