// Measures the operations page in Chromium, production build: bytes cold and warm, first content, interactive, blocking
// time, layout shift; at full speed and at a quarter of it. The limit is the same page in a browser that runs no program: it
// shows the runs and does nothing else. Prints rows like the bench's and adds them to bench.json.
// RUNLEDGER_SERVER is the built server, RUNLEDGER_CHROMIUM the browser.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "@playwright/test";

const server = process.env.RUNLEDGER_SERVER;
const file = join(process.env.CARGO_TARGET_DIR ?? "target", "bench.json");
const rounds = process.argv.includes("--quick") ? 2 : 7;
const rows = [];

const folder = mkdtempSync(join(tmpdir(), "runledger-bench-"));
const url = `http://127.0.0.1:${await freePort()}`;
const demo = spawn(server, ["serve", "--demo", "--addr", new URL(url).host, "--data-dir", folder], {
  env: { ...process.env, DATABASE_URL: "", RUNLEDGER_ALLOW_PRIVATE_ADDRESSES: "true" },
  stdio: "ignore",
});
const browser = await chromium.launch({
  executablePath: process.env.RUNLEDGER_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  await ready();
  for (const slowdown of [1, 4]) {
    const visits = [];
    for (let round = 0; round < rounds; round++) visits.push(await visit(slowdown));
    for (const [warmth, which] of [["cold", 0], ["warm", 1]]) {
      const of = (key) => [median(visits.map((pair) => pair[which][key])), median(visits.map((pair) => pair[which].bare[key]))];
      const name = `operations page ${warmth}${slowdown > 1 ? `, CPU ${slowdown} × slower` : ""}`;
      if (slowdown === 1) add(`${name}, bytes over the wire`, of("kilobytes"), "kB", warmth === "cold" ? 450 : undefined);
      add(`${name}, first content`, of("firstContent"), "ms");
      add(`${name}, interactive`, of("interactive"), "ms");
      add(`${name}, blocking time`, of("blocking"), "ms");
      // Told in thousandths, as browsers' own tools do: what is less moves nothing by a pixel.
      add(`${name}, layout shift`, of("shift").map((shift) => Math.round(shift * 1000) / 1000), "", 0);
    }
  }
} finally {
  await browser.close();
  demo.kill("SIGTERM");
  await new Promise((done) => (demo.exitCode === null ? demo.once("exit", done) : done()));
  rmSync(folder, { recursive: true, force: true });
}
const report = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { rows: [] };
report.rows = [...report.rows.filter((row) => row.suite !== "browser"), ...rows];
writeFileSync(file, JSON.stringify(report, null, 2));

/** Signs in in a fresh browser, then opens the page twice: with an empty cache, and again; the same without its program. */
async function visit(slowdown) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  await context.addInitScript(() => {
    const seen = { shift: 0, blocking: 0 };
    window.__seen = seen;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.blocking += Math.max(0, entry.duration - 50);
    }).observe({ type: "longtask", buffered: true });
  });
  const page = await context.newPage();
  await page.goto(`${url}/login`);
  await page.getByLabel("E-mail").fill("owner@contoso.example");
  await page.getByLabel("Password").fill("runledger-demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((address) => address.pathname !== "/login");
  // The word that the page's script writes once it follows the events: from then on everything answers.
  const live = (page) => page.getByText("Live", { exact: true }).waitFor();
  const pair = await openTwice(page, slowdown, live);
  const storageState = await context.storageState();
  await context.close();
  const bare = await browser.newContext({ viewport: { width: 1280, height: 800 }, storageState, javaScriptEnabled: false });
  const barePair = await openTwice(await bare.newPage(), slowdown, async () => {});
  await bare.close();
  return pair.map((one, which) => ({ ...one, bare: barePair[which] }));
}

async function openTwice(page, slowdown, interactive) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await devtools.send("Network.clearBrowserCache");
  return [await open(page, devtools, interactive), await open(page, devtools, interactive)];
}

async function open(page, devtools, interactive) {
  let bytes = 0;
  const count = (event) => (bytes += event.encodedDataLength);
  devtools.on("Network.loadingFinished", count);
  await page.goto("about:blank");
  bytes = 0;
  await page.goto(`${url}/t/contoso/operations`);
  await interactive(page);
  const answers = await page.evaluate(() => performance.now());
  await page.waitForTimeout(300);
  const seen = await page.evaluate(() => ({
    shift: 0,
    blocking: 0,
    ...window.__seen,
    firstContent: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
  }));
  devtools.off("Network.loadingFinished", count);
  return { kilobytes: bytes / 1000, interactive: answers, ...seen };
}

function add(what, [figure, limit], unit, most) {
  const met = most === undefined ? null : figure <= most;
  const aim = most === undefined ? "" : `≤ ${most}`;
  const verdict = met === null ? "" : met ? "met" : "MISSED";
  const ratio = limit > 0 ? figure / limit : null;
  const columns = [
    "browser".padEnd(8), what.padEnd(60), "SQLite".padEnd(10), number(figure).padStart(12), unit.padEnd(8),
    number(limit).padStart(12), (ratio === null ? "" : ratio.toFixed(2)).padStart(6), aim.padStart(10), verdict,
  ];
  console.log(columns.join(" "));
  rows.push({
    suite: "browser", what, engine: "SQLite", figure, unit, limit, limit_is: "without its program", ratio,
    aim: most === undefined ? null : { at_most: most }, met,
  });
}

function number(figure) {
  return Number(figure.toPrecision(3)).toString();
}

async function ready() {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    if (demo.exitCode !== null) throw new Error(`The server ended with ${demo.exitCode} before it was ready.`);
    await pause(100);
  }
  throw new Error("The server was not ready within a minute.");
}

function freePort() {
  return new Promise((found, failed) => {
    const probe = createServer().once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => found(port));
    });
  });
}

function median(values) {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
