// Qui peut quoi dans Directus. L’édition sans clé ne connaît que des droits entiers : une table, tous ses champs,
// toutes ses lignes. Les identifiants sont fixes, pour que la configuration se rejoue.
const FOLLOWING = '7a1d5a10-0000-4000-8000-000000000001';
const SERVER = '7a1d5a10-0000-4000-8000-000000000002';

export const policies = [
  {
    id: FOLLOWING,
    name: 'Suivi pédagogique',
    icon: 'visibility',
    description: 'Lit les apprenants, leur progression, le cours et le tableau de bord. Ne modifie rien.',
    app_access: true,
    admin_access: false,
    enforce_tfa: false,
  },
  {
    id: SERVER,
    name: 'Serveur du cours',
    icon: 'api',
    description: 'Pour un jeton gardé sur un serveur : lit le cours et la progression de tous, ajoute des grains terminés.',
    app_access: false,
    admin_access: false,
    enforce_tfa: false,
  },
];

/** `policy` n’est pas un champ du rôle : il lui est rattaché. */
export const roles = [
  { id: '7a1d5a11-0000-4000-8000-000000000001', name: 'Suivi pédagogique', icon: 'visibility', description: 'Consultation seulement.', policy: FOLLOWING },
  { id: '7a1d5a11-0000-4000-8000-000000000002', name: 'Serveur du cours', icon: 'api', description: 'Sans interface.', policy: SERVER },
];

const allow = (policy, action, collections) =>
  collections.map((collection) => ({ policy, collection, action, fields: ['*'], permissions: null, validation: null, presets: null }));

/** Une table affichée demande aussi la lecture de celles qu’elle relie ; d’où toutes les tables. */
export const permissionsFor = (tables) => [
  ...allow(FOLLOWING, 'read', [...tables, 'directus_dashboards', 'directus_panels']),
  ...allow(SERVER, 'read', ['users', 'progress', 'modules', 'sequences', 'grains']),
  ...allow(SERVER, 'create', ['progress']),
];

/** Le compte de l’option A ; son jeton vient de la variable DIRECTUS_SERVER_TOKEN, jamais d’un fichier du projet. */
export const serverAccount = {
  id: '7a1d5a12-0000-4000-8000-000000000001',
  first_name: 'Serveur',
  last_name: 'du cours',
  role: roles[1].id,
  status: 'active',
};
