// What axe finds at fault on a page.
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** What on the page fades or slides and will end: half way it has the colours of neither end. */
const moving = (page: Page) =>
  page.evaluate(() =>
    document
      .getAnimations()
      .filter((one) => one.playState === "running" && one.effect?.getComputedTiming().endTime !== Infinity)
      .map((one) => ((one.effect as KeyframeEffect).target as Element).outerHTML.slice(0, 200)),
  );

/** The faults of the page once it is at rest, each as its rule and the elements. */
export async function faults(page: Page): Promise<string[]> {
  await expect.poll(() => moving(page), { intervals: [50] }).toEqual([]);
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

/** Fails with the faults, where there are any. */
export async function isAccessible(page: Page): Promise<void> {
  expect(await faults(page)).toEqual([]);
}
