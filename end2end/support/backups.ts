// Backup sets and restores, made through the pages.
import { type Page, expect } from "@playwright/test";

/** Makes the policies of Contoso known and backs a few of them up; gives the address of the set. */
export async function backUp(page: Page): Promise<string> {
  await page.goto("/t/contoso/policies");
  await page.getByRole("button", { name: "Sync policies" }).first().click();
  await expect(async () => {
    await page.goto("/t/contoso/backups/new");
    await expect(page.getByLabel("Name of the set")).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.getByLabel("Name of the set").fill("Golden baseline");
  for (const box of (await page.locator("main tbody input[type=checkbox]").all()).slice(0, 3)) await box.check();
  await page.locator("main button.button-primary").last().click();
  await page.waitForURL(/\/backups\/[0-9a-f-]{36}/);
  const address = new URL(page.url()).pathname;
  await expect(async () => {
    await page.goto(address);
    await expect(page.getByText("Complete", { exact: true }).first()).toBeVisible({ timeout: 500 });
  }).toPass();
  return address;
}

/** Everything of the set that is open, as a preview; gives the address of the restore. */
export async function preview(page: Page): Promise<string> {
  for (const box of await page.locator("form[action*='restores/create'] tbody input[type=checkbox]").all()) await box.check();
  await page.getByRole("button", { name: /^Restore/ }).click();
  await page.waitForURL(/\/restores\/[0-9a-f-]{36}/);
  const address = new URL(page.url()).pathname;
  await expect(page.getByRole("button", { name: "Preview again" })).toBeVisible();
  return address;
}
