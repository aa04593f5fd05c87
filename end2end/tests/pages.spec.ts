// Every page of a tenant: it opens from the navigation, stays within a phone, and has no fault that axe finds.
import type { Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { faults } from "../support/accessible";
import { backUp, preview } from "../support/backups";
import { runOf, runsOf } from "../support/elsewhere";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

/** The pages of a tenant as the route table has them, within `/t/{tenant}`. */
const routes = [...readFileSync(resolve(__dirname, "../../src/app.rs"), "utf8").matchAll(/path!\("([^"]*)"\)/g)]
  .map(([, path]) => path)
  .filter((path) => !["/", "/login", "/t/:tenant"].includes(path));

/** The addresses of all pages: each parameter of a route needs an example, by the words of its address. */
function addresses(examples: Record<string, string>): string[] {
  return routes.map((route) => {
    const path = route.replace(/:[a-z]+/g, (name) => {
      if (!(name in examples)) throw new Error(`What stands in ${route}? Give ${name} an example.`);
      return examples[name];
    });
    return `/t/contoso${path}`;
  });
}

/** Lets each area have something to show. */
async function fill(page: Page): Promise<void> {
  for (const area of ["inventory", "policies", "groups"]) {
    await page.goto(`/t/contoso/${area}`);
    await page.getByRole("main").getByRole("button", { name: /^Sync/ }).first().click();
    await expect(page.locator("main table tbody tr").first()).toBeVisible({ timeout: 30_000 });
  }
}

/** Makes something for each page to show, and gives what stands in its address. */
async function furnish(page: Page): Promise<Record<string, string>> {
  await fill(page);
  const last = (address: string | null) => address?.split("/").at(-1) ?? "";
  await page.goto("/t/contoso/policies");
  const policy = (await page.locator("main table tbody tr a").first().getAttribute("href")) ?? "";
  const [family, id] = policy.split("/").slice(-2);
  const set = last(await backUp(page));
  const restore = last(await preview(page));
  // The set has some of the tenant's policies: the others have come since.
  const origin = { Origin: new URL(page.url()).origin };
  const started = await page.request.post("/api/drift/generate", {
    form: { tenant: "contoso", baseline: `backup_set:${set}` },
    headers: origin,
  });
  expect(started.ok()).toBe(true);
  // The restore goes on waiting for its confirmation.
  const { run } = (await started.json()) as { run: { id: string } };
  await expect.poll(async () => (await runOf(page, "contoso", run.id)).status, { timeout: 45_000 }).toBe("completed");
  const answer = await page.request.post("/api/drift/list", { form: { tenant: "contoso" }, headers: origin });
  const findings = (await answer.json()) as { items: { id: string }[] };
  const [failed] = await runsOf(page, "contoso", "outcome=partially_succeeded");
  return { ":family": family, ":id": id, ":set": set, ":restore": restore, ":finding": findings.items[0].id, ":run": failed.id };
}

test("each page is without a fault, in light and dark, and within a phone", async ({ page }) => {
  test.setTimeout(600_000);
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  await signIn(page, "owner@contoso.example");
  const pages = addresses(await furnish(page));
  expect(pages.length).toBeGreaterThan(15);
  const found: string[] = [];
  for (const path of pages) {
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 900 });
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(200);
    await expect(page.getByRole("heading", { level: 1 }), path).toBeVisible();
    for (const fault of await faults(page)) found.push(`${path}, light: ${fault}`);
    await page.emulateMedia({ colorScheme: "dark" });
    for (const fault of await faults(page)) found.push(`${path}, dark: ${fault}`);
    await page.setViewportSize({ width: 400, height: 850 });
    for (const fault of await faults(page)) found.push(`${path}, phone: ${fault}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) found.push(`${path}: ${wide} px wider than a phone`);
  }
  expect(found).toEqual([]);
  expect(errors).toEqual([]);
});

test("the navigation goes from area to area without loading the page anew", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(page.getByText("Live", { exact: true }).first()).toBeVisible();
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  const areas = page.getByRole("navigation", { name: "Areas" }).getByRole("link");
  for (const area of await areas.all()) {
    const href = (await area.getAttribute("href")) ?? "";
    await area.click();
    await expect(page).toHaveURL(href);
    await expect(area).toHaveAttribute("aria-current", "page");
    await expect(page.getByRole("main").getByRole("heading", { level: 1 })).toBeVisible();
  }
  expect(await page.evaluate(() => "sameDocument" in window)).toBe(true);
});

test("what is searched for stands in the address and outlives a reload", async ({ page }) => {
  test.slow();
  await signIn(page, "owner@contoso.example");
  await fill(page);
  for (const area of ["inventory", "policies", "groups"]) {
    await page.goto(`/t/contoso/${area}`);
    const rows = page.locator("main table tbody tr");
    const name = await rows.first().locator("a, th, td").first().innerText();
    const word = name.trim().split(/\s+/)[0];
    await page.getByRole("main").getByRole("searchbox").fill(word);
    await page.getByRole("main").getByRole("searchbox").press("Enter");
    await expect(page, area).toHaveURL(new RegExp(`q=${encodeURIComponent(word)}$`));
    await expect(rows.first()).toContainText(word);
    const shown = await rows.count();
    await page.reload();
    await expect(rows).toHaveCount(shown);
    await expect(page.getByRole("main").getByRole("searchbox")).toHaveValue(word);
    await page.goto(`/t/contoso/${area}?q=no-such-thing`);
    await expect(rows).toHaveCount(0);
  }
});
