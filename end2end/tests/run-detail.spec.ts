// One run: the dialog over the list, the page of its own, and what both tell.
import type { Page } from "@playwright/test";
import { isAccessible } from "../support/accessible";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const list = "/t/contoso/operations";
const dialog = (page: Page) => page.getByRole("dialog", { name: "Operation run" });
const failed = (page: Page) => page.getByRole("row", { name: /Partially succeeded/ }).first().getByRole("link");
const live = (page: Page) => page.getByText("Live", { exact: true }).first();

test("a run opens over the list, keeps the focus and gives it back", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  const href = await failed(page).getAttribute("href");
  await failed(page).click();
  await expect(dialog(page)).toBeVisible();
  await expect(page).toHaveURL(href ?? "");
  await expect(dialog(page).getByRole("button", { name: "Close" })).toBeFocused();
  await expect(dialog(page).getByText("What failed")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
  await expect(page).toHaveURL(list);
  await expect(page).toHaveTitle(/^Operations/);
  await expect(failed(page)).toBeFocused();
});

test("back and forward go between the list and the run over it, a reload shows the run's page", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await page.goto(`${list}?outcome=partially_succeeded`);
  await expect(live(page)).toBeVisible();
  await failed(page).click();
  await expect(dialog(page).getByText("Timeline")).toBeVisible();
  await page.goBack();
  await expect(dialog(page)).toHaveCount(0);
  await expect(page).toHaveURL(`${list}?outcome=partially_succeeded`);
  await page.goForward();
  await expect(dialog(page).getByText("Timeline")).toBeVisible();
  await page.reload();
  await expect(page.getByRole("main").getByText("Timeline")).toBeVisible();
  await expect(dialog(page)).toHaveCount(0);
});

test("a run that is open changes before one's eyes", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await page.getByRole("button", { name: "Sync inventory" }).click();
  await page.getByRole("link", { name: "View run" }).first().click();
  await expect(dialog(page)).toBeVisible();
  await expect(dialog(page).getByText("Attempt 1 started")).toBeVisible();
  await expect(dialog(page).locator(".badge")).toHaveText("Succeeded");
});

test("the context can be searched", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await failed(page).click();
  await dialog(page).getByText("Context", { exact: true }).click();
  await dialog(page).getByRole("searchbox").fill("sample");
  await expect(dialog(page).getByText("1 match")).toBeVisible();
  await dialog(page).getByRole("searchbox").fill("no such thing");
  await expect(dialog(page).getByText("No match")).toBeVisible();
});

test("a run of another tenant does not exist", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  const run = (await failed(page).getAttribute("href")) ?? "";
  await page.context().clearCookies();
  await signIn(page, "owner@fabrikam.example");
  const foreign = await page.goto(run);
  expect(foreign?.status()).toBe(404);
  const own = await page.goto(run.replace("contoso", "fabrikam"));
  expect(own?.status()).toBe(404);
  await expect(page.getByText("Not found").first()).toBeVisible();
});

test("an auditor reads a run and finds nothing to change it", async ({ page }) => {
  await signIn(page, "auditor@contoso.example");
  await failed(page).click();
  await expect(page.getByText("Timeline")).toBeVisible();
  await expect(page.getByRole("button", { name: /Cancel|Retry|Run again/ })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "JSON" })).toBeVisible();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`the dialog, the menus and the help are accessible in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await signIn(page, "owner@contoso.example");
    await expect(live(page)).toBeVisible();
    await page.locator(".filter", { hasText: "Outcome" }).locator("summary").click();
    await page.locator("[name=outcome][value=partially_succeeded]").check();
    await expect(page).toHaveURL(/partially_succeeded/);
    await isAccessible(page);
    await page.keyboard.press("Escape");
    await failed(page).click();
    await expect(dialog(page).getByText("Timeline")).toBeVisible();
    await dialog(page).getByText("Context", { exact: true }).click();
    await isAccessible(page);
    await page.keyboard.press("Escape");
    await expect(dialog(page)).toHaveCount(0);
    await page.keyboard.press("?");
    await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
    await isAccessible(page);
  });
}

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a run is a page that tells everything", async ({ page }) => {
    await signIn(page, "auditor@contoso.example");
    await failed(page).click();
    await expect(page.getByText("What failed")).toBeVisible();
    await page.getByText("Context", { exact: true }).click();
    await expect(page.locator(".json-tree")).toContainText("sample");
    await page.getByRole("link", { name: "Operations" }).last().click();
    await expect(page).toHaveURL(list);
  });
});
