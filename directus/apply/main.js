// node directus/apply/main.js apply|check
// Lit DIRECTUS_URL, DIRECTUS_TOKEN (un administrateur) et, s’il est donné, DIRECTUS_SERVER_TOKEN.
// Sortie : 0 quand Directus est (désormais) conforme, 1 sinon, 2 quand la demande elle-même est fausse.
import { readFileSync } from 'node:fs';
import { client } from './client.js';
import { reconcile } from './reconcile.js';

const [act, ...rest] = process.argv.slice(2);
const { DIRECTUS_URL: address, DIRECTUS_TOKEN: token, DIRECTUS_SERVER_TOKEN: serverToken } = process.env;

const refuse = (sentence) => {
  console.error(sentence);
  process.exit(2);
};

if (!['apply', 'check'].includes(act) || rest.length) refuse('usage : apply|check');
if (!address || !token) refuse('DIRECTUS_URL et DIRECTUS_TOKEN doivent dire où est Directus, et avec quel jeton d’administrateur.');

const tables = JSON.parse(readFileSync(new URL('../tables.json', import.meta.url), 'utf8'));
const api = client(address, token);
let changes = 0;
let faults = 0;

const missing = (what) => {
  faults += 1;
  console.log(`manque    ${what}`);
};

const change = async (what, why, method, path, body) => {
  changes += 1;
  console.log(`${act === 'check' ? 'diffère' : 'écrit  '}   ${what}${why.map((each) => `\n            ${each}`).join('')}`);
  if (act === 'check') return;
  try {
    await api(method, path, body);
  } catch (error) {
    faults += 1;
    console.log(`refusé    ${error.message}`);
  }
};

try {
  await reconcile({ api, tables, change, missing, address, serverToken });
} catch (error) {
  refuse(`Directus (${address}) n’a pas répondu comme prévu : ${error.cause?.message ?? error.message}`);
}
console.log(`${changes} ${act === 'check' ? 'différence' : 'écriture'}${changes > 1 ? 's' : ''}, ${faults} manque${faults > 1 ? 's' : ''}`);
process.exit(faults || (act === 'check' && changes) ? 1 : 0);
