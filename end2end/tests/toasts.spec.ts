// Toasts: who gets them, when, how long they stay, and that they can be reached wherever the person is.
import type { Page } from "@playwright/test";
import { isAccessible } from "../support/accessible";
import { lookAway } from "../support/list";
import { ended, readAll, saveSettings, setFaults, signInWith, startRun, statusOf, toast } from "../support/runs";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const started = /^Inventory sync started/;
const done = /^Inventory sync succeeded: \d+ items/;
const groupsFailed = /^Directory group sync failed/;
const live = (page: Page) => page.getByText("Live", { exact: true }).first();
const people = ["owner", "operator", "auditor"].map((role) => `${role}@contoso.example`).concat("provider@runledger.example");

/** Opens the operations page and waits until it is alive. */
async function openOperations(page: Page): Promise<void> {
  await page.goto("/t/contoso/operations");
  await expect(live(page)).toBeVisible();
}

// What one test, here or in another file, leaves on the screens of these people must not be there in the next one.
for (const hook of [test.beforeAll, test.afterEach]) {
  hook(async ({ server, playwright }) => {
    await setFaults(server, []);
    for (const person of people) {
      const request = await playwright.request.newContext({ baseURL: server.url });
      await signInWith(request, person);
      await saveSettings(request, "contoso", { run_started: "true", run_completed: "true" });
      await readAll(request);
      await request.dispose();
    }
  });
}

test("who started a run and who joined it hear of it, and nobody else", async ({ page, browser, server }) => {
  await setFaults(server, ["slow:300"]);
  await signIn(page, "owner@contoso.example");
  await openOperations(page);
  const [operator, auditor] = await Promise.all([
    browser.newPage({ baseURL: server.url }),
    browser.newPage({ baseURL: server.url }),
  ]);
  await signIn(operator, "operator@contoso.example");
  await openOperations(operator);
  await signIn(auditor, "auditor@contoso.example");
  await openOperations(auditor);

  const run = await startRun(page.request, "contoso", "inventory.sync");
  expect(await startRun(operator.request, "contoso", "inventory.sync"), "it joins").toBe(run);
  for (const one of [page, operator]) {
    await expect(toast(one, started)).toBeVisible();
  }
  await setFaults(server, []);
  for (const one of [page, operator]) {
    await expect(toast(one, done)).toBeVisible({ timeout: 30_000 });
    await expect(toast(one, done).getByRole("link", { name: "View run" })).toHaveAttribute(
      "href",
      `/t/contoso/operations/${run}`,
    );
  }
  // The auditor sees the run itself, and hears nothing.
  await expect(auditor.locator(`.runs a[href$="${run}"]`).first()).toBeVisible();
  await expect(auditor.locator(".toast")).toHaveCount(0);
  await expect(auditor.locator(".bell-count")).toHaveCount(0);
  await operator.close();
  await auditor.close();
});

test("an auditor who subscribed hears of a failure, with a way to it and nothing to do", async ({
  page,
  playwright,
  server,
}) => {
  await signIn(page, "auditor@contoso.example");
  await page.goto("/t/contoso/notifications/settings");
  const failures = page.getByRole("group", { name: "Failed runs of others" });
  await failures.getByLabel("Directory group sync").check();
  await page.getByRole("button", { name: "Save settings" }).click();
  await expect(toast(page, "Notification settings saved")).toBeVisible();
  await openOperations(page);

  await setFaults(server, ["forbidden:groups"]);
  const owner = await playwright.request.newContext({ baseURL: server.url });
  await signInWith(owner, "owner@contoso.example");
  const run = await startRun(owner, "contoso", "directory_groups.sync");

  const alert = page.locator(".toasts [role=alert]").locator(".toast", { hasText: groupsFailed });
  await expect(alert).toBeVisible({ timeout: 30_000 });
  await expect(alert.getByRole("link")).toHaveText(["View run"]);
  await expect(alert.getByRole("button")).toHaveCount(1);
  await expect(alert.getByRole("button", { name: "Dismiss" })).toBeVisible();
  await alert.getByRole("link", { name: "View run" }).click();
  const detail = page.getByRole("dialog", { name: "Operation run" });
  await expect(detail.getByText("Timeline")).toBeVisible();
  await expect(page).toHaveURL(`/t/contoso/operations/${run}`);
  await expect(detail.getByRole("button", { name: /Cancel|Retry|Run again/ })).toHaveCount(0);
  await owner.dispose();
});

test("start and end are told in two tabs at once, the start while the run goes on", async ({ page, context, server }) => {
  await setFaults(server, ["slow:300"]);
  await signIn(page, "owner@contoso.example");
  await openOperations(page);
  const other = await context.newPage();
  await openOperations(other);
  const seen = async (tab: Page, words: RegExp) => {
    await toast(tab, words).waitFor({ timeout: 30_000 });
    return Date.now();
  };

  const starts = [seen(page, started), seen(other, started)];
  const ends = [seen(page, done), seen(other, done)];
  const run = await startRun(page.request, "contoso", "inventory.sync");
  const [here, there] = await Promise.all(starts);
  expect(await statusOf(page.request, "contoso", run), "the start is told before the end").not.toBe("completed");
  expect(Math.abs(here - there)).toBeLessThan(1000);
  const [hereToo, thereToo] = await Promise.all(ends);
  expect(Math.abs(hereToo - thereToo)).toBeLessThan(1000);
  expect(Math.min(hereToo, thereToo)).toBeGreaterThan(Math.max(here, there));
});

test("of five failures three stand on the screen, stay, and are announced at once", async ({ page, server }) => {
  test.slow();
  await page.clock.install();
  await signIn(page, "owner@contoso.example");
  await saveSettings(page.request, "contoso", { run_completed: "true" });
  await setFaults(server, ["forbidden:groups"]);
  await openOperations(page);
  for (let count = 0; count < 5; count += 1) {
    await ended(page.request, "contoso", await startRun(page.request, "contoso", "directory_groups.sync"));
  }
  const more = page.getByRole("button", { name: "2 more" });
  await expect(more).toBeVisible();
  await expect(toast(page, groupsFailed)).toHaveCount(3);
  await page.clock.runFor(20_000);
  await expect(toast(page, groupsFailed)).toHaveCount(3);
  await expect(page.locator(".toasts [role=alert] .toast")).toHaveCount(3);
  await expect(page.locator(".toasts [role=status] .toast")).toHaveCount(0);
  await isAccessible(page);
  await more.click();
  await expect(toast(page, groupsFailed)).toHaveCount(5);
  await expect(page.getByRole("button", { name: /\d more/ })).toHaveCount(0);

  // Good news is told politely beside them, also to axe.
  await startRun(page.request, "contoso", "inventory.sync");
  await expect(page.locator(".toasts [role=status] .toast", { hasText: done })).toBeVisible({ timeout: 30_000 });
  await expect(page.locator(".toasts [role=alert] .toast")).toHaveCount(5);
  await isAccessible(page);

  // Read elsewhere, all of them are gone here, once nobody is at them.
  await lookAway(page);
  await readAll(page.request);
  await expect(page.locator(".toast")).toHaveCount(0);
});

test("none leaves while the pointer or the focus is on them, although it does elsewhere", async ({ page, context }) => {
  test.slow();
  await signIn(page, "owner@contoso.example");
  await openOperations(page);
  const other = await context.newPage();
  await openOperations(other);
  for (const by of ["pointer", "focus"]) {
    await ended(page.request, "contoso", await startRun(page.request, "contoso", "inventory.sync"));
    await expect(toast(page, done)).toBeVisible();
    await expect(toast(other, done)).toBeVisible();
    if (by === "pointer") await toast(page, done).hover();
    else await page.keyboard.press("F8");
    // The other page tells how long a toast stays that nobody is at.
    await expect(other.locator(".toast"), by).toHaveCount(0, { timeout: 30_000 });
    await expect(toast(page, done), by).toBeVisible();
    if (by === "pointer") await lookAway(page);
    else await page.getByRole("searchbox", { name: "Search by run id" }).focus();
    await expect(page.locator(".toast"), by).toHaveCount(0);
  }
});

test("the keys go from toast to toast, and from the last one back", async ({ page, server }) => {
  await signIn(page, "owner@contoso.example");
  await saveSettings(page.request, "contoso", { run_completed: "true" });
  await setFaults(server, ["forbidden:groups"]);
  await openOperations(page);
  for (let count = 0; count < 2; count += 1) {
    await ended(page.request, "contoso", await startRun(page.request, "contoso", "directory_groups.sync"));
  }
  await expect(toast(page, groupsFailed)).toHaveCount(2);
  const before = page.getByRole("searchbox", { name: "Search by run id" });
  await before.focus();
  await page.keyboard.press("F8");
  await expect(toast(page, groupsFailed).first().getByRole("link")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(toast(page, groupsFailed)).toHaveCount(1);
  await expect(toast(page, groupsFailed).getByRole("link")).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(toast(page, groupsFailed).getByRole("button", { name: "Dismiss" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator(".toast")).toHaveCount(0);
  await expect(before).toBeFocused();
});

test("the link of a toast is the run's own page when it is opened cold", async ({ page, context }) => {
  await signIn(page, "owner@contoso.example");
  await openOperations(page);
  await startRun(page.request, "contoso", "inventory.sync");
  const link = toast(page, done).getByRole("link", { name: "View run" });
  await expect(link).toBeVisible({ timeout: 30_000 });
  const cold = await context.newPage();
  const answer = await cold.goto((await link.getAttribute("href")) ?? "");
  expect(answer?.status()).toBe(200);
  await expect(cold.getByRole("main").getByRole("heading", { name: "Inventory sync" })).toBeVisible();
  await expect(cold.getByRole("main").getByText("Timeline")).toBeVisible();
  await expect(cold.getByRole("dialog", { name: "Operation run" })).toHaveCount(0);
});

test("a toast over an open run can be reached, put away and followed", async ({ page, server }) => {
  await setFaults(server, ["slow:300"]);
  await signIn(page, "owner@contoso.example");
  await openOperations(page);
  await page.locator(".runs tbody tr").first().getByRole("link").click();
  const dialog = page.getByRole("dialog", { name: "Operation run" });
  await expect(dialog.getByText("Timeline")).toBeVisible();

  const run = await startRun(page.request, "contoso", "inventory.sync");
  await expect(toast(page, started)).toBeVisible();
  await page.keyboard.press("F8");
  await expect(toast(page, started).getByRole("link")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(toast(page, started)).toHaveCount(0);
  await expect(dialog).toBeVisible();
  await expect(dialog.locator(":focus"), "the focus stays in the dialog").toHaveCount(1);

  await setFaults(server, []);
  await expect(toast(page, done)).toBeVisible({ timeout: 30_000 });
  await toast(page, done).getByRole("link", { name: "View run" }).click();
  await expect(page).toHaveURL(`/t/contoso/operations/${run}`);
  await expect(dialog.getByRole("heading", { name: "Inventory sync" })).toBeVisible();
  await expect(page.locator(".toast")).toHaveCount(0);
});

test("a run of another tenant is told with the tenant's name", async ({ page }) => {
  await signIn(page, "provider@runledger.example");
  await page.goto("/t/fabrikam/operations");
  await expect(live(page)).toBeVisible();
  await startRun(page.request, "northwind", "inventory.sync");
  const told = toast(page, /^Northwind Traders: Inventory sync succeeded/);
  await expect(told).toBeVisible({ timeout: 30_000 });
  await told.getByRole("link", { name: "View run" }).click();
  await expect(page).toHaveURL(/\/t\/northwind\/operations\/[0-9a-f-]{36}$/);
  await expect(page.getByText("Timeline")).toBeVisible();
});
