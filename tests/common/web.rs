//! The web server over HTTP, as a browser or a script meets it.

use std::{net::SocketAddr, sync::Arc};

use leptos::config::LeptosOptions;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use runledger::server::{config::Config, router::router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{PASSWORD, TestApp, graph::client};

/// A server that stops with the test.
pub struct Web {
    pub url: String,
    stopping: CancellationToken,
}

/// Somebody with a browser: keeps the session's cookie.
#[derive(Clone)]
pub struct Visitor {
    url: String,
    client: reqwest::Client,
    cookie: Option<Arc<str>>,
}

impl Web {
    pub async fn start(app: &TestApp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stopping = CancellationToken::new();
        // Hashed names need the build's list of hashes, which tests do not have.
        let leptos = LeptosOptions::builder().output_name("runledger").build();
        let state = app.core.web(Config::new(None, std::time::Duration::from_secs(60)), leptos, &stopping);
        let stopped = stopping.clone().cancelled_owned();
        let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).with_graceful_shutdown(stopped).into_future());
        Self { url, stopping }
    }

    pub fn visitor(&self) -> Visitor {
        Visitor { url: self.url.clone(), client: client(), cookie: None }
    }

    /// A visitor who has signed in.
    pub async fn signed_in(&self, email: &str) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::OK);
        visitor
    }
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

impl Visitor {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, &**cookie),
            None => request,
        }
    }

    /// A visitor of the server at this address who has signed in.
    pub async fn signed_in_at(url: &str, email: &str) -> Self {
        let mut visitor = Self { url: url.to_owned(), client: client(), cookie: None };
        let answer = visitor.sign_in(email, PASSWORD).await;
        assert_eq!(answer.status(), StatusCode::OK);
        visitor
    }

    /// The same person at another node.
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The same with one more cookie, as a browser that was given one.
    pub fn with_cookie(&self, pair: &str) -> Self {
        let own = self.cookie.as_deref().unwrap_or_default();
        Self { cookie: Some(format!("{own}; {pair}").into()), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).header(header::ACCEPT, "text/html").send().await.unwrap()
    }

    /// The same of a server that may be away.
    pub async fn try_get(&self, path: &str) -> reqwest::Result<Response> {
        self.request(Method::GET, path).header(header::ACCEPT, "text/html").send().await
    }

    /// Calls a server function of a server that may be away; what it answered, unless it refused.
    pub async fn try_ask(&self, function: &str, arguments: &[(&str, &str)]) -> Option<Value> {
        let answer = self.request(Method::POST, &format!("/api/{function}")).form(arguments).send().await.ok()?;
        if !answer.status().is_success() {
            return None;
        }
        answer.json().await.ok()
    }

    /// Calls a server function as the page's script does.
    pub async fn call(&self, function: &str, arguments: &[(&str, &str)]) -> Response {
        self.request(Method::POST, &format!("/api/{function}")).form(arguments).send().await.unwrap()
    }

    /// Calls a server function; its status and what it answered.
    pub async fn ask(&self, function: &str, arguments: &[(&str, &str)]) -> (StatusCode, Value) {
        let answer = self.call(function, arguments).await;
        let status = answer.status();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    pub async fn sign_in(&mut self, email: &str, password: &str) -> Response {
        let answer = self.call("session/sign_in", &[("email", email), ("password", password)]).await;
        if let Some(cookie) = answer.headers().get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.into());
        }
        answer
    }
}
