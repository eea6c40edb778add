// Le tableau de bord « Suivi pédagogique ». Positions et tailles en cases de la grille, depuis le coin en haut à gauche.
import { stopped } from './filters.js';

const DASHBOARD = '7a1d5a13-0000-4000-8000-000000000001';

export const dashboards = [
  { id: DASHBOARD, name: 'Suivi pédagogique', icon: 'monitoring', note: 'Où en sont les apprenants, et qui s’est arrêté.', color: '#2B5C8A' },
];

const panel = (rank, name, note, icon, type, [position_x, position_y, width, height], options) => ({
  id: `7a1d5a14-0000-4000-8000-0000000000${String(rank).padStart(2, '0')}`,
  dashboard: DASHBOARD,
  name,
  note,
  icon,
  color: null,
  show_header: true,
  type,
  position_x,
  position_y,
  width,
  height,
  options,
});

const count = (collection, options = {}) => ({ collection, field: 'id', function: 'count', fontSize: '40px', ...options });

// 34 cases de large : ce qu’un écran de 1280 pixels montre entre le menu et le volet de droite, ouverts tous deux.
export const panelsFor = (livingGrains) => [
  panel(1, 'Apprenants', null, 'person', 'metric', [1, 1, 8, 6], count('users')),
  panel(2, 'Cette semaine', 'Personnes qui ont terminé un grain depuis sept jours.', 'bolt', 'metric', [9, 1, 10, 6], {
    ...count('progress', { field: 'user_id', function: 'countDistinct' }),
    filter: { completed_at: { _gte: '$NOW(-7 days)' } },
  }),
  panel(3, 'Terminés', 'Grains terminés par tous, depuis le début.', 'task_alt', 'metric', [19, 1, 9, 6], count('progress')),
  panel(4, 'Arrêtés', 'Commencé, pas fini, et rien depuis quatorze jours.', 'hourglass_disabled', 'metric', [28, 1, 7, 6], {
    ...count('users'),
    filter: stopped(livingGrains),
  }),
  panel(5, 'Grains terminés par jour', 'Depuis un mois.', 'timeline', 'time-series', [1, 7, 34, 11], {
    collection: 'progress',
    dateField: 'completed_at',
    valueField: 'id',
    function: 'count',
    precision: 'day',
    range: '1 month',
    fillType: 'gradient',
    curveType: 'straight',
    decimals: 0,
    min: 0,
    missingData: '0',
  }),
  panel(6, 'Grains terminés par module', 'Par tous, depuis le début.', 'view_module', 'bar-chart', [1, 18, 34, 12], {
    collection: 'progress',
    xAxis: 'module_id',
    xAxisDisplayField: 'title',
    yAxis: 'id',
    function: 'count',
    decimals: 0,
    horizontal: true,
    showAxisLabels: 'both',
    showDataLabel: true,
  }),
  panel(7, 'Derniers grains terminés', null, 'history', 'list', [1, 30, 34, 14], {
    collection: 'progress',
    limit: 10,
    sortField: 'completed_at',
    sortDirection: 'desc',
    displayTemplate: '{{user_id.name}} ({{user_id.moodle_user_id}}), grain {{grain_id.position}} · {{completed_at}}',
    linkToItem: true,
  }),
  panel(8, 'Se sont arrêtés', 'Commencé, pas fini, et rien depuis quatorze jours.', 'hourglass_disabled', 'list', [1, 44, 34, 12], {
    collection: 'users',
    limit: 20,
    sortField: 'name',
    sortDirection: 'asc',
    filter: stopped(livingGrains),
    displayTemplate: '{{name}} ({{moodle_user_id}}) · {{email}}',
    linkToItem: true,
  }),
];
