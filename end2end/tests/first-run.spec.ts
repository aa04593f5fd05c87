// The whole way as a person goes it: sign in, start a sync, watch it end, read its detail.
import type { Page } from "@playwright/test";
import { isAccessible } from "../support/accessible";
import { expect, test } from "../support/server";
import { demoPassword, signIn } from "../support/sign-in";

/** Fails the test when the browser complains: a hydration error, a refused script, an exception. */
function watchConsole(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}

const firstRow = (page: Page) => page.locator("tbody tr").first();

test("a sync goes from queued over running to completed before one's eyes", async ({ page }) => {
  const complaints = watchConsole(page);
  await page.goto("/t/northwind/operations");
  await expect(page).toHaveURL("/login?next=%2Ft%2Fnorthwind%2Foperations");
  await page.getByLabel("E-mail").fill("provider@runledger.example");
  await page.getByLabel("Password").fill(demoPassword);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/t/northwind/operations");
  await expect(page.getByRole("heading", { name: "Operations" })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Sync inventory" }).click();
  await expect(page.getByText("Inventory sync started")).toBeVisible();
  await expect(firstRow(page)).toContainText("Clara Dubois");
  await expect(firstRow(page)).toContainText("Running");
  await expect(firstRow(page)).toContainText(/\d+ of 15 families/);
  // Asked again while it runs: the same run, told so.
  await page.getByRole("button", { name: "Sync inventory" }).click();
  await expect(page.getByText(/^Joined the inventory sync/)).toBeVisible();
  await expect(firstRow(page)).toContainText("Succeeded");

  await page.getByRole("link", { name: "View run" }).last().click();
  await expect(page).toHaveURL(/\/t\/northwind\/operations\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { name: "Inventory sync" })).toBeVisible();
  await expect(page.getByRole("dialog").getByText("Succeeded").first()).toBeVisible();
  await expect(page.getByText("Attempt 1 started")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Inventory sync" })).toBeVisible();
  expect(complaints).toEqual([]);
});

test("two people see the same run change", async ({ page, browser, server }) => {
  const other = await browser.newPage({ baseURL: server.url });
  await signIn(page, "owner@contoso.example");
  await signIn(other, "auditor@contoso.example");
  await expect(other.getByText("Live", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Sync inventory" }).click();
  await expect(firstRow(other)).toContainText("Ana Pereira");
  await expect(firstRow(other)).toContainText("Running");
  await expect(firstRow(other)).toContainText("Succeeded");
  await other.close();
});

test("an auditor sees everything and no way to change it", async ({ page }) => {
  await signIn(page, "auditor@contoso.example");
  await expect(page.getByRole("heading", { name: "Operations" })).toBeVisible();
  await expect(page.getByRole("main").getByText("Read-only", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Sync inventory" })).toHaveCount(0);
});

test("a provider goes from tenant to tenant", async ({ page }) => {
  await signIn(page, "provider@runledger.example");
  await expect(page).toHaveURL("/t/contoso/operations");
  await page.getByRole("banner").locator("summary", { hasText: "Contoso" }).click();
  await page.getByRole("link", { name: /Northwind Traders/ }).click();
  await expect(page).toHaveURL("/t/northwind/operations");
  await expect(page.getByRole("banner").locator("summary", { hasText: "Northwind Traders" })).toBeVisible();
  await expect(page.getByText("Live", { exact: true })).toBeVisible();
});

test("a wrong password is told in place", async ({ page }) => {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill("owner@contoso.example");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("do not match");
});

test("another tenant's page does not exist", async ({ page }) => {
  await signIn(page, "owner@fabrikam.example");
  const answer = await page.goto("/t/contoso/operations");
  expect(answer?.status()).toBe(404);
  await expect(page.getByText("Not found").first()).toBeVisible();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("one signs in, starts a sync and reads the list and the detail", async ({ page }) => {
    await signIn(page, "owner@fabrikam.example");
    await expect(page).toHaveURL("/t/fabrikam/operations");
    await page.getByRole("button", { name: "Sync inventory" }).click();
    await expect(firstRow(page)).toContainText("Samuel Okafor");
    await firstRow(page).getByRole("link").first().click();
    await expect(page.getByRole("heading", { name: "Inventory sync" })).toBeVisible();
    await expect(page.getByText("Timeline")).toBeVisible();
  });

  test("a wrong password is told", async ({ page }) => {
    await page.goto("/login");
    await page.getByLabel("E-mail").fill("owner@contoso.example");
    await page.getByLabel("Password").fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("do not match");
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`every page is accessible in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const check = async () => {
      // Between two pages there is none for a moment.
      await expect(page).toHaveTitle(/./);
      await isAccessible(page);
    };
    await page.goto("/login");
    await check();
    await signIn(page, "owner@contoso.example");
    await check();
    // A run with failures shows the most.
    await page.getByRole("row", { name: /Partially succeeded/ }).first().getByRole("link").first().click();
    await expect(page.getByText("Timeline")).toBeVisible();
    await check();
    await page.goto("/t/nowhere/operations");
    await check();
  });
}

test("a phone shows cards and nothing wider than itself", async ({ page }) => {
  await page.setViewportSize({ width: 400, height: 800 });
  await signIn(page, "owner@contoso.example");
  await expect(page.getByRole("button", { name: "Sync inventory" })).toBeVisible();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});
