// A browser by the commands of W3C WebDriver, whatever carries them: `send(command, parameters)`.
import { writeFile } from 'node:fs/promises';
import { until } from '../until.js';
import { makeView } from './view.js';

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

export const driveBrowser = (send) => {
  // The command that follows speaks of this frame; none is the page itself.
  const enter = async (frame) => {
    await send('switchToFrame', { id: null });
    if (frame !== undefined) await send('switchToFrame', { id: frame });
  };
  const view = (frame) =>
    makeView({
      async read(expression) {
        await enter(frame);
        return send('execute', { script: `return (${expression})`, args: [] });
      },
      press: (xpath) =>
        until(async () => {
          await enter(frame);
          for (const found of await send('findElements', { using: 'xpath', value: xpath })) {
            const [isVisible] = await send('execute', { script: 'return [arguments[0].checkVisibility()]', args: [found] });
            if (!isVisible) continue;
            await send('click', { id: found[ELEMENT] });
            return true;
          }
          return false;
        }, `there is nothing to click like ${xpath}`),
    });
  return {
    top: view(),
    frame: view(0),
    goto: (url) => send('navigate', { url }),
    async reload() {
      await enter();
      await send('refresh');
    },
    async screenshot(path) {
      await enter();
      await writeFile(path, await send('screenshot'), 'base64');
    },
  };
};
