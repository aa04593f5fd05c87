// The list: filters that are its address, changes that come by themselves, and hands and eyes.
import type { Page } from "@playwright/test";
import { atRest, runsOf, startElsewhere } from "../support/elsewhere";
import { hrefs } from "../support/list";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const list = "/t/contoso/operations";
const rows = (page: Page) => page.locator(".runs tbody tr");
/** The outcome column, where it says just this. */
const outcomes = (page: Page, word: string) => page.locator(".runs td.cell-outcome", { hasText: new RegExp(`^${word}$`) });
const live = (page: Page) => page.getByText("Live", { exact: true }).first();
const filter = (page: Page, name: string) => page.locator(".filter", { hasText: name });

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
  await page.locator(".filter-menu[open] .is-or-not", { hasText: "Is not" }).click();
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

/** The view that the address names: the list shows what the server has for it. */
async function view(page: Page): Promise<{ url: string; shown: (string | null)[] }> {
  const query = new URL(page.url()).search.slice(1);
  const shown = (await runsOf(page, "contoso", query)).map((run) => `${list}/${run.id}`);
  await expect.poll(() => hrefs(page)).toEqual(shown);
  return { url: page.url(), shown };
}

test("back, forward and reload give each view again, whatever it is filtered by", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await atRest(page, "contoso");
  const views = [await view(page)];
  const step = async (act: () => Promise<unknown>, url: RegExp) => {
    await act();
    await expect(page).toHaveURL(url);
    views.push(await view(page));
  };
  await filter(page, "Initiator").locator("summary").click();
  await step(() => page.locator("[name=initiator][value=system]").check(), /initiator=system/);
  await filter(page, "Reason").locator("summary").click();
  await step(() => page.locator("[name=reason][value=not_found]").check(), /reason=not_found/);
  await step(() => page.locator(".filter-menu[open] .is-or-not", { hasText: "Is not" }).click(), /reason_is=not/);
  await filter(page, "Created").locator("summary").click();
  await step(() => page.getByLabel("Last 90 days").check(), /from=-90d/);
  const day = new Date().toISOString().slice(0, 10);
  await step(() => page.locator("[type=date][name=to]").fill(day), new RegExp(`to=${day}`));
  await page.keyboard.press("Escape");
  await step(() => page.getByRole("link", { name: "Older" }).click(), /after=/);
  for (const before of views.slice(0, -1).reverse()) {
    await page.goBack();
    await expect(page).toHaveURL(before.url);
    expect(await view(page)).toEqual(before);
  }
  for (const after of views.slice(1)) {
    await page.goForward();
    await expect(page).toHaveURL(after.url);
    expect(await view(page)).toEqual(after);
  }
  await page.reload();
  expect(await view(page)).toEqual(views.at(-1));
  await expect(filter(page, "Created")).toContainText(`Last 90 days until ${day}`);
  await expect(filter(page, "Reason")).toContainText("not Not found");
});

test("a shared link shows the same runs to somebody else, those of \"Me\" as well", async ({ page, browser, server }) => {
  await signIn(page, "owner@contoso.example");
  await startElsewhere(page, "contoso");
  await atRest(page, "contoso");
  await page.goto(list);
  await expect(live(page)).toBeVisible();
  await filter(page, "Initiator").locator("summary").click();
  await page.locator(".filter-menu[open]").getByLabel("Me", { exact: true }).check();
  await expect(page).toHaveURL(/initiator=[0-9a-f-]{36}$/);
  await expect(filter(page, "Initiator")).toContainText("Me");
  const mine = await view(page);
  expect(mine.shown.length).toBeGreaterThan(0);

  const other = await browser.newPage({ baseURL: server.url });
  await signIn(other, "auditor@contoso.example");
  await other.goto(mine.url);
  await expect.poll(() => hrefs(other)).toEqual(mine.shown);
  await expect(filter(other, "Initiator")).toContainText("Ana Pereira");
  await other.close();
});

test("a session that is lost under an open page leads back to the view that was asked for", async ({ page, context }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await context.clearCookies();
  await filter(page, "Outcome").locator("summary").click();
  // Not checked: by then the page has left.
  await page.locator("[name=outcome][value=failed]").click();
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("E-mail").fill("owner@contoso.example");
  await page.getByLabel("Password").fill("runledger-demo");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${list}?outcome=failed`);
  await expect(page.locator("[name=outcome][value=failed]")).toBeChecked();
  await expect(outcomes(page, "Failed").first()).toBeVisible();
  await expect(outcomes(page, "Succeeded")).toHaveCount(0);
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
});
