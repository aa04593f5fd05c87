//! The simulated tenant as an administrator's own script sees and changes it, past Runledger.

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::graph::{Graph, client};

/// Somebody with a token for one directory of the simulator.
pub struct Directory {
    url: String,
    token: String,
    client: reqwest::Client,
}

impl Graph {
    /// Signs in to the directory that [`super::TestApp::tenant_at`] gives the tenant of this slug.
    pub async fn directory(&self, slug: &str) -> Directory {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "script"),
            ("client_secret", "the-secret"),
            ("scope", "https://graph.microsoft.com/.default"),
        ];
        let address = format!("{}/directory-of-{slug}/oauth2/v2.0/token", self.url);
        let answer: Value = client().post(address).form(&form).send().await.unwrap().json().await.unwrap();
        let token = answer["access_token"].as_str().unwrap().to_owned();
        Directory { url: self.url.clone(), token, client: client() }
    }
}

impl Directory {
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Response {
        let request = self.client.request(method, format!("{}/beta/{path}", self.url)).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// One object, or a page.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.send(Method::GET, path, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.unwrap()
    }

    /// Every object of a list, across its pages.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let mut page = self.get(path).await;
        let mut all = page["value"].as_array().unwrap().clone();
        while let Some(next) = page["@odata.nextLink"].as_str() {
            page = self.client.get(next).bearer_auth(&self.token).send().await.unwrap().json().await.unwrap();
            all.extend(page["value"].as_array().unwrap().clone());
        }
        all
    }

    /// The ids of every object of a list.
    pub async fn ids(&self, path: &str) -> Vec<String> {
        self.list(path).await.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
    }
}
