//! The web server of this process, and a member who has signed in.

use std::future::IntoFuture;

use leptos::config::LeptosOptions;
use reqwest::header;
use runledger::{
    model::user::Role,
    server::{
        boot::{Core, leptos_options},
        config::Config,
        db::{members, scope::TenantScope},
        router::router,
    },
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const PASSWORD: &str = "correct horse battery";

/// Stops when it is dropped.
pub struct Web {
    pub url: String,
    pub cookie: String,
    client: reqwest::Client,
    stopping: CancellationToken,
}

impl Web {
    pub async fn start(core: &Core, scope: TenantScope) -> Self {
        let user = core.auth.add_user("bench@runledger.example", "Bench", PASSWORD).await.expect("the user is added");
        let now = core.clock.now();
        members::grant(&core.db, user, scope.tenant(), Role::Readonly, now).await.expect("the role is granted");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let stopping = CancellationToken::new();
        let leptos = built_page();
        let state = core.web(Config::new(None, std::time::Duration::from_secs(60)), leptos, &stopping);
        let stopped = stopping.clone().cancelled_owned();
        tokio::spawn(
            axum::serve(listener, router(state).into_make_service()).with_graceful_shutdown(stopped).into_future(),
        );
        let mut web = Self { url, cookie: String::new(), client: client(), stopping };
        web.sign_in().await;
        web
    }

    async fn sign_in(&mut self) {
        let form = [("email", "bench@runledger.example"), ("password", PASSWORD)];
        let request = self.client.post(format!("{}/api/session/sign_in", self.url)).form(&form);
        let answer = request.send().await.expect("the server answers");
        assert!(answer.status().is_success(), "{}", answer.status());
        let cookie = answer.headers().get(header::SET_COOKIE).expect("there is a cookie");
        self.cookie = cookie.to_str().expect("it is text").split(';').next().expect("it has a value").to_owned();
    }

    /// The page at this path; how many bytes it has.
    pub async fn page(&self, path: &str) -> usize {
        let request = self.client.get(format!("{}{path}", self.url)).header(header::ACCEPT, "text/html");
        self.whole(request).await
    }

    /// A server function's answer; how many bytes it has.
    pub async fn call(&self, function: &str, arguments: &[(&str, &str)]) -> usize {
        self.whole(self.client.post(format!("{}/api/{function}", self.url)).form(arguments)).await
    }

    async fn whole(&self, request: reqwest::RequestBuilder) -> usize {
        let answer = request.header(header::COOKIE, &self.cookie).send().await.expect("the server answers");
        let status = answer.status();
        let body = answer.bytes().await.expect("the answer is whole");
        // A search that finds one run goes to it.
        let answered = status.is_success() || status.is_redirection();
        assert!(answered, "{status}: {}", String::from_utf8_lossy(&body));
        body.len()
    }
}

/// The built page where there is one: its addresses are in what is rendered.
fn built_page() -> LeptosOptions {
    let mut leptos = leptos_options().unwrap_or_else(|_| LeptosOptions::builder().output_name("runledger").build());
    let program = std::env::current_exe().expect("this program has a name");
    // Cargo puts a bench into a folder below the server's.
    let hashes =
        program.ancestors().skip(1).take(2).map(|folder| folder.join(&*leptos.hash_file)).find(|file| file.exists());
    leptos.hash_files = hashes.is_some();
    if let Some(file) = hashes {
        leptos.hash_file = file.to_string_lossy().into();
    }
    leptos
}

impl Drop for Web {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

#[allow(clippy::disallowed_methods, reason = "the bench is who passes the client in")]
pub fn client() -> reqwest::Client {
    // Fails only when it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client")
}
