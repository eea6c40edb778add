// One line per test, failures in full, the sum at the end.
import { inspect } from 'node:util';

const cause = ({ error, type }) => {
  const inner = error?.cause ?? error;
  return type === 'suite' ? '' : `    ${(inner?.stack ?? inspect(inner)).replaceAll('\n', '\n    ')}\n`;
};

/** A reporter whose last line begins with `name`. */
export const reportAs = (name) => async function* report(events) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details.type === 'suite') continue;
    const duration = `${(data.details.duration_ms / 1000).toFixed(1)} s`;
    if (data.skip !== undefined) {
      sum.skipped += 1;
      yield `skipped  ${data.name}: ${data.skip}\n`;
    } else if (type === 'test:pass') {
      sum.passed += 1;
      yield `passed   ${data.name} (${duration})\n`;
    } else {
      sum.failed += 1;
      yield `FAILED   ${data.name} (${duration})\n${cause(data.details)}`;
    }
  }
  const skipped = sum.skipped ? `, ${sum.skipped} skipped` : '';
  yield `${name}: ${sum.passed} passed, ${sum.failed} failed${skipped}\n`;
};

export default reportAs('e2e');
