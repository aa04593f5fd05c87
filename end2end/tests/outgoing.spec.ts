// Where notifications go beyond the product: a webhook from its first day to its last.
import { once } from "node:events";
import { type IncomingHttpHeaders, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { isAccessible } from "../support/accessible";
import { expect, test } from "../support/server";
import { signIn } from "../support/sign-in";

/** A receiver on this machine that keeps what it got. */
async function receiver() {
  const got: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      got.push({ headers: request.headers, body });
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { got, url: `http://127.0.0.1:${port}/a-secret-path`, close: () => server.close() };
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "with scripts" : "without scripts", () => {
    test.use({ javaScriptEnabled });

    test("a webhook is added, tested, sent again, edited and removed", async ({ page }) => {
      const hook = await receiver();
      await signIn(page, "owner@contoso.example");
      await page.goto("/t/contoso/notifications/outgoing");
      const form = page.getByRole("region", { name: "Add a destination" });
      await form.getByLabel("Kind").selectOption("webhook");
      await form.getByLabel("Name").fill("Night watch");
      await form.getByLabel("Address").fill(hook.url);
      await form.getByRole("button", { name: "Add destination" }).click();
      const secret = page.locator(".outgoing-secret code");
      await expect(secret).toHaveText(/^whsec_[A-Za-z0-9+/=]{40,}$/);
      await page.reload();
      await expect(page.getByRole("table", { name: "Destinations" })).toContainText("Night watch");
      await expect(secret).toHaveCount(0);
      expect(await page.content()).not.toContain("a-secret-path");

      await page.getByRole("button", { name: "Send a test: Night watch" }).click();
      await expect(page.getByText("It was delivered.")).toBeVisible();
      await page.getByRole("button", { name: "Redeliver: Test, Night watch" }).click();
      await expect(page.getByText("It was delivered.")).toBeVisible();
      expect(hook.got).toHaveLength(2);
      expect(hook.got[1].headers["webhook-id"]).toBe(hook.got[0].headers["webhook-id"]);
      expect(JSON.parse(hook.got[0].body).type).toBe("test");

      const row = page.getByRole("table", { name: "Destinations" }).getByRole("row", { name: /Night watch/ });
      await row.locator("summary", { hasText: "Edit" }).click();
      await row.getByLabel("Name").fill("Day watch");
      await row.getByLabel("Late schedules").uncheck();
      if (javaScriptEnabled) {
        await isAccessible(page);
      }
      await row.getByRole("button", { name: "Save changes" }).click();
      await expect(page.getByText("The destination was changed.")).toBeVisible();
      const edited = page.getByRole("table", { name: "Destinations" }).getByRole("row", { name: /Day watch/ });
      await expect(edited.locator(".cell-told")).toHaveText("failed, partially succeeded");
      await page.getByRole("button", { name: "Send a test: Day watch" }).click();
      await expect(page.getByText("It was delivered.")).toBeVisible();
      expect(hook.got).toHaveLength(3);

      await edited.locator("summary", { hasText: "Remove" }).click();
      await page.getByRole("button", { name: "Remove it: Day watch" }).click();
      await expect(page.getByText("The destination was removed.")).toBeVisible();
      await expect(page.getByText("Day watch")).toHaveCount(0);
      hook.close();
    });
  });
}
