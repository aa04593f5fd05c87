// The theme: the system's or one of the reader's own, right from the first byte.
import { list, live } from "../support/list";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

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

test("the theme outlives a reload, and the system's is followed where nothing else is chosen", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const choose = async (theme: string) => {
    await page.locator(".person-menu summary").click();
    const kept = page.waitForResponse(/session\/theme/);
    await page.getByRole("button", { name: theme }).click();
    await kept;
    await page.keyboard.press("Escape");
  };
  const light = await ground();
  await choose("Dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const dark = await ground();
  expect(dark).not.toBe(light);
  await expect(live(page)).toBeVisible();
  await choose("System");
  await expect.poll(ground).toBe(light);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(ground).toBe(dark);
  await page.reload();
  expect(await ground()).toBe(dark);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("the theme is a form as well", async ({ page }) => {
    await signIn(page, "auditor@contoso.example");
    await page.locator(".person-menu summary").click();
    await page.getByRole("button", { name: "Dark" }).click();
    await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  });
});
