// The list while things happen: what changes in place, what waits, and what is told when the stream is lost.
import type { Page } from "@playwright/test";
import { type Run, atRest, changed, newRun, runOf, running, runsOf, startElsewhere } from "../support/elsewhere";
import { announcer, boxes, dialog, filter, hrefs, list, live, lookAway, rowOf, rows } from "../support/list";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";
import { type Stream, heldStream } from "../support/stream";

const pill = (page: Page, count: number) =>
  page.getByRole("button", { name: count === 1 ? "1 new run" : `${count} new runs` });

/** The list with a stream that the test speaks for, and its runs. */
async function open(page: Page): Promise<{ stream: Stream; runs: Run[] }> {
  const stream = await heldStream(page);
  await signIn(page, "owner@contoso.example");
  await expect(rows(page).first()).toBeVisible();
  await atRest(page, "contoso");
  await page.goto(list);
  await stream.open();
  await expect(live(page)).toBeVisible();
  await lookAway(page);
  return { stream, runs: await runsOf(page, "contoso") };
}

/** The page's clock stands still from now on; the test moves it. */
async function holdClock(page: Page): Promise<void> {
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1000);
}

test("a row that changes does so where it is, and nothing around it moves", async ({ page }) => {
  const { stream, runs } = await open(page);
  const row = await rows(page).nth(3).elementHandle();
  const [before, order] = [await boxes(page), await hrefs(page)];
  await stream.tell({ kind: "run", run: changed(runs[3], running) });
  await expect(rows(page).nth(3)).toContainText("Running", { timeout: 1000 });
  expect(await row?.evaluate((row) => row.isConnected && row.textContent)).toContain("Running");
  expect(await hrefs(page)).toEqual(order);
  expect(await boxes(page)).toEqual(before);
  // An older state that was overtaken on its way changes nothing.
  await stream.tell({ kind: "run", run: { ...runs[3], updated_at: "2020-01-01T00:00:00Z" } });
  await stream.tell({ kind: "run", run: changed(runs[4], running) });
  await expect(rows(page).nth(4)).toContainText("Running");
  await expect(rows(page).nth(3)).toContainText("Running");
});

test("what the server has changed is on the screen within a second", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await lookAway(page);
  const run = await startElsewhere(page, "contoso");
  await expect(rowOf(page, run)).toBeVisible({ timeout: 1000 });
  await expect
    .poll(async () => (await runOf(page, "contoso", run)).status, { intervals: [50], timeout: 45_000 })
    .toBe("completed");
  await expect(rowOf(page, run).locator(".cell-status")).toContainText("Completed", { timeout: 1000 });
});

const holds: [string, (page: Page) => Promise<void>][] = [
  ["has the focus in it", (page) => rows(page).nth(4).getByRole("link").focus()],
  [
    "has selected something",
    (page) =>
      page.evaluate(() => {
        const cell = document.querySelector(".runs .cell-started");
        if (cell) window.getSelection()?.selectAllChildren(cell);
      }),
  ],
  ["has a filter's menu open", (page) => filter(page, "Outcome").locator("summary").click()],
  [
    "has a run open",
    async (page) => {
      await rows(page).nth(2).getByRole("link").click();
      await expect(dialog(page)).toBeVisible();
    },
  ],
  [
    "has scrolled down",
    async (page) => {
      await page.evaluate(() => window.scrollTo(0, 120));
      await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(100);
    },
  ],
  [
    "moves the pointer over it",
    async (page) => {
      const box = await rows(page).nth(5).boundingBox();
      await page.mouse.move(400, (box?.y ?? 300) + 4);
      await page.mouse.move(410, (box?.y ?? 300) + 6);
    },
  ],
];

for (const [how, hold] of holds) {
  test(`new runs wait while the reader ${how}`, async ({ page }) => {
    const { stream, runs } = await open(page);
    await hold(page);
    const [order, before] = [await hrefs(page), await boxes(page)];
    await stream.tell({ kind: "run", run: newRun(runs[0]) });
    // Under an open run the pill is there as well, though nobody can press it.
    await expect(page.locator(".new-runs-pill")).toHaveText("1 new run");
    expect(await hrefs(page)).toEqual(order);
    expect(await boxes(page)).toEqual(before);
  });
}

test("three new runs are told as three, and come in together from the top", async ({ page }) => {
  const { stream, runs } = await open(page);
  await rows(page).nth(4).getByRole("link").focus();
  const fresh = [newRun(runs[0]), newRun(runs[0]), newRun(runs[0])];
  for (const run of fresh) await stream.tell({ kind: "run", run });
  await pill(page, 3).click();
  await expect(pill(page, 3)).toHaveCount(0);
  const order = (await hrefs(page)).slice(0, 4).map((href) => href?.split("/").at(-1));
  expect(order).toEqual([fresh[2].id, fresh[1].id, fresh[0].id, runs[0].id]);
});

test("a new run comes by itself to a reader who is idle at the top, after those that waited", async ({ page }) => {
  const { stream, runs } = await open(page);
  const first = newRun(runs[0]);
  await stream.tell({ kind: "run", run: first });
  await expect(rowOf(page, first.id)).toBeVisible();
  await expect(page.locator(".new-runs-pill")).toHaveCount(0);

  await filter(page, "Outcome").locator("summary").click();
  const [second, third] = [newRun(runs[0]), newRun(runs[0])];
  await stream.tell({ kind: "run", run: second });
  await expect(pill(page, 1)).toBeVisible();
  await page.keyboard.press("Escape");
  await stream.tell({ kind: "run", run: third });
  await expect(page.locator(".new-runs-pill")).toHaveCount(0);
  const order = (await hrefs(page)).slice(0, 3).map((href) => href?.split("/").at(-1));
  expect(order).toEqual([third.id, second.id, first.id]);
});

test("a paused list stays as it is, and is true again when it goes on", async ({ page }) => {
  const { stream, runs } = await open(page);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByText("Paused", { exact: true })).toBeVisible();
  await lookAway(page);
  const before = await rows(page).nth(1).innerText();
  await stream.tell({ kind: "run", run: changed(runs[1], running) });
  // After a gap the page asks anew; that holds still as well.
  const [run, asked] = [await startElsewhere(page, "contoso"), page.waitForResponse(/operations\/list/)];
  await stream.tell({ kind: "gap" });
  await asked;
  await expect(pill(page, 1)).toBeVisible();
  expect(await rows(page).nth(1).innerText()).toBe(before);
  await expect(rowOf(page, run)).toHaveCount(0);
  await page.getByRole("button", { name: "Resume" }).click();
  await lookAway(page);
  await expect(rowOf(page, run)).toBeVisible();
  await expect(pill(page, 1)).toHaveCount(0);
});

test("more new runs than a page leave no hole when they are let in", async ({ page }) => {
  const { stream, runs } = await open(page);
  await rows(page).nth(4).getByRole("link").focus();
  const flood = Array.from({ length: 50 }, () => newRun(runs[0])).reverse();
  const body = { runs: flood, previous: null, next: flood[49].id, count: { runs: 400, more: false }, found: null, note: null };
  await page.route("**/api/operations/list*", (route) => route.fulfill({ json: body }));
  const asked = page.waitForResponse(/operations\/list/);
  await stream.tell({ kind: "gap" });
  await asked;
  await expect(page.locator(".new-runs-pill")).toHaveText("50+ new runs");
  await page.locator(".new-runs-pill").click();
  await expect(rows(page)).toHaveCount(50);
  await expect(rowOf(page, runs[0].id)).toHaveCount(0);
  await expect(page.locator(".run-count")).toHaveText("400 runs");
});

test("a lost connection is told, tried again ever more slowly, and made good for", async ({ page }) => {
  await page.clock.install();
  const { stream } = await open(page);
  await holdClock(page);
  const lost = page.getByText("Connection lost, reconnecting");
  const waits: number[] = [];
  for (let failure = 0; failure < 6; failure++) {
    const [before, failed] = [(await stream.attempts()).length, await page.evaluate(() => Date.now())];
    await stream.fail();
    // A stream that has only ended is back before anybody would miss it.
    await expect(lost).toHaveCount(failure === 0 ? 0 : 1);
    await page.clock.runFor(failure === 0 ? 500 : 50_000);
    const attempts = await stream.attempts();
    expect(attempts).toHaveLength(before + 1);
    waits.push(attempts[before].at - failed);
  }
  // Half more or less by the dice: 0.3, 1, 2, 4, 8 and 16 seconds.
  for (const [index, mean] of [300, 1000, 2000, 4000, 8000, 16_000].entries()) {
    expect(waits[index], `after failure ${index + 1}`).toBeGreaterThanOrEqual(mean * 0.5 - 20);
    expect(waits[index], `after failure ${index + 1}`).toBeLessThanOrEqual(mean * 1.5 + 20);
  }
  const run = await startElsewhere(page, "contoso");
  await expect(rowOf(page, run)).toHaveCount(0);
  await page.evaluate(() => window.__open());
  await page.clock.runFor(2000);
  await expect(lost).toHaveCount(0);
  await expect(live(page)).toBeVisible();
  await expect(rowOf(page, run)).toBeVisible();
});

test("a connection that comes back at once was never lost", async ({ page }) => {
  await page.clock.install();
  const { stream } = await open(page);
  await holdClock(page);
  await stream.fail();
  await page.clock.runFor(500);
  await page.evaluate(() => window.__open());
  await page.clock.runFor(5000);
  await expect(page.getByText("Connection lost")).toHaveCount(0);
  await expect(live(page)).toBeVisible();
  // One that does not come back in time is told, though nothing has failed again.
  await stream.fail();
  await page.clock.runFor(2500);
  await expect(page.getByText("Connection lost, reconnecting").first()).toBeVisible();
});

test("what happens is told to screen readers together, and not too often", async ({ page }) => {
  await page.clock.install();
  const { stream, runs } = await open(page);
  await holdClock(page);
  await expect(announcer(page)).toHaveAttribute("aria-live", "polite");
  // Nothing else speaks of it.
  await expect(page.locator(".new-runs[role], .run-count[role]")).toHaveCount(0);
  await announcer(page).evaluate((line) => {
    const told: string[] = [];
    Object.assign(window, { __told: told });
    new MutationObserver(() => told.push(line.textContent ?? "")).observe(line, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  const told = () => page.evaluate(() => (window as unknown as { __told: string[] }).__told);
  await rows(page).nth(4).getByRole("link").focus();
  await page.clock.runFor(10_000);
  for (let second = 0; second < 10; second++) {
    await stream.tell({ kind: "run", run: newRun(runs[0]) });
    await page.clock.runFor(1000);
  }
  await page.clock.runFor(6000);
  const words = await told();
  expect(words[0]).toBe("1 new run");
  expect(words.at(-1)).toBe("10 new runs");
  expect(words.length).toBeLessThanOrEqual(4);
});

test("the count after a filter's change is told as well", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await page.goto(`${list}?outcome=failed`);
  await expect(live(page)).toBeVisible();
  await filter(page, "Outcome").locator("summary").click();
  await page.locator("[name=outcome][value=cancelled]").check();
  await expect(page).toHaveURL(/outcome=cancelled/);
  await expect(async () => {
    const count = (await page.locator(".run-count").innerText()).trim();
    expect(await announcer(page).innerText()).toContain(count);
  }).toPass({ timeout: 10_000 });
});

test("an open run has a line of its own for screen readers", async ({ page }) => {
  const { stream, runs } = await open(page);
  await rows(page).first().getByRole("link").click();
  await expect(dialog(page).getByText("Timeline")).toBeVisible();
  await stream.tell({ kind: "run", run: changed(runs[0], running) });
  await expect(dialog(page).locator("p[role=status]")).toContainText("Running");
});

test("a database that is away is told on an open page until it is back, and made good for", async ({ page }) => {
  const { stream } = await open(page);
  const away = page.getByText("The database is away, waiting");
  await stream.tell({ kind: "database_away" });
  await expect(away).toBeVisible();
  await expect(live(page)).toHaveCount(0);
  const run = await startElsewhere(page, "contoso");
  await stream.tell({ kind: "gap" });
  await expect(live(page)).toBeVisible();
  await expect(away).toHaveCount(0);
  await expect(rowOf(page, run)).toBeVisible();
});
