// `test` and `expect` for the specs: each worker has a demo server of its own on a fresh data folder.
import { test as base } from "@playwright/test";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export { expect } from "@playwright/test";

/** A running server. */
export interface Server {
  /** Without a slash at its end. */
  url: string;
  /** The Graph simulator of its sample tenants. */
  graph: string;
}

const root = resolve(__dirname, "../..");
const program = process.env.RUNLEDGER_SERVER ?? join(root, "target/release/runledger");
const startSeconds = 60;
const stopSeconds = 10;

export const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use, worker) => {
      const folder = mkdtempSync(join(tmpdir(), "runledger-browser-"));
      const log = join(folder, "server.log");
      const url = `http://127.0.0.1:${await freePort()}`;
      const child = start(url, join(folder, "data"), log);
      try {
        await ready(child, url, log);
        await use({ url, graph: graphOf(log) });
        await stop(child, worker.workerIndex);
      } finally {
        child.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
      }
    },
    { scope: "worker", timeout: (startSeconds + stopSeconds + 5) * 1000 },
  ],
  baseURL: async ({ server }, use) => use(server.url),
});

function start(url: string, data: string, log: string): ChildProcess {
  const output = openSync(log, "a");
  const args = ["serve", "--demo", "--addr", new URL(url).host, "--data-dir", data];
  return spawn(program, args, { cwd: root, env: environment(), stdio: ["ignore", output, output] });
}

/** The address that the demo says its simulator has. */
function graphOf(log: string): string {
  const told = /Graph simulator started.*?(http:\/\/127\.0\.0\.1:\d+)/.exec(readFileSync(log, "utf8"));
  if (!told) throw new Error("The log does not say where the Graph simulator is.");
  return told[1];
}

/** Without what would lead the server away from its own data folder. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => name !== "DATABASE_URL" && !name.startsWith("RUNLEDGER_"));
  return { ...Object.fromEntries(kept), RUNLEDGER_ALLOW_PRIVATE_ADDRESSES: "true" };
}

async function ready(child: ChildProcess, url: string, log: string): Promise<void> {
  let failure = "";
  child.once("error", (error) => (failure = `${program} could not be started: ${error.message}`));
  child.once("exit", (code, signal) => (failure = `The server ended with ${signal ?? code} before it was ready.`));
  const deadline = Date.now() + startSeconds * 1000;
  while (!failure) {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (answer?.status === 200) return;
    if (Date.now() > deadline) failure = `${url}/readyz was not 200 within ${startSeconds} s.`;
    await pause(50);
  }
  throw new Error(`${failure}\n${readFileSync(log, "utf8").slice(-4000)}`);
}

async function stop(child: ChildProcess, worker: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    throw new Error(`The server of worker ${worker} ended by itself: ${child.signalCode ?? child.exitCode}`);
  }
  const ended = once(child, "exit", { signal: AbortSignal.timeout(stopSeconds * 1000) });
  child.kill("SIGTERM");
  const [code, signal] = await ended.catch(() => {
    throw new Error(`The server of worker ${worker} did not end within ${stopSeconds} s of SIGTERM.`);
  });
  if (code !== 0) throw new Error(`The server of worker ${worker} was asked to stop and ended with ${signal ?? code}.`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === "string") throw new Error("No free port.");
  return address.port;
}
