// What only reads, with JavaScript and without it: other tenants, roles, phones, the dark, and what axe finds.
import type { Page } from "@playwright/test";
import { faults } from "../support/accessible";
import { list, live, overflow, rows } from "../support/list";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const addressOfRun = async (page: Page, nth = 0) => (await rows(page).nth(nth).getByRole("link").getAttribute("href")) ?? "";

/** How bright the page's ground is, from 0 to 255. */
const brightness = (page: Page) =>
  page.evaluate(() => {
    const numbers = getComputedStyle(document.documentElement).backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    return (numbers[0] + numbers[1] + numbers[2]) / 3;
  });

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled });

    test("another tenant's list and runs do not exist", async ({ page }) => {
      await signIn(page, "owner@contoso.example");
      await page.goto(list);
      const run = await addressOfRun(page);
      await page.context().clearCookies();
      await signIn(page, "owner@fabrikam.example");
      for (const path of [list, run, run.replace("contoso", "fabrikam"), `${list}?outcome=failed`]) {
        const answer = await page.goto(path);
        expect(answer?.status(), path).toBe(404);
        await expect(page.getByText("Not found").first()).toBeVisible();
        await expect(page.locator(".runs")).toHaveCount(0);
      }
    });

    test("a phone shows cards with what matters, within its width", async ({ page }) => {
      await page.setViewportSize({ width: 400, height: 800 });
      await signIn(page, "owner@contoso.example");
      await page.goto(list);
      const head = await page.locator(".runs thead").boundingBox();
      expect(Math.max(head?.width ?? 0, head?.height ?? 0)).toBeLessThanOrEqual(1);
      for (const row of [rows(page).first(), rows(page).nth(7)]) {
        await expect(row).toHaveCSS("display", "grid");
        await expect(row.locator(".cell-operation .row-link")).toBeVisible();
        await expect(row.locator(".cell-initiator .clip")).toBeVisible();
        await expect(row.locator(".badge:visible, .outcome:visible")).toHaveCount(1);
        await expect(row.locator(".cell-duration .duration")).toBeVisible();
      }
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await page.goto(await addressOfRun(page));
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    });

    test("the system's dark is dark from the first paint", async ({ page }) => {
      await page.emulateMedia({ colorScheme: "dark" });
      await signIn(page, "owner@contoso.example");
      for (const path of [list, await addressOfRun(page)]) {
        await page.goto(path);
        await expect(page.locator("h1").first()).toBeVisible();
        expect(await brightness(page)).toBeLessThan(80);
      }
      await page.emulateMedia({ colorScheme: "light" });
      expect(await brightness(page)).toBeGreaterThan(200);
    });

    test("a readonly user reads it all and finds nothing to press", async ({ page }) => {
      await signIn(page, "auditor@contoso.example");
      await page.goto(`${list}?outcome=partially_succeeded`);
      await expect(page.getByRole("main").getByText("Read-only", { exact: true })).toBeVisible();
      await expect(page.getByRole("button", { name: /^Sync/ })).toHaveCount(0);
      await page.goto(await addressOfRun(page));
      await expect(page.getByText("What failed")).toBeVisible();
      await expect(page.getByText("Timeline")).toBeVisible();
      await expect(page.getByRole("link", { name: "JSON" })).toBeVisible();
      await expect(page.getByRole("button", { name: /Cancel|Retry|Run/ })).toHaveCount(0);
      await expect(page.locator("main form[action*='/api/operations/']")).toHaveCount(0);
    });
  });
}

for (const alive of [true, false]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds no fault in ${alive ? "the living page" : "the server's markup"}, ${colorScheme}`, async ({ page }) => {
      // axe is a script: the page itself gets none of its own, which is what it is without JavaScript.
      if (!alive) await page.route(/\/pkg\/.*\.(js|wasm)/, (route) => route.abort());
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await signIn(page, "auditor@contoso.example");
      await page.goto(list);
      const run = await addressOfRun(page, 1);
      for (const path of [list, `${list}?outcome=failed&type=drift.generate&from=-90d`, `${list}?status=queued&outcome=failed`, run]) {
        for (const width of [1280, 400]) {
          await page.setViewportSize({ width, height: 800 });
          await page.goto(path);
          if (alive) await expect(live(page)).toBeVisible();
          expect(await faults(page), `${path}, ${width} px wide`).toEqual([]);
        }
      }
    });
  }
}
