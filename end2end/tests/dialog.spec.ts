// A run open over the list: where the focus is, what the keys do, and the context in the hand.
import type { Page } from "@playwright/test";
import { dialog, filter, list, live, rows } from "../support/list";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

const failed = (page: Page) => page.getByRole("row", { name: /Partially succeeded/ }).first().getByRole("link");

async function open(page: Page): Promise<void> {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  await failed(page).click();
  await expect(dialog(page).getByText("Timeline")).toBeVisible();
}

test("the focus goes round in the open run and never to the page below", async ({ page }) => {
  await open(page);
  for (const key of ["Tab", "Shift+Tab"]) {
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press(key);
      const outside = await page.evaluate(() => {
        const at = document.activeElement;
        // Between the last part and the first one nothing has it.
        return at && at !== document.body && !at.closest("dialog[open]") ? at.outerHTML : null;
      });
      expect(outside, `${key} ${step + 1}`).toBeNull();
    }
  }
});

const ways: [string, (page: Page) => Promise<unknown>][] = [
  ["Escape", (page) => page.keyboard.press("Escape")],
  ["back", (page) => page.goBack()],
  ["a click on the ground beside it", (page) => page.mouse.click(20, 500)],
  ["its close button", (page) => dialog(page).getByRole("button", { name: "Close" }).click()],
];

for (const [how, close] of ways) {
  test(`${how} closes the open run and gives the focus back`, async ({ page }) => {
    await open(page);
    await close(page);
    await expect(dialog(page)).toHaveCount(0);
    await expect(page).toHaveURL(list);
    await expect(failed(page)).toBeFocused();
  });
}

test("Enter opens the row that has the focus, and Escape closes a menu before anything else", async ({ page }) => {
  await signIn(page, "owner@contoso.example");
  await expect(live(page)).toBeVisible();
  for (let press = 0; press < 3; press++) await page.keyboard.press("j");
  const third = rows(page).nth(2).getByRole("link");
  await expect(third).toBeFocused();
  const href = (await third.getAttribute("href")) ?? "";
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(href);
  await expect(dialog(page)).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toHaveCount(0);
  await expect(third).toBeFocused();

  await filter(page, "Reason").locator("summary").click();
  await expect(page.locator(".filter-menu[open]")).toHaveCount(1);
  await page.keyboard.press("Escape");
  await expect(page.locator(".filter-menu[open]")).toHaveCount(0);
  await expect(page).toHaveURL(list);
});

test("a branch of the context folds, and the whole of it can be copied", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page);
  await dialog(page).getByText("Context", { exact: true }).click();
  const tree = dialog(page).locator(".json-tree");
  await expect(tree).toContainText("sample");
  const root = tree.locator("> details.json-branch");
  await expect(root).toHaveAttribute("open", "");
  await root.locator("> summary").click();
  await expect(root).not.toHaveAttribute("open", "");
  await expect(tree.locator(".json-children").first()).toBeHidden();
  await root.locator("> summary").click();
  await expect(tree.locator(".json-children").first()).toBeVisible();

  await dialog(page).getByRole("button", { name: "Copy the context" }).click();
  await expect(dialog(page).getByText("Copied")).toBeAttached();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(copied).toMatchObject({ sample: true });
});
