// What stands in the place of the list while there is none, and the list at its extremes.
import type { Page } from "@playwright/test";
import { isAccessible } from "../support/accessible";
import { atRest, changed, newRun, running, runsOf } from "../support/elsewhere";
import { boxes, filter, list, live, lookAway, overflow, rowOf, rows } from "../support/list";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";
import { heldStream } from "../support/stream";

const asksForRuns = "**/api/operations/list*";
const nothing = { runs: [], previous: null, next: null, count: { runs: 0, more: false }, found: null, note: null };

/** To the list from another page, so that the browser asks for it. */
async function comeFromInventory(page: Page): Promise<void> {
  // From then on the page goes from area to area by itself.
  await expect(live(page)).toBeVisible();
  await page.getByRole("navigation", { name: "Areas" }).getByRole("link", { name: "Inventory" }).click();
  await expect(page.getByRole("heading", { name: "Inventory", level: 1 })).toBeVisible();
  await page.getByRole("navigation", { name: "Areas" }).getByRole("link", { name: "Operations" }).click();
}

test("a list that takes its time shows what is being waited for", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  let release = () => {};
  const gate = new Promise<void>((open) => (release = open));
  await page.route(asksForRuns, async (route) => {
    await gate;
    await route.continue();
  });
  await comeFromInventory(page);
  await expect(page.getByText("Loading runs").first()).toBeAttached();
  await expect(page.locator(".waiting .skeleton").first()).toBeVisible();
  await isAccessible(page);
  release();
  await expect(rows(page).first()).toBeVisible();
  await expect(page.getByText("Loading runs")).toHaveCount(0);
});

test("an error is told where the list would be, and trying again leads back to it", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await page.route(asksForRuns, (route) =>
    route.fulfill({ status: 503, json: { kind: "unavailable", message: "The database is away. Try again in a moment." } }),
  );
  await filter(page, "Outcome").locator("summary").click();
  await page.locator("[name=outcome][value=failed]").check();
  const alert = page.getByRole("alert").filter({ hasText: "The database is away" });
  await expect(alert).toBeVisible();
  // The filters stay where they are, to be changed.
  await expect(filter(page, "Outcome")).toContainText("Failed");
  await page.keyboard.press("Escape");
  await isAccessible(page);
  await page.unroute(asksForRuns);
  await alert.getByRole("link", { name: "Try again" }).click();
  await expect(page).toHaveURL(`${list}?outcome=failed`);
  await expect(rows(page).first()).toBeVisible();
  await expect(alert).toHaveCount(0);
});

test("a filter that nothing passes says so, with the way out", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await page.goto(`${list}?status=queued&outcome=failed`);
  await expect(live(page)).toBeVisible();
  await expect(page.getByRole("heading", { name: "No run matches" })).toBeVisible();
  await expect(page.locator(".run-count")).toHaveText("0 runs");
  await isAccessible(page);
  await page.getByRole("link", { name: "Clear the filters" }).click();
  await expect(rows(page).first()).toBeVisible();
});

test("a ledger without runs says what to do", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await page.route(asksForRuns, (route) => route.fulfill({ json: nothing }));
  await comeFromInventory(page);
  await expect(page.getByRole("heading", { name: "No runs yet" })).toBeVisible();
  await expect(page.getByText("Start with an inventory sync")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sync inventory" })).toBeVisible();
  await isAccessible(page);
});

test("the oldest page's end is no empty ledger", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await page.goto(list);
  let oldest = "g";
  for (let runs = await runsOf(page, "contoso"); runs.length > 0 && runs[0].id < oldest; ) {
    oldest = runs[runs.length - 1].id;
    runs = await runsOf(page, "contoso", `after=${oldest}`);
  }
  await page.goto(`${list}?after=${oldest}`);
  await expect(page.locator(".notice")).toContainText("these are the newest runs");
  await expect(rows(page)).toHaveCount(50);
});

test("whoever wants no motion gets none", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const stream = await heldStream(page);
  await signIn(page, "owner@contoso.example");
  await expect(rows(page).first()).toBeVisible();
  await stream.open();
  await lookAway(page);
  const [run] = await runsOf(page, "contoso");
  await stream.tell({ kind: "run", run: changed(run, running) });
  await expect(rows(page).first()).toContainText("Running");
  await stream.tell({ kind: "run", run: newRun(run) });
  await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
});

test("a very wide screen is filled and not overrun", async ({ page }) => {
  await page.setViewportSize({ width: 3840, height: 2160 });
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  const width = (selector: string) => page.locator(selector).first().evaluate((part) => part.getBoundingClientRect().width);
  expect(await width("table.runs")).toBeGreaterThan((await width("main")) * 0.95);
  expect(await width("main")).toBeGreaterThan(3400);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
});

test("every column is there on a small laptop", async ({ page }) => {
  for (const width of [960, 1179]) {
    await page.setViewportSize({ width, height: 800 });
    if (width === 960) await signIn(page, "owner@contoso.example");
    for (const column of ["Status", "Operation", "Initiator", "Started", "Duration", "Outcome", "Progress"]) {
      await expect(page.getByRole("columnheader", { name: column })).toBeVisible();
    }
    await expect(rows(page).first().locator(".cell-initiator .clip")).toBeVisible();
    const cut = await page.locator(".runs .cell-started time, .runs .outcome, .runs .badge").evaluateAll((all) =>
      all.filter((one) => {
        const [own, cell] = [one.getBoundingClientRect(), one.closest("td")?.getBoundingClientRect()];
        return cell && own.right > cell.right + 0.5;
      }).length,
    );
    expect(cut, `${width} pixels`).toBe(0);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
  }
});

test("a name of two hundred letters stays in its row", async ({ page }) => {
  const stream = await heldStream(page);
  await signIn(page, "owner@contoso.example");
  await expect(rows(page).first()).toBeVisible();
  await atRest(page, "contoso");
  await stream.open();
  await lookAway(page);
  const [first] = await runsOf(page, "contoso");
  const name = "Wolfeschlegelsteinhausen ".repeat(8).trim();
  const run = newRun(first, { initiator: { user_id: null, name } });
  await stream.tell({ kind: "run", run });
  await expect(rowOf(page, run.id)).toBeVisible();
  await expect(rowOf(page, run.id).locator(".cell-initiator .clip")).toHaveAttribute("title", name);
  const heights = (await boxes(page)).slice(0, 5).map(([, , , height]) => Math.round(height));
  expect(new Set(heights).size).toBe(1);
  for (const width of [1280, 960, 400]) {
    await page.setViewportSize({ width, height: 800 });
    expect(await overflow(page), `${width} pixels`).toBeLessThanOrEqual(0);
  }
});
