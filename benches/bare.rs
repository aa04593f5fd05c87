//! The limit of the event stream: the plainest server that could send the same messages to the same viewers.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::{JoinHandle, JoinSet},
};

type Streams = Arc<Mutex<Vec<UnboundedSender<Arc<str>>>>>;

/// Ends when it is dropped.
pub struct BareStreams {
    pub url: String,
    streams: Streams,
    serving: JoinHandle<()>,
}

impl BareStreams {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let streams = Streams::default();
        let to = streams.clone();
        let serving = tokio::spawn(async move {
            let mut all = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (sender, mut messages) = unbounded_channel::<Arc<str>>();
                to.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
                all.spawn(async move {
                    let Some(mut stream) = begin(stream).await else { return };
                    while let Some(message) = messages.recv().await {
                        if stream.write_all(message.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, streams, serving }
    }

    pub fn tell_all(&self, message: &str) {
        let message: Arc<str> = format!("data: {message}\n\n").into();
        for stream in &*self.streams.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = stream.send(message.clone());
        }
    }

    /// Only the stream that was opened as this one, counted from none.
    pub fn tell(&self, stream: usize, message: &str) {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = streams[stream].send(format!("data: {message}\n\n").into());
    }
}

impl Drop for BareStreams {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Reads the request, whatever it asks for, and begins the answer.
async fn begin(stream: TcpStream) -> Option<TcpStream> {
    let (mut stream, mut line) = (BufReader::new(stream), String::new());
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
    }
    let mut stream = stream.into_inner();
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n").await.ok()?;
    Some(stream)
}
