// Signs a person in through the page, as a person does.
import type { Page } from "@playwright/test";

/** The password of every sample sign-in of the demo. */
export const demoPassword = "runledger-demo";

/** Opens the sign-in page, signs in and waits until the page has moved on. */
export async function signIn(page: Page, email: string, password = demoPassword): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname !== "/login");
}
