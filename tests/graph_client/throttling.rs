//! How the client behaves when Graph is busy, and how hard it pushes when Graph is not.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use futures::future::{FutureExt, join_all};
use runledger::{model::reason::ReasonCode, server::graph::Family};
use tokio::sync::Barrier;

use crate::fake::{Fake, granted, noon, page, refusal};

#[tokio::test]
async fn retry_after_in_seconds_is_waited_for_by_every_call_of_the_tenant() {
    let fake = Fake::start(|asked| match asked.nth {
        1 => refusal(429, "TooManyRequests", "retry-after", "17"),
        _ => page(&["1"]),
    })
    .await;
    let held = fake.client();
    assert!(held.read(Family::Intents).await.is_ok());
    assert_eq!(held.waits(), [17]);
    // The clock has not moved: another call through a clone of the client waits for the same time.
    let clone = held.client.clone();
    assert!(clone.items(Family::MobileApps).next().await.unwrap().is_ok());
    assert_eq!(held.waits(), [17, 17]);
    held.advance(1);
    assert!(held.read(Family::Intents).await.is_ok());
    assert_eq!(held.waits(), [17, 17]);
}

#[tokio::test]
async fn retry_after_as_a_date_is_waited_for_by_the_clients_clock() {
    let date = httpdate::fmt_http_date(SystemTime::from(noon()) + Duration::from_secs(42));
    let fake = Fake::start(move |asked| match asked.nth {
        1 => refusal(429, "TooManyRequests", "retry-after", &date),
        _ => page(&["1"]),
    })
    .await;
    let held = fake.client();
    assert!(held.read(Family::Intents).await.is_ok());
    assert_eq!(held.waits(), [42]);
}

#[tokio::test]
async fn no_single_wait_is_longer_than_a_minute() {
    let fake = Fake::start(|asked| match asked.nth {
        1 => refusal(429, "TooManyRequests", "retry-after", "86400"),
        _ => page(&["1"]),
    })
    .await;
    let held = fake.client();
    assert!(held.read(Family::Intents).await.is_ok());
    assert_eq!(held.waits(), [60]);
}

#[tokio::test]
async fn without_a_named_time_the_waits_double_and_after_five_tries_the_call_is_throttled() {
    let fake = Fake::start(|_| refusal(429, "TooManyRequests", "request-id", "0eca952c")).await;
    let held = fake.client();
    let error = held.read(Family::Intents).await.unwrap_err();
    assert_eq!((error.reason, error.http_status), (ReasonCode::GraphThrottled, Some(429)));
    assert_eq!(held.waits(), [1, 2, 4, 8]);
    assert_eq!(fake.asked().len(), 5);
}

#[tokio::test]
async fn a_service_that_stays_unavailable_is_tried_five_times() {
    for status in [502, 503, 504] {
        let fake = Fake::start(move |_| refusal(status, "serviceNotAvailable", "request-id", "0eca952c")).await;
        let held = fake.client();
        let error = held.read(Family::Intents).await.unwrap_err();
        assert_eq!((error.reason, error.http_status), (ReasonCode::ServiceUnavailable, Some(status)));
        assert_eq!(fake.asked().len(), 5);
    }
}

#[tokio::test]
async fn a_plain_server_error_is_not_repeated() {
    let fake = Fake::start(|_| refusal(500, "generalException", "request-id", "0eca952c")).await;
    let error = fake.client().read(Family::Intents).await.unwrap_err();
    assert_eq!(error.reason, ReasonCode::ServiceUnavailable);
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn four_requests_of_a_tenant_are_under_way_at_once_and_never_five() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // Lets requests go in fours: fewer at once would wait here for ever.
    let four = Arc::new(Barrier::new(4));
    let seen = Arc::clone(&most);
    let fake = Fake::start_with(granted, move |_| {
        let (now, most, four) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&four));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            four.wait().await;
            // Time enough for a fifth to arrive, were it under way: everything runs on this one thread.
            for _ in 0..500 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            page(&[])
        }
        .boxed()
    })
    .await;
    let held = fake.client();
    let answers = join_all((0..40).map(|_| held.read(Family::Intents))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(seen.load(Ordering::SeqCst), 4);
}
