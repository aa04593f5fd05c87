// What another person, or another tab, does meanwhile: past the page, over HTTP, with the page's own session.
import { type Page, expect } from "@playwright/test";

/** A run as the server tells it; the fields that tests look at or change. */
export interface Run {
  id: string;
  operation_type: string;
  status: "queued" | "running" | "completed";
  outcome: string | null;
  initiator: { user_id: string | null; name: string };
  started_at: string | null;
  completed_at: string | null;
  created_at: string;
  updated_at: string;
  [field: string]: unknown;
}

async function ask<T>(page: Page, path: string, form: Record<string, string>): Promise<T> {
  const answer = await page.request.post(`/api/${path}`, { form, headers: { Origin: new URL(page.url()).origin } });
  expect(answer.ok(), `${path}: ${answer.status()}`).toBe(true);
  return (await answer.json()) as T;
}

/** Starts an operation from elsewhere, as another person does; gives the run's id. */
export async function startElsewhere(page: Page, tenant: string, operation = "inventory.sync"): Promise<string> {
  const started = await ask<{ run: Run }>(page, "operations/start", { tenant, operation_type: operation });
  return started.run.id;
}

/** The runs of a list as the server has them now. */
export async function runsOf(page: Page, tenant: string, query = ""): Promise<Run[]> {
  return (await ask<{ runs: Run[] }>(page, "operations/list", { tenant, query })).runs;
}

/** One run as the server has it now. */
export async function runOf(page: Page, tenant: string, run: string): Promise<Run> {
  return (await ask<{ run: Run }>(page, "operations/show", { tenant, run })).run;
}

/** Waits until nothing goes on in the tenant, so that two looks at it see the same. A restore may wait for a person for good. */
export async function atRest(page: Page, tenant: string): Promise<void> {
  const active = "status=completed&status_is=not&type=restore.execute&type_is=not";
  await expect.poll(async () => (await runsOf(page, tenant, active)).length, { timeout: 45_000 }).toBe(0);
}

let made = 0;

/** A run that the server does not know, newer than every other: a copy with an id and times of its own. */
export function newRun(like: Run, changes: Partial<Run> = {}): Run {
  made += 1;
  const millis = Date.now() + 60_000 + made;
  const digits = millis.toString(16).padStart(12, "0");
  const at = new Date(millis).toISOString();
  return {
    ...like,
    id: `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-${made.toString(16).padStart(12, "0")}`,
    created_at: at,
    started_at: at,
    completed_at: at,
    updated_at: at,
    ...changes,
  };
}

/** A run that the page shows, in a newer state. */
export function changed(run: Run, changes: Partial<Run>): Run {
  return { ...run, updated_at: new Date(Date.now() + 60_000).toISOString(), ...changes };
}

/** A run that goes on. */
export const running: Partial<Run> = { status: "running", outcome: null, completed_at: null };
