// The parts of the operations page that several specs look at.
import { type Locator, type Page, expect } from "@playwright/test";

export const list = "/t/contoso/operations";

export const rows = (page: Page): Locator => page.locator(".runs tbody tr.run");
export const rowOf = (page: Page, run: string): Locator => page.locator(`.runs tbody tr:has(a[href$="/${run}"])`);
export const live = (page: Page): Locator => page.getByText("Live", { exact: true }).first();
export const filter = (page: Page, name: string): Locator => page.locator(".filter", { hasText: name });
export const dialog = (page: Page): Locator => page.getByRole("dialog", { name: "Operation run" });
/** What screen readers are told of the list. */
export const announcer = (page: Page): Locator => page.locator("main > p.sr-only[role=status], main p.sr-only[role=status]").first();

/** The addresses of the rows, from the top. */
export const hrefs = (page: Page): Promise<(string | null)[]> =>
  rows(page).getByRole("link").evaluateAll((links) => links.map((link) => link.getAttribute("href")));

/** Where each row stands. */
export const boxes = (page: Page): Promise<number[][]> =>
  rows(page).evaluateAll((all) =>
    all.map((row) => {
      const { x, y, width, height } = row.getBoundingClientRect();
      return [x, y, width, height];
    }),
  );

/** How many pixels the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

/** Puts the pointer where it is not over the list. */
export async function lookAway(page: Page): Promise<void> {
  await page.mouse.move(5, 5);
}

/** The sum of what moved by itself on the page, from its first paint. Asked for before the page is opened. */
export async function watchShifts(page: Page): Promise<() => Promise<number>> {
  await page.addInitScript(() => {
    const seen = { shift: 0 };
    Object.assign(window, { __shifts: seen });
    new PerformanceObserver((entries) => {
      for (const entry of entries.getEntries() as (PerformanceEntry & { hadRecentInput: boolean; value: number })[]) {
        if (!entry.hadRecentInput) seen.shift += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  return () => page.evaluate(() => (window as unknown as { __shifts: { shift: number } }).__shifts.shift);
}

/** What the browser complains of: a hydration error, a refused script, an exception. */
export function complaints(page: Page): string[] {
  const all: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") all.push(message.text());
  });
  page.on("pageerror", (error) => all.push(error.message));
  return all;
}

/** Waits for the page's script without its stream: the pause button comes alive with it. */
export async function awake(page: Page): Promise<void> {
  await expect(page.locator(".pause.able")).toBeVisible();
}
