// What people are told while they are somewhere else: in another tab, on another page, away from the network.
import type { Page } from "@playwright/test";
import { isAccessible } from "../support/accessible";
import { ended as runEnded, readAll, startRun, toast } from "../support/runs";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const ended = /^Inventory sync succeeded: \d+ items/;

/** Starts a sync from the page of another tab, and waits there until it has ended. */
async function sync(page: Page, tenant: string): Promise<void> {
  await page.goto(`/t/${tenant}/operations`);
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Sync inventory" }).click();
  await expect(toast(page, ended)).toBeVisible({ timeout: 30_000 });
}

test("a run that ends is told in every tab, and put away in one it is gone in the other", async ({ page, context }) => {
  await signIn(page, "owner@fabrikam.example");
  const other = await context.newPage();
  await other.goto("/t/fabrikam/notifications/settings");
  await sync(page, "fabrikam");
  await expect(toast(other, ended)).toBeVisible();
  await toast(other, ended).getByRole("button", { name: "Dismiss" }).click();
  await expect(toast(page, ended)).toHaveCount(0);
  await page.reload();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(toast(page, ended)).toHaveCount(0);
});

test("View run opens the run over whatever page is there, and the bell remembers", async ({ page, context }) => {
  await signIn(page, "operator@contoso.example");
  const other = await context.newPage();
  await other.goto("/t/contoso/notifications/settings");
  await sync(page, "contoso");
  await toast(other, ended).getByRole("link", { name: "View run" }).click();
  await expect(other).toHaveURL(/\/t\/contoso\/operations\/[0-9a-f-]{36}$/);
  const detail = other.getByRole("dialog");
  await expect(detail.getByRole("heading", { name: "Inventory sync" })).toBeVisible();
  await other.keyboard.press("Escape");
  await expect(detail).toBeHidden();
  await expect(other).toHaveURL("/t/contoso/notifications/settings");
  await other.locator(".bell > summary").click();
  await expect(other.locator(".bell-list").getByText("Inventory sync succeeded").first()).toBeVisible();
  await other.getByRole("button", { name: "Mark all read" }).click();
  await expect(other.locator(".bell-count")).toHaveCount(0);
  // The same on the other page, without a reload.
  await expect(page.locator(".bell-count")).toHaveCount(0);
});

test("what happened while the browser was offline is told once when it is back", async ({ page, browser, server }) => {
  await signIn(page, "owner@contoso.example");
  // Another device of the same person does the work; nobody looks at its pages.
  const desk = await browser.newPage({ baseURL: server.url });
  await signIn(desk, "owner@contoso.example");
  await desk.goto("about:blank");
  await readAll(desk.request);
  // A stream that is open outlives the browser's own "offline"; one that is refused is as good as none.
  await page.route("**/t/contoso/events", (route) => route.abort("internetdisconnected"));
  await page.goto("/t/contoso/operations");
  await expect(page.getByText("Connection lost, reconnecting\u2026")).toBeVisible();
  const run = await startRun(desk.request, "contoso", "inventory.sync");
  await runEnded(desk.request, "contoso", run);
  expect(await page.locator(".toast").count()).toBe(0);
  await page.unroute("**/t/contoso/events");
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  // At once, and not when the next try was due anyway.
  await expect(toast(page, ended)).toHaveCount(1, { timeout: 5_000 });
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await toast(page, ended).getByRole("button", { name: "Dismiss" }).click();
  await page.reload();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await expect(toast(page, ended)).toHaveCount(0);
  await desk.close();
});

test("an open bell hears of what happens, and one notification is marked as read", async ({ page, context }) => {
  await signIn(page, "owner@fabrikam.example");
  await readAll(page.request);
  await page.goto("/t/fabrikam/operations");
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
  await page.locator(".bell > summary").click();
  await expect(page.locator(".bell-list")).toBeVisible();
  await runEnded(page.request, "fabrikam", await startRun(page.request, "fabrikam", "inventory.sync"));
  const told = page.locator(".bell-list .notification-unread");
  await expect(told).toHaveCount(2);
  await expect(told.first()).toContainText("Inventory sync succeeded");

  const other = await context.newPage();
  await other.goto("/t/fabrikam/notifications?show=unread&kind=ends");
  await expect(other.getByRole("button", { name: /^Mark read/ })).toHaveCount(1);
  await other.getByRole("button", { name: "Mark read: Inventory sync succeeded" }).click();
  await expect(other.getByRole("heading", { name: "Nothing of this kind" })).toBeVisible();
  await expect(told).toHaveCount(1);
  await expect(page.locator(".bell-count")).toContainText("1");

  // Who follows a row has read it.
  await other.getByRole("link", { name: "Every kind" }).click();
  await expect(other).toHaveURL("/t/fabrikam/notifications?show=unread");
  await other.locator(".notifications a", { hasText: "Inventory sync started" }).click();
  await expect(other.getByRole("dialog", { name: "Operation run" })).toBeVisible();
  await expect(page.locator(".bell-count")).toHaveCount(0);
});

test("F8 goes to the toasts and Escape puts one away", async ({ page }) => {
  await signIn(page, "owner@fabrikam.example");
  await sync(page, "fabrikam");
  await page.keyboard.press("F8");
  const focused = page.locator(".toast", { has: page.locator(":focus") });
  await expect(focused).toHaveCount(1);
  const before = await page.locator(".toast").count();
  await page.keyboard.press("Escape");
  await expect(page.locator(".toast")).toHaveCount(before - 1);
});

for (const scheme of ["light", "dark"] as const) {
  test(`the pages of notifications have no accessibility violations (${scheme})`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme });
    await signIn(page, "operator@contoso.example");
    for (const path of ["/t/contoso/notifications", "/t/contoso/notifications?show=unread&kind=failures", "/t/contoso/notifications/settings"]) {
      await page.goto(path);
      await isAccessible(page);
    }
  });
}

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("settings are saved and notifications read", async ({ page }) => {
    await signIn(page, "auditor@contoso.example");
    await page.goto("/t/contoso/notifications/settings");
    const failures = page.getByRole("group", { name: "Failed runs of others" });
    await failures.getByLabel("Policy sync").check();
    await page.getByRole("button", { name: "Save settings" }).click();
    await page.goto("/t/contoso/notifications/settings");
    await expect(failures.getByLabel("Policy sync")).toBeChecked();
    await expect(failures.getByLabel("Restore")).not.toBeChecked();
    await page.goto("/t/contoso/notifications");
    await expect(page.getByText("No notifications yet")).toBeVisible();
  });

  test("one notification is marked as read by a form", async ({ page }) => {
    await signIn(page, "operator@contoso.example");
    await readAll(page.request);
    await runEnded(page.request, "contoso", await startRun(page.request, "contoso", "inventory.sync"));
    await page.goto("/t/contoso/notifications?show=unread");
    await expect(page.getByRole("button", { name: /^Mark read/ })).toHaveCount(2);
    await page.getByRole("button", { name: "Mark read: Inventory sync started" }).click();
    await expect(page).toHaveURL("/t/contoso/notifications?show=unread");
    await expect(page.getByRole("button", { name: /^Mark read/ })).toHaveCount(1);
    await readAll(page.request);
  });
});
