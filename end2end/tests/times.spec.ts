// Times: the server's text first, the reader's zone after, durations that tick, nothing that moves, and the range filter.
import { atRest, changed, newRun, running, runsOf } from "../support/elsewhere";
import { complaints, filter, list, live, lookAway, rowOf, rows, watchShifts } from "../support/list";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";
import { heldStream } from "../support/stream";

/** `2026-11-23`, so many days from now in UTC. */
const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
/** Seconds of `0:07` or `1:02:03`. */
const seconds = (text: string) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

test.describe("in India", () => {
  test.use({ timezoneId: "Asia/Kolkata" });

  test("times are those on the reader's wall, with UTC in the tooltip", async ({ page }) => {
    await signIn(page, "owner@fabrikam.example");
    await expect(live(page)).toBeVisible();
    const cells = page.locator(".runs .cell-started time");
    await expect(cells.first()).not.toHaveText(/UTC/);
    for (const cell of (await cells.all()).slice(0, 5)) {
      const at = Date.parse((await cell.getAttribute("datetime")) ?? "");
      const wall = new Date(at + 5.5 * 3_600_000).toISOString();
      await expect(cell).toHaveText(`${wall.slice(0, 10)} ${wall.slice(11, 16)}`);
      await expect(cell).toHaveAttribute("title", /UTC$/);
    }
  });

  test("a day that is chosen is the reader's day", async ({ page }) => {
    await signIn(page, "owner@fabrikam.example");
    await expect(live(page)).toBeVisible();
    await filter(page, "Created").locator("summary").click();
    await page.locator("[type=date][name=from]").fill(day(-10));
    await expect(page).toHaveURL(new RegExp(`from=${day(-10)}&zone=330$`));
  });
});

test("the browser's first text is the server's", async ({ page }) => {
  const found = complaints(page);
  await signIn(page, "owner@fabrikam.example");
  await atRest(page, "fabrikam");
  const texts = (root: ParentNode) => [...root.querySelectorAll("time, .duration")].map((one) => one.textContent);
  for (const path of ["/t/fabrikam/operations", (await rows(page).first().getByRole("link").getAttribute("href")) ?? ""]) {
    let release = () => {};
    const gate = new Promise<void>((open) => (release = open));
    await page.route(/\/pkg\/.*\.wasm/, async (route) => {
      await gate;
      await route.continue();
    });
    const html = await (await page.request.get(path)).text();
    await page.goto(path, { waitUntil: "domcontentloaded" });
    const read = `(${texts.toString()})`;
    const sent = await page.evaluate(
      ([read, html]) => (0, eval)(read)(new DOMParser().parseFromString(html, "text/html")),
      [read, html],
    );
    expect(sent.length).toBeGreaterThan(1);
    expect(await page.evaluate((read) => (0, eval)(read)(document), read)).toEqual(sent);
    release();
    await expect(live(page)).toBeVisible();
    await page.unroute(/\/pkg\/.*\.wasm/);
  }
  expect(found).toEqual([]);
});

test("a duration ticks while its run goes on", async ({ page }) => {
  await page.clock.install();
  const stream = await heldStream(page);
  await signIn(page, "owner@contoso.example");
  await expect(rows(page).first()).toBeVisible();
  await stream.open();
  await lookAway(page);
  const [first] = await runsOf(page, "contoso");
  const now = await page.evaluate(() => Date.now());
  const run = newRun(first, { ...running, started_at: new Date(now - 65_000).toISOString(), updated_at: new Date(now).toISOString(), heartbeat_at: null });
  await stream.tell({ kind: "run", run });
  const duration = rowOf(page, run.id).locator(".duration");
  await expect(duration).toHaveText(/^1:\d\d$/);
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 2000);
  const before = seconds(await duration.innerText());
  await page.clock.runFor(3000);
  await expect.poll(async () => seconds(await duration.innerText())).toBe(before + 3);
  const ended = changed(run, { status: "completed", outcome: "succeeded", completed_at: new Date(now + 35_000).toISOString() });
  await stream.tell({ kind: "run", run: ended });
  await expect(duration).toHaveText("1:40");
  await page.clock.runFor(5000);
  await expect(duration).toHaveText("1:40");
});

for (const width of [1280, 400]) test(`nothing moves while a page ${width} pixels wide comes to life`, async ({ page }) => {
  await page.setViewportSize({ width, height: 800 });
  const shifts = await watchShifts(page);
  await signIn(page, "owner@fabrikam.example");
  await atRest(page, "fabrikam");
  const run = (await rows(page).first().getByRole("link").getAttribute("href")) ?? "";
  for (const path of ["/t/fabrikam/operations", "/t/fabrikam/operations?outcome=failed&from=-90d", run]) {
    await page.goto(path);
    await expect(live(page)).toBeVisible();
    // What moves by less is no pixel.
    expect(Math.round((await shifts()) * 1000), path).toBe(0);
  }
});

test("a range is a preset, days of one's own, or a preset with an end", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  const range = filter(page, "Created");
  const [from, to] = [page.locator("[type=date][name=from]"), page.locator("[type=date][name=to]")];
  await range.locator("summary").click();
  await page.getByLabel("Last 7 days").check();
  await expect(page).toHaveURL(`${list}?from=-7d`);
  await expect(range).toContainText("Last 7 days");

  await to.fill(day(0));
  await expect(page).toHaveURL(`${list}?from=-7d&to=${day(0)}`);
  await expect(range).toContainText(`Last 7 days until ${day(0)}`);
  await expect(page.getByLabel("Last 7 days")).toBeChecked();

  // A day of one's own takes the preset's place.
  await from.fill(day(-20));
  await expect(page).toHaveURL(`${list}?from=${day(-20)}&to=${day(0)}`);
  await expect(page.getByLabel("Last 7 days")).not.toBeChecked();
  await expect(range).toContainText(`${day(-20)} to ${day(0)}`);
  await expect(rows(page).first()).toBeVisible();

  // Half a year that is being typed is none yet.
  await from.evaluate((field: HTMLInputElement) => {
    field.value = "0002-11-01";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  await expect(page).toHaveURL(`${list}?from=${day(-20)}&to=${day(0)}`);
  await expect(page.locator(".notice")).toHaveCount(0);

  await page.getByLabel("Last 30 days").check();
  await expect(page).toHaveURL(`${list}?from=-30d`);
  await expect(from).toHaveValue("");
  await page.getByRole("link", { name: "Clear created" }).click();
  await expect(page).toHaveURL(list);
  await page.goBack();
  await expect(page.getByLabel("Last 30 days")).toBeChecked();
  await page.goBack();
  await expect(page).toHaveURL(`${list}?from=${day(-20)}&to=${day(0)}`);
  await expect(from).toHaveValue(day(-20));
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a range is sent with its button", async ({ page }) => {
    await signIn(page, "owner@contoso.example");
    const range = filter(page, "Created");
    const apply = range.getByRole("button", { name: "Apply" });
    await range.locator("summary").click();
    await page.getByLabel("Last 30 days").check();
    await apply.click();
    await expect(page).toHaveURL(/from=-30d/);
    await expect(range).toContainText("Last 30 days");
    await expect(page.locator("[type=radio][name=from][value='-30d']")).toBeChecked();

    // A form cannot take the preset away by itself: the day counts, and the page says so.
    await range.locator("summary").click();
    await page.locator("[type=date][name=from]").fill(day(-20));
    await page.locator("[type=date][name=to]").fill(day(0));
    await apply.click();
    await expect(range).toContainText(`${day(-20)} to ${day(0)}`);
    await expect(page.locator(".notice")).toContainText("\u201c-30d\u201d, because another such value stands before it");
    await page.getByRole("link", { name: "Clear created" }).click();
    await expect(page).toHaveURL(list);
  });
});
