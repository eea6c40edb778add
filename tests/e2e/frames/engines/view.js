// What a person does with a page or with the page in its frame, the same for every engine. Each
// engine gives two things: `read(expression)` evaluates JavaScript there, whatever the page may do
// itself; `press(xpath)` clicks the first visible element.
import { until } from '../until.js';

/** No-break spaces made plain, blanks made one. */
const plain = (text) => text.replace(/\s+/g, ' ').trim();

const quoted = (text) => (text.includes('"') ? `'${text}'` : `"${text}"`);

/** Links and buttons that say `text`, or that lie in the part of the page that `inside` finds. */
export const labelled = (text, inside = '') =>
  `${inside}//*[self::a or self::button or self::summary][contains(normalize-space(translate(., "\u00a0", " ")), ${quoted(text)})]`;

export const makeView = ({ read, press }) => {
  const view = {
    read,
    text: async () => plain(await read('document.body.innerText')),
    url: () => read('location.href'),
    press,
    /** Clicks a link or a button by what it says. */
    click: (text, inside) => press(labelled(text, inside)),
    async has(text) {
      return (await view.text()).includes(text);
    },
    /** Waits until the page says this. */
    says: (text) =>
      until(
        () => view.has(text),
        async () => `the page does not say « ${text} » but: ${await view.describe()}`,
      ),
    /** Waits until the address is such, and the page all there. */
    at: (pattern) =>
      until(
        async () => pattern.test(await view.url()) && (await read('document.readyState')) === 'complete',
        async () => `the address is not like ${pattern}: ${await view.describe()}`,
      ),
    /** The page once more, as by « Reload this frame ». */
    async reload() {
      const before = await read('performance.timeOrigin');
      await read('void location.reload()');
      await until(
        async () => (await read('performance.timeOrigin')) !== before && (await read('document.readyState')) === 'complete',
        'the page does not come again',
      );
    },
    /** One step back in the history that all frames of the page share. */
    back: () => read('void history.back()'),
    /** Where it is and what it says, for a failure. */
    async describe() {
      try {
        return `${await view.url()}: ${(await view.text()).slice(0, 600)}`;
      } catch (error) {
        return `nothing to be read (${error.message})`;
      }
    },
  };
  return view;
};
