// Compare un Directus à la configuration, et dans cet ordre : dossiers et tables, champs, listes inverses, accès, vues,
// tableau de bord, réglages, compte du serveur. Chaque étape relit avant d’écrire ; `change` décide si l’on écrit.
import { permissionsFor, policies, roles, serverAccount } from '../access.js';
import { dashboards, panelsFor } from '../dashboard.js';
import { folders, settings } from '../settings.js';
import { viewsFor } from '../views.js';
import { differences } from './differences.js';
import { collectionsOf, fieldsOf, listsOf } from './expand.js';
import { Refusal, client } from './client.js';

const keyed = (rows, key) => new Map(rows.map((row) => [key(row), row]));
const fieldKey = ({ collection, field }) => `${collection}.${field}`;

// Ce que l’on veut, à côté de ce qui est : rien à faire, à créer, ou à reprendre.
const comparing = (change) => (what, want, got, { create, update }) => {
  if (!got) return change(what, ['absent'], ...create);
  const found = differences(want, got);
  return found.length ? change(what, found, ...update(got)) : undefined;
};

const collections = async ({ api, tables, missing, wanted }) => {
  const known = keyed(await api('GET', '/collections'), ({ collection }) => collection);
  for (const { collection, isFolder, meta } of collectionsOf(tables, folders)) {
    const got = known.get(collection);
    if (!got && !isFolder) {
      missing(`la table ${collection} n’est pas visible : lancez les migrations, puis bin/directus role`);
      continue;
    }
    await wanted(isFolder ? `dossier ${collection}` : `table ${collection}`, meta, got && (got.meta ?? {}), {
      create: ['POST', '/collections', { collection, schema: null, meta }],
      update: () => ['PATCH', `/collections/${collection}`, { meta }],
    });
  }
};

const fields = async ({ api, tables, missing, wanted }) => {
  const known = keyed(await api('GET', '/fields'), fieldKey);
  const named = new Set();
  for (const { collection, field, meta } of fieldsOf(tables)) {
    const name = fieldKey({ collection, field });
    named.add(name);
    if (!known.has(name)) missing(`la colonne ${name} n’existe pas : retirez-la de tables.json, ou lancez les migrations`);
    else {
      const update = () => ['PATCH', `/fields/${collection}/${field}`, { meta }];
      await wanted(`champ ${name}`, meta, known.get(name).meta ?? {}, { update });
    }
  }
  for (const { collection, field, meta } of listsOf(tables)) {
    const name = fieldKey({ collection, field });
    named.add(name);
    await wanted(`liste ${name}`, meta, known.get(name)?.meta, {
      create: ['POST', `/fields/${collection}`, { field, type: 'alias', schema: null, meta }],
      update: () => ['PATCH', `/fields/${collection}/${field}`, { meta }],
    });
  }
  for (const [name, { collection }] of known) {
    if (collection in tables && !named.has(name)) missing(`la colonne ${name} n’a pas de libellé : ajoutez-la à tables.json`);
  }
};

const relations = async ({ api, tables, missing, wanted }) => {
  const known = keyed(await api('GET', '/relations'), fieldKey);
  for (const { of, by, relation } of listsOf(tables)) {
    const name = fieldKey({ collection: of, field: by });
    if (!known.has(name)) missing(`${name} n’est pas une clé étrangère`);
    else {
      const update = () => ['PATCH', `/relations/${of}/${by}`, { meta: relation }];
      await wanted(`relation ${name}`, relation, known.get(name).meta ?? {}, { update });
    }
  }
};

// Des objets à identifiant fixe.
const objects = async ({ api, wanted }, kind, path, rows) => {
  const known = keyed(await api('GET', `${path}?limit=-1`), ({ id }) => id);
  for (const row of rows) {
    await wanted(`${kind} « ${row.name} »`, row, known.get(row.id), {
      create: ['POST', path, row],
      update: () => ['PATCH', `${path}/${row.id}`, row],
    });
  }
};

const access = async (run) => {
  const { api, change } = run;
  await objects(run, 'politique', '/policies', policies);
  await objects(run, 'rôle', '/roles', roles.map(({ policy, ...role }) => role));
  const attached = await api('GET', '/roles?limit=-1&fields=id,policies.policy');
  for (const { id, name, policy } of roles) {
    const role = attached.find((each) => each.id === id);
    if (role?.policies?.some((each) => each.policy === policy)) continue;
    const body = { policies: { create: [{ policy }], update: [], delete: [] } };
    await change(`rôle « ${name} »`, ['sa politique ne lui est pas rattachée'], 'PATCH', `/roles/${id}`, body);
  }
};

const permissions = async ({ api, tables, change, wanted }) => {
  const rows = permissionsFor(Object.keys(tables));
  const nameOf = ({ policy, collection, action }) =>
    `droit « ${policies.find(({ id }) => id === policy).name} » : ${action} ${collection}`;
  const key = ({ policy, collection, action }) => `${policy} ${collection} ${action}`;
  const ours = new Set(policies.map(({ id }) => id));
  const known = (await api('GET', '/permissions?limit=-1')).filter(({ id, policy }) => id && ours.has(policy));
  const byKey = keyed(known, key);
  for (const row of rows) {
    await wanted(nameOf(row), row, byKey.get(key(row)), {
      create: ['POST', '/permissions', row],
      update: ({ id }) => ['PATCH', `/permissions/${id}`, row],
    });
  }
  const kept = new Set(rows.map(key));
  for (const row of known) {
    if (!kept.has(key(row))) await change(nameOf(row), ['en trop'], 'DELETE', `/permissions/${row.id}`);
  }
};

const views = async ({ api, tables, change, wanted }, livingGrains) => {
  const key = ({ collection, bookmark }) => `${collection} ${bookmark ?? ''}`;
  const known = await api('GET', '/presets?limit=-1&filter[user][_null]=true&filter[role][_null]=true');
  const byKey = keyed(known, key);
  const nameOf = ({ collection, bookmark }) => `vue ${collection}${bookmark ? ` « ${bookmark} »` : ''}`;
  const rows = viewsFor(livingGrains);
  for (const view of rows) {
    await wanted(nameOf(view), view, byKey.get(key(view)), {
      create: ['POST', '/presets', view],
      update: ({ id }) => ['PATCH', `/presets/${id}`, view],
    });
  }
  // Celles de tout le monde viennent d’ici ; celle qu’une personne garde pour elle lui reste.
  const kept = new Set(rows.map(key));
  for (const view of known) {
    if (view.collection in tables && !kept.has(key(view))) await change(nameOf(view), ['en trop'], 'DELETE', `/presets/${view.id}`);
  }
};

const dashboard = async (run, livingGrains) => {
  const { api, change } = run;
  await objects(run, 'tableau de bord', '/dashboards', dashboards);
  const panels = panelsFor(livingGrains);
  await objects(run, 'panneau', '/panels', panels);
  const ours = new Set(panels.map(({ id }) => id));
  for (const { id: board } of dashboards) {
    for (const { id, name } of await api('GET', `/panels?limit=-1&filter[dashboard][_eq]=${board}`)) {
      if (!ours.has(id)) await change(`panneau « ${name} »`, ['en trop'], 'DELETE', `/panels/${id}`);
    }
  }
};

// Directus ne montre jamais un jeton : on l’essaie.
const opens = async (address, token) => {
  try {
    return (await client(address, token)('GET', '/users/me?fields=id')).id === serverAccount.id;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
};

const server = async ({ api, change, wanted, address, serverToken }) => {
  const [got] = await api('GET', `/users?limit=1&filter[id][_eq]=${serverAccount.id}`);
  // Sans jeton donné, un compte qui existe garde le sien.
  if (!serverToken && !got) return;
  const path = `/users/${serverAccount.id}`;
  await wanted('compte « Serveur du cours »', serverAccount, got, {
    create: ['POST', '/users', { ...serverAccount, token: serverToken }],
    update: () => ['PATCH', path, serverAccount],
  });
  if (got && serverToken && !(await opens(address, serverToken))) {
    await change('compte « Serveur du cours »', ['son jeton n’est pas DIRECTUS_SERVER_TOKEN'], 'PATCH', path, { token: serverToken });
  }
};

/**
 * Donné : `api` parle à Directus, `tables` est tables.json ; `change(what, why, method, path, body)` est appelé pour chaque
 * écart, `missing(what)` pour ce que seule une migration (ou tables.json) peut apporter.
 */
export const reconcile = async (given) => {
  const run = { ...given, wanted: comparing(given.change) };
  await collections(run);
  await fields(run);
  await relations(run);
  await access(run);
  await permissions(run);
  const [{ count }] = await run.api('GET', '/items/grains?aggregate[count]=*&filter[retired_at][_null]=true');
  await views(run, Number(count));
  await dashboard(run, Number(count));
  await run.wanted('réglages', settings, await run.api('GET', '/settings'), { update: () => ['PATCH', '/settings', settings] });
  await server(run);
};
