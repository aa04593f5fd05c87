//! Writes a set to a zip while it is being sent: a few policies are in memory at a time, however many there are.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use futures::{Stream, StreamExt, future::ready, stream};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::{runtime::Handle, sync::mpsc};
use tracing::warn;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::{Entry, FORMAT, MANIFEST, Manifest, VERSION, folder, plain};
use crate::{
    model::{backup::BackupSet, backup::PolicyKey},
    server::{
        backup::policy_family,
        clock::Clock,
        db::{
            Db,
            backup_items::{self, BackupItem},
            backups,
            scope::TenantScope,
        },
    },
};

/// Policies read at once from the database.
const STRETCH: i64 = 20;
/// Bytes sent at once, and how many such pieces may wait.
const PIECE: usize = 64 * 1024;
const WAITING: usize = 8;
/// A reader that takes no piece for so long is given up: writing for it occupies a thread.
const PATIENCE: Duration = Duration::from_secs(30);

/// The zip of a set, piece by piece. An error in the middle breaks the stream off, so that nobody takes it for whole.
pub fn export(
    db: Db,
    clock: &Clock,
    scope: TenantScope,
    tenant: String,
    set: BackupSet,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let (sender, receiver) = mpsc::channel(WAITING);
    let whole = Arc::new(AtomicBool::new(false));
    let written = whole.clone();
    let exported_at = clock.now();
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            name: set.name.clone(),
            tenant,
            exported_at,
            policies: Vec::new(),
        };
        let last = sender.clone();
        let pieces = Pieces { runtime: runtime.clone(), sender, piece: Vec::with_capacity(PIECE) };
        let read = |after: Option<&PolicyKey>| {
            let items = runtime.block_on(backup_items::stretch(&db, scope, set.id, after, STRETCH));
            let items = items.map_err(io::Error::other)?;
            // The end, or a set that was deleted meanwhile, of which nobody shall have a part for the whole.
            if items.is_empty()
                && runtime.block_on(backups::find(&db, scope, set.id)).map_err(io::Error::other)?.is_none()
            {
                return Err(io::Error::other("the set was deleted while it was sent"));
            }
            Ok(items)
        };
        match write(pieces, manifest, read) {
            Ok(()) => written.store(true, Ordering::Release),
            Err(error) => warn!(set = %set.id, %error, "a backup set was not sent whole"),
        }
        // The stream ends with the last sender, and looks at `whole` then.
        drop(last);
    });
    // Whatever ended the writing early, the stream breaks off instead of ending.
    let end = stream::once(async move { whole.load(Ordering::Acquire) })
        .filter_map(|whole| ready((!whole).then(|| Err(io::Error::other("the set was not sent whole")))));
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|piece| (Ok(piece), receiver)) })
        .chain(end)
}

fn write(
    pieces: Pieces,
    mut manifest: Manifest,
    read: impl Fn(Option<&PolicyKey>) -> io::Result<Vec<BackupItem>>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(pieces);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut after: Option<PolicyKey> = None;
    loop {
        let items = read(after.as_ref())?;
        let Some(last) = items.last() else { break };
        after = Some(last.key.clone());
        for item in items {
            let file = file_of(&item);
            let text = pretty(&item.raw)?;
            zip.start_file(&file, options).map_err(io::Error::other)?;
            zip.write_all(&text)?;
            manifest.policies.push(Entry {
                file,
                family: item.key.family,
                graph_id: item.key.graph_id,
                name: item.name,
                captured_at: item.captured_at,
                content_hash: item.content_hash,
                sha256: hex::encode(Sha256::digest(&text)),
                group_names: item.group_names,
            });
        }
    }
    zip.start_file(MANIFEST, options).map_err(io::Error::other)?;
    zip.write_all(&serde_json::to_vec_pretty(&manifest)?)?;
    zip.finish().map_err(io::Error::other)?.into_inner().flush()
}

fn pretty(value: &Value) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec_pretty(value)?)
}

/// `configurationPolicies/Name_id.json`: the id makes it the only one.
fn file_of(item: &BackupItem) -> String {
    let folder = policy_family(&item.key.family).map_or("other", folder);
    format!("{folder}/{}_{}.json", plain(&item.name, 80), plain(&item.key.graph_id, 100))
}

/// Gathers what is written and hands it to the stream.
struct Pieces {
    runtime: Handle,
    sender: mpsc::Sender<Bytes>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        let gone = |_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody reads it any more");
        self.runtime.block_on(self.sender.send_timeout(piece.into(), PATIENCE)).map_err(gone)
    }
}
