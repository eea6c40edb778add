// De tables.json, en mots, aux métadonnées que Directus range : une fonction par sorte de champ.
// Sans « edit », un champ est en lecture seule ; « creation » le laisse remplir à la création seulement.
// Ces mentions guident l’écran ; ce qui est permis pour de bon est dans role.sql, et un test tient les deux ensemble.

const french = (translation, more = {}) => [{ language: 'fr-FR', translation, ...more }];

const MOMENT = { format: 'd MMM y HH:mm', relative: false };

const choiceLabels = (choices) => choices.map(({ value, text, color = null }) => ({ value, text, foreground: color, background: null }));

const KINDS = {
  key: () => ({ interface: 'input', hidden: true }),
  line: () => ({ interface: 'input', display: 'raw' }),
  text: () => ({ interface: 'input-multiline', display: 'raw', width: 'full' }),
  number: () => ({ interface: 'input', display: 'raw' }),
  yes_no: () => ({
    interface: 'boolean',
    special: ['cast-boolean'],
    display: 'boolean',
    options: { label: 'Oui' },
    display_options: { labelOn: 'Oui', labelOff: 'Non' },
  }),
  moment: () => ({ interface: 'datetime', display: 'datetime', options: { includeSeconds: false }, display_options: MOMENT }),
  choice: ({ choices }) => ({
    interface: 'select-dropdown',
    display: 'labels',
    options: { choices: choices.map(({ value, text }) => ({ value, text })), allowNone: false },
    display_options: { choices: choiceLabels(choices), format: false },
  }),
  link: ({ to }, tables) => ({
    interface: 'select-dropdown-m2o',
    special: ['m2o'],
    display: 'related-values',
    options: { template: tables[to].template, enableCreate: false },
    display_options: { template: tables[to].template },
  }),
  list: ({ of, columns, sort, removes = false }, tables) => ({
    interface: 'list-o2m',
    special: ['o2m'],
    display: 'related-values',
    width: 'full',
    options: {
      layout: 'table',
      fields: columns,
      sort: sort.replace(/^-/, ''),
      sortDirection: sort.startsWith('-') ? '-' : '+',
      limit: 50,
      enableCreate: false,
      enableSelect: false,
      enableLink: true,
    },
    display_options: { template: tables[of].template },
    readonly: !removes,
  }),
};

// Avant la création, la clé est vide, ou montre la valeur que la base donnera.
const NOT_YET = { _or: [{ id: { _null: true } }, { id: { _eq: 'gen_random_uuid()' } }] };
const AT_CREATION = { name: 'À la création', rule: NOT_YET, readonly: false, hidden: false, options: {} };

const fieldMeta = (field, sort, tables) => ({
  readonly: field.edit !== true,
  conditions: field.edit === 'creation' ? [AT_CREATION] : null,
  hidden: false,
  required: field.required ?? false,
  width: field.wide ? 'full' : 'half',
  sort,
  note: field.note,
  translations: french(field.label),
  ...KINDS[field.kind](field, tables),
});

/** Les tables dans l’ordre du menu, avec ce que Directus doit savoir de chacune. */
export const collectionsOf = (tables, folders) => {
  const inFolder = new Map();
  const rank = (group) => inFolder.set(group, (inFolder.get(group) ?? 0) + 1).get(group);
  return [
    ...folders.map(({ collection, label, icon, note }, index) => ({
      collection,
      isFolder: true,
      meta: { icon, note, sort: index + 1, collapse: 'open', translations: french(label) },
    })),
    ...Object.entries(tables).map(([collection, { label, singular, plural, icon, group, template, note }]) => ({
      collection,
      meta: {
        icon,
        note,
        group,
        sort: rank(group),
        hidden: false,
        // Qui a fait quoi et quand, sans copie des données : rien de personnel ne survit à un effacement.
        accountability: 'activity',
        display_template: template,
        translations: french(label, { singular, plural }),
      },
    })),
  ];
};

/** Les champs qui sont des colonnes. */
export const fieldsOf = (tables) =>
  Object.entries(tables).flatMap(([collection, { fields }]) =>
    Object.entries(fields).flatMap(([field, words], index) =>
      words.kind === 'list' ? [] : [{ collection, field, meta: fieldMeta(words, index + 1, tables) }],
    ),
  );

/** Les listes inverses : le champ, et la relation qu’il lit. */
export const listsOf = (tables) =>
  Object.entries(tables).flatMap(([collection, { fields }]) =>
    Object.entries(fields).flatMap(([field, words], index) => {
      if (words.kind !== 'list') return [];
      const relation = { one_field: field, one_deselect_action: words.removes ? 'delete' : 'nullify' };
      return [{ collection, field, of: words.of, by: words.by, meta: fieldMeta(words, index + 1, tables), relation }];
    }),
  );
