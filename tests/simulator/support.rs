//! A simulator on a port of its own, and a client of it.

#![allow(clippy::disallowed_methods, reason = "tests are the ones who pass HTTP clients in")]

use std::path::Path;

use reqwest::{Client, Response, StatusCode};
use runledger::server::simulator::{Simulator, SimulatorOptions, serve};
use serde_json::{Value, json};
use tokio::sync::oneshot;

pub struct Running {
    pub url: String,
    pub client: Client,
    stop: Option<oneshot::Sender<()>>,
}

impl Running {
    pub async fn start(options: SimulatorOptions) -> Self {
        Self::of(Simulator::new(options).expect("good options")).await
    }

    pub async fn with_defaults() -> Self {
        Self::start(SimulatorOptions::default()).await
    }

    pub async fn with_data(folder: &Path) -> Self {
        Self::start(SimulatorOptions { data: Some(folder.to_owned()), ..Default::default() }).await
    }

    async fn of(simulator: Simulator) -> Self {
        // A second call finds the provider in place.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, simulator, stopped));
        Self { url, client: Client::new(), stop: Some(stop) }
    }

    pub async fn ask_token(&self, tenant: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.url);
        self.client.post(url).form(form).send().await.expect("an answer")
    }

    pub async fn sign_in(&self, tenant: &str) -> Caller<'_> {
        let answer: Value = self.ask_token(tenant, &credentials("secret")).await.json().await.expect("JSON");
        let token = answer["access_token"].as_str().expect("a token").to_owned();
        Caller { running: self, token }
    }

    pub async fn set_faults(&self, faults: &[&str]) -> StatusCode {
        let url = format!("{}/_simulator/faults", self.url);
        self.client.put(url).json(&faults).send().await.expect("an answer").status()
    }

    pub async fn faults(&self) -> Value {
        self.client
            .get(format!("{}/_simulator/faults", self.url))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON")
    }

    pub async fn stats(&self) -> Value {
        self.client
            .get(format!("{}/_simulator/stats", self.url))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

/// A client with a token.
pub struct Caller<'a> {
    running: &'a Running,
    token: String,
}

impl Caller<'_> {
    /// `path` is an address, or starts with the version.
    pub async fn get(&self, path: &str) -> Response {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}/{path}", self.running.url) };
        self.running.client.get(url).bearer_auth(&self.token).send().await.expect("an answer")
    }

    pub async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }

    /// The status and the error's code and message.
    pub async fn error(&self, path: &str) -> (u16, String, String) {
        let response = self.get(path).await;
        let status = response.status().as_u16();
        let error = response.json::<Value>().await.expect("JSON")["error"].take();
        let word = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (status, word("code"), word("message"))
    }

    /// All objects of a list with the number of pages they came in.
    pub async fn all(&self, path: &str) -> (Vec<Value>, usize) {
        let (mut objects, mut pages) = (Vec::new(), 0);
        let mut next = Some(path.to_owned());
        while let Some(address) = next {
            let mut page = self.json(&address).await;
            objects.extend(page["value"].as_array().expect("a list").iter().cloned());
            next = page["@odata.nextLink"].take().as_str().map(str::to_owned);
            pages += 1;
        }
        (objects, pages)
    }
}

pub fn credentials(secret: &str) -> [(&str, &str); 4] {
    [
        ("grant_type", "client_credentials"),
        ("client_id", "11111111-2222-3333-4444-555555555555"),
        ("client_secret", secret),
        ("scope", "https://graph.microsoft.com/.default"),
    ]
}

/// A settings catalog policy with this many settings, as a template names it.
pub fn catalog_policy(name: &str, settings: usize) -> Value {
    let setting = |n: usize| json!({"settingInstance": {"settingDefinitionId": format!("setting_{n}")}});
    let settings: Vec<Value> = (0..settings).map(setting).collect();
    json!({"name": name, "platforms": "windows10", "technologies": "mdm", "settings": settings})
}
