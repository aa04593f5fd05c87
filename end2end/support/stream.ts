// A live stream that the test speaks for, in the place of the server's: what is told, when it opens, and that it fails.
import { type Page, expect } from "@playwright/test";

/** A connection that the page made, by the page's clock. */
interface Attempt {
  url: string;
  at: number;
}

declare global {
  interface Window {
    __tell(event: unknown): void;
    __open(): void;
    __fail(): void;
    __attempts: Attempt[];
  }
}

export interface Stream {
  /** The connection stands. The page then asks once for what it shows. */
  open(): Promise<void>;
  /** Something happens on the server. */
  tell(event: object): Promise<void>;
  /** The connection breaks off. */
  fail(): Promise<void>;
  /** Every connection that the page made. */
  attempts(): Promise<Attempt[]>;
}

/** For the pages that are opened from now on. */
export async function heldStream(page: Page): Promise<Stream> {
  await page.addInitScript(() => {
    // No class: what the test's compiler makes of one would not be there in the page.
    interface Source {
      url: string;
      readyState: number;
      onopen: ((event: Event) => void) | null;
      onmessage: ((event: MessageEvent) => void) | null;
      onerror: ((event: Event) => void) | null;
      close(): void;
    }
    let current: Source | undefined;
    function HeldEventSource(url: string): Source {
      const source: Source = {
        url,
        readyState: 0,
        onopen: null,
        onmessage: null,
        onerror: null,
        close: () => {
          source.readyState = 2;
        },
      };
      current = source;
      window.__attempts.push({ url, at: Date.now() });
      return source;
    }
    const open = () => {
      if (!current || current.readyState === 2) throw new Error("The page has no stream.");
      return current;
    };
    window.__attempts = [];
    window.__open = () => {
      const source = open();
      source.readyState = 1;
      source.onopen?.(new Event("open"));
    };
    window.__tell = (event) => open().onmessage?.(new MessageEvent("message", { data: JSON.stringify(event) }));
    window.__fail = () => {
      const source = open();
      source.readyState = 0;
      source.onerror?.(new Event("error"));
    };
    Object.assign(window, { EventSource: Object.assign(HeldEventSource, { CONNECTING: 0, OPEN: 1, CLOSED: 2 }) });
  });
  const attempts = () => page.evaluate(() => window.__attempts ?? []);
  return {
    attempts,
    async open() {
      await expect.poll(async () => (await attempts()).length).toBeGreaterThan(0);
      const asked = page.waitForResponse(/\/api\/operations\/(list|show)/);
      await page.evaluate(() => window.__open());
      await asked;
    },
    tell: (event) => page.evaluate((event) => window.__tell(event), event),
    fail: () => page.evaluate(() => window.__fail()),
  };
}
