// The list: filters that are its address, changes that come by themselves, and hands and eyes.
import type { Page } from "@playwright/test";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const list = "/t/contoso/operations";
const rows = (page: Page) => page.locator(".runs tbody tr");
/** The outcome column, where it says just this. */
const outcomes = (page: Page, word: string) => page.locator(".runs td.cell-outcome", { hasText: new RegExp(`^${word}$`) });
const live = (page: Page) => page.getByText("Live", { exact: true }).first();
const filter = (page: Page, name: string) => page.locator(".filter", { hasText: name });

/** Starts an inventory sync from elsewhere, as another person does. */
async function startElsewhere(page: Page, tenant: string): Promise<void> {
  const answer = await page.request.post("/api/operations/start", {
    form: { tenant, operation_type: "inventory.sync" },
    headers: { Origin: new URL(page.url()).origin },
  });
  expect(answer.ok()).toBe(true);
}

test("a filter is the address, and back, forward and reload give the same view", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await filter(page, "Outcome").locator("summary").click();
  await page.locator("[name=outcome][value=failed]").check();
  await expect(page).toHaveURL(`${list}?outcome=failed`);
  await page.locator("[name=outcome][value=cancelled]").check();
  await expect(page).toHaveURL(`${list}?outcome=failed&outcome=cancelled`);
  // The menu stays while one chooses.
  await expect(page.locator("[name=outcome][value=cancelled]")).toBeVisible();
  await expect(filter(page, "Outcome")).toContainText("Failed +1");
  await expect(rows(page).first()).toContainText(/Failed|Cancelled/);
  await expect(outcomes(page, "Succeeded")).toHaveCount(0);
  await page.locator(".filter-menu[open] .side", { hasText: "Is not" }).click();
  await expect(page).toHaveURL(/outcome_is=not/);
  await expect(outcomes(page, "Failed")).toHaveCount(0);

  await page.goBack();
  await expect(page).toHaveURL(`${list}?outcome=failed&outcome=cancelled`);
  await expect(outcomes(page, "Succeeded")).toHaveCount(0);
  await expect(page.locator("[name=outcome_is][value=is]")).toBeChecked();
  await page.goForward();
  await expect(outcomes(page, "Failed")).toHaveCount(0);
  await page.reload();
  await expect(outcomes(page, "Failed")).toHaveCount(0);
  await expect(filter(page, "Outcome")).toContainText("not Failed +1");
  await page.getByRole("link", { name: "Clear", exact: true }).click();
  await expect(page).toHaveURL(list);
});

test("pages go both ways, and the export is of the filtered list", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  const first = await rows(page).first().getByRole("link").getAttribute("href");
  await page.getByRole("link", { name: "Older" }).click();
  await expect(page).toHaveURL(/after=/);
  await expect(page.getByRole("link", { name: "Newest runs" })).toBeVisible();
  await page.getByRole("link", { name: "Newer" }).click();
  await expect(page).toHaveURL(/before=/);
  await expect(rows(page).first().getByRole("link")).toHaveAttribute("href", first ?? "");
  await page.goto(`${list}?outcome=failed`);
  await page.locator(".export-menu summary").click();
  await expect(page.getByRole("link", { name: /^CSV/ })).toHaveAttribute("href", `${list}/export.csv?outcome=failed`);
});

test("nothing that matches is told, with the way back", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await page.goto(`${list}?status=queued&outcome=failed`);
  await expect(page.getByRole("heading", { name: "No run matches" })).toBeVisible();
  await page.getByRole("link", { name: "Clear the filters" }).click();
  await expect(rows(page).first()).toBeVisible();
});

test("an odd address gives the list with a note", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  const answer = await page.goto(`${list}?outcome=maybe&from=yesterday&after=nowhere&x=${"y".repeat(4000)}`);
  expect(answer?.status()).toBe(200);
  await expect(page.locator(".notice")).toContainText("is no outcome");
  await expect(rows(page).first()).toBeVisible();
});

test("a run id in the search goes to the run", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  const href = (await rows(page).nth(3).getByRole("link").getAttribute("href")) ?? "";
  await page.getByRole("searchbox", { name: "Search by run id" }).fill(href.split("/").at(-1) ?? "");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(href);
  await expect(page.getByText("Timeline")).toBeVisible();
});

test("new runs wait for a reader who is busy, and come by themselves to one who is not", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await rows(page).nth(4).getByRole("link").focus();
  const before = await rows(page).first().getByRole("link").getAttribute("href");
  await startElsewhere(page, "contoso");
  const pill = page.getByRole("button", { name: "1 new run" });
  await expect(pill).toBeVisible();
  await expect(rows(page).first().getByRole("link")).toHaveAttribute("href", before ?? "");
  await pill.click();
  await expect(rows(page).first()).toContainText("Ana Pereira");
  await expect(rows(page).first()).toContainText("Succeeded");
  await expect(pill).toHaveCount(0);

  await page.getByRole("button", { name: "Pause" }).click();
  await startElsewhere(page, "contoso");
  await expect(pill).toBeVisible();
  await page.getByRole("button", { name: "Resume" }).click();
  await page.mouse.move(10, 10);
  await expect(live(page)).toBeVisible();
});

test("a run that the filter refuses does not come in", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await page.goto(`${list}?type=restore.execute`);
  await expect(live(page)).toBeVisible();
  const count = await rows(page).count();
  await startElsewhere(page, "contoso");
  await page.goto(`${list}?type=inventory.sync`);
  await expect(rows(page).first()).toContainText("Ana Pereira");
  await page.goBack();
  await expect(rows(page)).toHaveCount(count);
});

test("keys lead through the list", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await expect(rows(page).first().getByRole("link")).toBeFocused();
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox", { name: "Search by run id" });
  await expect(search).toBeFocused();
  await page.keyboard.type("j?");
  await expect(search).toHaveValue("j?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toHaveCount(0);
  await rows(page).first().getByRole("link").focus();
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(help).toBeVisible();
  await help.getByLabel("Use single-key shortcuts").uncheck();
  await page.keyboard.press("Escape");
  await expect(help).toHaveCount(0);
  await page.keyboard.press("/");
  await expect(search).not.toBeFocused();
});

test("the theme is chosen once and never flashes", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await page.locator(".person-menu summary").click();
  const kept = page.waitForResponse(/session\/theme/);
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await kept;
  const html = await (await page.request.get(list)).text();
  expect(html).toContain('data-theme="dark"');
});

test("a session that is lost leads to sign in and back to the same view", async ({ page, context }) => {
  await signIn(page, "owner@contoso.example");
  await context.clearCookies();
  await page.goto(`${list}?outcome=failed`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("E-mail").fill("owner@contoso.example");
  await page.getByLabel("Password").fill("runledger-demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${list}?outcome=failed`);
});

test("a phone shows the filters and the cards in its width", async ({ page }) => {
  await page.setViewportSize({ width: 400, height: 800 });
  await signIn(page, "owner@contoso.example");
  await page.goto(`${list}?outcome=failed&type=drift.generate&from=-90d`);
  await expect(live(page)).toBeVisible();
  await filter(page, "Reason").locator("summary").click();
  await expect(page.locator("[name=reason][value=conflict]")).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the filters are a form, and pages are links", async ({ page }) => {
    await signIn(page, "owner@contoso.example");
    await filter(page, "Outcome").locator("summary").click();
    await page.locator("[name=outcome][value=failed]").check();
    await filter(page, "Outcome").getByRole("button", { name: "Apply" }).click();
    await expect(page).toHaveURL(/outcome=failed/);
    await expect(outcomes(page, "Succeeded")).toHaveCount(0);
    await expect(page.locator("[name=outcome][value=failed]")).toBeChecked();
    await expect(page.locator(".run-count")).toHaveText(/^\d+ runs$/);
    await page.getByRole("link", { name: "Clear outcome" }).click();
    await page.getByRole("link", { name: "Older" }).click();
    await expect(page.getByRole("link", { name: "Newer" })).toBeVisible();
  });

  test("the theme is a form as well", async ({ page }) => {
    await signIn(page, "auditor@contoso.example");
    await page.locator(".person-menu summary").click();
    await page.getByRole("button", { name: "Dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  });
});
