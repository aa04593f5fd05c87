// Runs that begin and end without a page: as another device, another person or a script asks for them.
import type { APIRequestContext, Page } from "@playwright/test";
import { expect } from "@playwright/test";
import type { Server } from "./server";
import { demoPassword } from "./sign-in";

/** A toast on the page that says this. */
export const toast = (page: Page, words: string | RegExp) => page.locator(".toast", { hasText: words });

/** Starts an operation, or joins the active one; gives the id of the run. */
export async function startRun(request: APIRequestContext, tenant: string, type: string): Promise<string> {
  const answer = await request.post("/api/operations/start", {
    form: { tenant, operation_type: type },
    headers: { Accept: "application/json" },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  return (await answer.json()).run.id;
}

export async function statusOf(request: APIRequestContext, tenant: string, run: string): Promise<string> {
  const answer = await request.get(`/t/${tenant}/operations/${run}/export.json`);
  return (await answer.json()).run.status;
}

/** Waits until the run has ended. */
export async function ended(request: APIRequestContext, tenant: string, run: string): Promise<void> {
  await expect.poll(() => statusOf(request, tenant, run), { timeout: 30_000 }).toBe("completed");
}

/** Lets the Graph of the sample tenants have these faults, in place of those that it has. */
export async function setFaults(server: Server, faults: string[]): Promise<void> {
  const answer = await fetch(`${server.graph}/_simulator/faults`, {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(faults),
  });
  expect(answer.ok, `${answer.status}`).toBe(true);
}

/** Signs a person in without a page. */
export async function signInWith(request: APIRequestContext, email: string): Promise<void> {
  const answer = await request.post("/api/session/sign_in", {
    form: { email, password: demoPassword },
    headers: { Accept: "application/json" },
    maxRedirects: 0,
  });
  expect(answer.status(), email).toBeLessThan(400);
}

/** Says what the person wants to hear of in the tenant; what is not named they do not. */
export async function saveSettings(
  request: APIRequestContext,
  tenant: string,
  wishes: Record<string, string>,
): Promise<void> {
  const answer = await request.post("/api/notifications/save_settings", {
    form: { tenant, ...wishes },
    headers: { Accept: "application/json" },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** Marks all of the person's notifications as read. */
export async function readAll(request: APIRequestContext): Promise<void> {
  const answer = await request.post("/api/notifications/read", { form: {}, headers: { Accept: "application/json" } });
  expect(answer.ok(), await answer.text()).toBe(true);
}
