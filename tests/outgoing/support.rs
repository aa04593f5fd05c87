//! A receiver, a mail server, and the tenants that tell them.

use std::sync::{Arc, Mutex};

use crate::common::{
    TestApp, new_run,
    web::{Visitor, Web},
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::StatusCode;
use ring::hmac;
use runledger::{
    model::{
        ids::RunId,
        reason::ReasonCode,
        run::{RunFailure, SummaryCounts},
        user::Role,
    },
    server::{
        db::scope::TenantScope,
        net::OutboundPolicy,
        notify::outgoing::{Mailer, OutgoingSettings},
        runs::{NewRun, RunChange},
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

/// A receiver that answers what it is told to, and keeps what it got.
#[derive(Clone, Default)]
pub struct Receiver {
    got: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    pub answers: Arc<Mutex<Vec<u16>>>,
    /// How many seconds it asks to wait with each answer.
    pub retry_after: Arc<Mutex<Option<String>>>,
}

impl Receiver {
    pub async fn start(self) -> String {
        async fn take(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
            receiver.got.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
            let mut answers = receiver.answers.lock().unwrap();
            let answer = if answers.is_empty() { 200 } else { answers.remove(0) };
            let status = StatusCode::from_u16(answer).unwrap();
            match receiver.retry_after.lock().unwrap().clone() {
                Some(seconds) => (status, [(header::RETRY_AFTER, seconds)]).into_response(),
                None => status.into_response(),
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, Router::new().fallback(take).with_state(self)).into_future());
        url
    }

    pub fn got(&self) -> Vec<(HeaderMap, String)> {
        self.got.lock().unwrap().clone()
    }
}

pub fn id_of((headers, _): &(HeaderMap, String)) -> String {
    headers["webhook-id"].to_str().unwrap().to_owned()
}

/// What a receiver does with a signature.
pub fn assert_signed(secret: &str, (headers, body): &(HeaderMap, String)) {
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    assert!((24..=64).contains(&key.len()));
    let signature = STANDARD.decode(text("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
    let signed = format!("{}.{}.{body}", text("webhook-id"), text("webhook-timestamp"));
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), signed.as_bytes(), &signature)
        .expect("the signature is right");
}

pub struct World {
    pub contoso: TenantScope,
    pub fabrikam: TenantScope,
    pub web: Web,
    pub ana: Visitor,
}

/// Contoso with Ana and Fabrikam with Eve, on a server whose operator allows private addresses.
pub async fn world(app: &mut TestApp, mail: Option<Mailer>) -> World {
    let policy = OutboundPolicy { allow_private: true };
    app.core.outgoing = app.core.outgoing.with(OutgoingSettings { policy, mail, public_url: None });
    let (contoso, fabrikam) = (app.tenant("contoso").await, app.tenant("fabrikam").await);
    app.member("ana@contoso.example", "contoso", Role::Owner).await;
    app.member("eve@fabrikam.example", "fabrikam", Role::Owner).await;
    let web = Web::start(app).await;
    let ana = web.signed_in("ana@contoso.example").await;
    World { contoso, fabrikam, web, ana }
}

pub async fn add(visitor: &Visitor, kind: &str, address: &str) -> (StatusCode, Value) {
    let form = [
        ("tenant", "contoso"),
        ("kind", kind),
        ("name", "Hook"),
        ("address", address),
        ("on_failed", "on"),
        ("on_partial", "on"),
        ("on_late", "on"),
    ];
    visitor.ask("outgoing/add", &form).await
}

pub async fn log(visitor: &Visitor) -> Vec<Value> {
    let (status, page) = visitor.ask("outgoing/list", &[("tenant", "contoso")]).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    page["deliveries"]["items"].as_array().unwrap().clone()
}

/// A run that ends: failed, or with so many failed items.
pub async fn ended(app: &TestApp, scope: TenantScope, failure: bool, failed: u64) -> RunId {
    let runs = &app.core.runs;
    let run = runs.ensure_run(scope, NewRun { ..new_run(json!({})) }).await.unwrap().run().id;
    runs.update_run(run, 0, "w", RunChange::Start).await.unwrap();
    let counts = SummaryCounts { total: 3, processed: 3, succeeded: 3 - failed, failed, ..SummaryCounts::default() };
    runs.update_run(run, 1, "w", RunChange::Progress { counts, failures: Vec::new(), progress: None }).await.unwrap();
    let failure = failure.then(|| RunFailure {
        code: ReasonCode::AuthFailed,
        message: "The sign-in failed.".to_owned(),
        item: None,
        http_status: None,
        request_id: None,
    });
    runs.update_run(run, 1, "w", RunChange::Complete { failure }).await.unwrap();
    run
}

pub async fn send_due(app: &TestApp) -> usize {
    app.core.outgoing.send_due().await.unwrap()
}

/// A mail server in as few words as lettre needs, which cannot take the first so many mails.
pub async fn smtp_server(mut refuses: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("smtp://{}", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let kept = heard.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (read, mut write) = stream.into_split();
            let mut lines = BufReader::new(read).lines();
            write.write_all(b"220 test\r\n").await.unwrap();
            let mut data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push(line.clone());
                let answer = match line.as_str() {
                    "." if data => "250 taken\r\n",
                    _ if data => continue,
                    "DATA" => "354 go on\r\n",
                    rcpt if rcpt.starts_with("RCPT") && refuses > 0 => {
                        refuses -= 1;
                        "450 not now\r\n"
                    }
                    "QUIT" => "221 bye\r\n",
                    _ => "250 ok\r\n",
                };
                data = line == "DATA";
                if write.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
        }
    });
    (address, heard)
}
