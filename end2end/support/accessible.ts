// What axe finds at fault on a page.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/**
 * The faults of the page once nothing on it fades or slides any more, each as its rule and the elements: what is half
 * way has the colours of neither end. What turns without end is not waited for.
 */
export async function faults(page: Page): Promise<string[]> {
  await page.evaluate(async () => {
    const passing = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(passing.map((one) => one.finished));
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

/** Fails with the faults, where there are any. */
export async function isAccessible(page: Page): Promise<void> {
  expect(await faults(page)).toEqual([]);
}
