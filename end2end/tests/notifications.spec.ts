// What people are told while they are somewhere else: in another tab, on another page, away from the network.
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const toast = (page: Page, words: string | RegExp) => page.locator(".toast", { hasText: words });
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
  await page.goto("/t/contoso/notifications");
  // Another device of the same person does the work.
  const desk = await browser.newPage({ baseURL: server.url });
  await signIn(desk, "owner@contoso.example");
  await page.context().setOffline(true);
  await sync(desk, "contoso");
  await page.context().setOffline(false);
  await expect(toast(page, ended)).toHaveCount(1, { timeout: 45_000 });
  await toast(page, ended).getByRole("button", { name: "Dismiss" }).click();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Notifications" })).toBeVisible();
  await expect(toast(page, ended)).toHaveCount(0);
  await desk.close();
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
    for (const path of ["/t/contoso/notifications", "/t/contoso/notifications?show=unread", "/t/contoso/notifications/settings"]) {
      await page.goto(path);
      const results = await new AxeBuilder({ page }).analyze();
      expect(results.violations).toEqual([]);
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
});
