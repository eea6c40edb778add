// What axe finds in a page.
import axe from 'axe-core';

/**
 * Runs axe beside the page, or beside the page of a frame, as the browser's own tools do: the policy
 * of the page stays on.
 */
export const violations = async (page) => {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() =>
    window.axe.run(document, { rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'] }),
  );
  return found.violations.map(
    ({ id, help, nodes }) => `${id}: ${help} (${nodes.map(({ target }) => target.join(' ')).join(', ')})`,
  );
};
