// Backing up, carrying a set to another tenant and restoring it there: the whole way through the pages.
import { isAccessible } from "../support/accessible";
import { backUp, preview } from "../support/backups";
import { expect, test } from "../support/server";
import { demoPassword, signIn } from "../support/sign-in";

const provider = "provider@runledger.example";

test("a set of one tenant is restored in another, once the name of that tenant was typed", async ({ page }) => {
  test.slow();
  await signIn(page, provider);
  const set = await backUp(page);
  const file = await page.request.get(`${set}/download`);
  expect(file.headers()["content-type"]).toContain("zip");
  await page.goto("/t/fabrikam/backups/load");
  await page.locator("input[type=file]").setInputFiles({ name: "set.zip", mimeType: "application/zip", buffer: await file.body() });
  await page.locator("form.load-form button[type=submit]").click();
  await page.waitForURL(/\/t\/fabrikam\/backups\/[0-9a-f-]{36}/);

  const restore = await preview(page);
  await expect(page.getByText("Nothing is written")).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Confirm" })).toBeVisible();
  const name = page.getByLabel("Type the name of the tenant to restore");
  await name.fill("Contoso");
  await page.getByRole("button", { name: /^Restore \d/ }).click();
  await expect(page.getByRole("main").getByRole("alert")).toContainText("exactly as it is");
  await expect(page.getByText(/will be created in Fabrikam|overwritten/).first()).toBeVisible();
  await isAccessible(page);

  await name.fill(await page.locator("label:has(input[name=name]) strong").innerText());
  await page.getByRole("button", { name: /^Restore \d/ }).click();
  // Its end comes by itself.
  await expect(page.getByText(/^\d created|^\d updated/).first()).toBeVisible();
  await expect(page.getByRole("heading", { name: "Confirm" })).toHaveCount(0);

  // On the ledger it is one run of the list, whose detail leads back.
  await page.goto("/t/fabrikam/operations?type=restore.execute");
  await page.locator("main tbody tr a").first().click();
  const dialog = page.getByRole("dialog", { name: "Operation run" });
  await expect(dialog.locator(`a[href="${restore}"]`)).toBeVisible();

  // Each step stands in the audit log, with who did it.
  await page.goto("/t/fabrikam/audit?action=restore.confirmed");
  await expect(page.locator("main tbody tr")).toHaveCount(1);
  await expect(page.locator("main tbody tr").first()).toContainText("Clara Dubois");
  const log = await page.request.get("/t/fabrikam/audit/export.csv?action=restore.confirmed");
  expect((await log.text()).trim().split("\n")).toHaveLength(2);
});

test("an operator previews and cannot confirm, an auditor sees it and has no button", async ({ page, browser, baseURL }) => {
  test.slow();
  await signIn(page, "operator@contoso.example");
  await backUp(page);
  const restore = await preview(page);
  await expect(page.getByText(/Nothing has to be written|A manager or an owner/)).toBeVisible();
  await expect(page.getByLabel("Type the name of the tenant to restore")).toHaveCount(0);

  // Without scripts, too.
  const plain = await browser.newContext({ baseURL, javaScriptEnabled: false });
  const auditor = await plain.newPage();
  await auditor.goto("/login");
  await auditor.getByLabel("E-mail").fill("auditor@contoso.example");
  await auditor.getByLabel("Password").fill(demoPassword);
  await auditor.getByRole("button", { name: "Sign in" }).click();
  await auditor.goto(restore);
  await expect(auditor.getByRole("heading", { name: "Restore of Golden baseline" })).toBeVisible();
  await expect(auditor.locator("article").getByText("Read-only")).toBeVisible();
  await expect(auditor.locator("article button")).toHaveCount(0);
  await plain.close();
});
