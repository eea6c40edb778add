// Ce que chaque table montre quand on l’ouvre, et les vues enregistrées du menu (« bookmark »), pour tout le monde.
// `livingGrains` est le nombre de grains du cours, lu dans la base au moment où la configuration s’applique.
import { finished, stopped } from './filters.js';

const view = (collection, fields, sort, { bookmark = null, icon = 'bookmark', filter = null, widths = {} } = {}) => ({
  collection,
  bookmark,
  icon,
  filter,
  user: null,
  role: null,
  layout: 'tabular',
  layout_query: { tabular: { fields, sort: [sort], limit: 50 } },
  layout_options: { tabular: { widths, spacing: 'cozy' } },
});

const LEARNER = ['name', 'moodle_user_id', 'progress', 'email', 'platform_id', 'created_at'];
const COMPLETION = ['user_id', 'grain_id', 'completed_at', 'module_id'];
// Les trois premières colonnes tiennent sur un écran de 1280 pixels, entre le menu et le volet de droite.
const WIDE = { user_id: 190, grain_id: 230, module_id: 240, completed_at: 150, name: 180, moodle_user_id: 160, progress: 150, email: 240, platform_id: 180 };

export const viewsFor = (livingGrains) => [
  view('users', LEARNER, 'name', { widths: WIDE }),
  view('users', LEARNER, 'name', {
    bookmark: 'Cette semaine',
    icon: 'bolt',
    filter: { progress: { _some: { completed_at: { _gte: '$NOW(-7 days)' } } } },
    widths: WIDE,
  }),
  view('users', LEARNER, 'name', { bookmark: 'Arrêtés', icon: 'hourglass_disabled', filter: stopped(livingGrains), widths: WIDE }),
  view('users', LEARNER, 'name', { bookmark: 'Tout terminé', icon: 'emoji_events', filter: finished(livingGrains), widths: WIDE }),
  view('progress', COMPLETION, '-completed_at', { widths: WIDE }),
  view('progress', COMPLETION, '-completed_at', {
    bookmark: 'Depuis hier',
    icon: 'today',
    filter: { completed_at: { _gte: '$NOW(-1 day)' } },
    widths: WIDE,
  }),
  view('lti_memberships', ['user_id', 'context_id', 'role', 'is_active', 'launched_at'], '-launched_at', { widths: WIDE }),
  view('modules', ['position', 'title', 'minutes', 'retired_at'], 'position', { widths: { position: 100, title: 420 } }),
  view('sequences', ['position', 'title', 'module_id', 'minutes', 'retired_at'], 'position', { widths: { position: 100, title: 360, module_id: 260 } }),
  view('grains', ['position', 'title', 'sequence_id', 'minutes', 'retired_at'], 'position', { widths: { position: 100, title: 360, sequence_id: 300 } }),
  view('lti_platforms', ['name', 'status', 'issuer', 'grade_policy', 'created_at'], 'name', { widths: { name: 220, issuer: 280 } }),
  view('lti_platforms', ['name', 'status', 'issuer', 'created_at'], '-created_at', {
    bookmark: 'À accepter',
    icon: 'pending',
    filter: { status: { _eq: 'pending' } },
    widths: { name: 220, issuer: 280 },
  }),
  view('lti_deployments', ['platform_id', 'external_id', 'status', 'created_at'], '-created_at'),
  view('lti_contexts', ['title', 'label', 'deployment_id', 'roster_read_at'], 'title', { widths: { title: 320, deployment_id: 280 } }),
  view('lti_resource_links', ['title', 'context_id', 'scope', 'scope_id', 'created_at'], 'title', { widths: { title: 320, context_id: 280 } }),
];
