// Les réglages généraux, et les dossiers du menu.
export const settings = {
  project_name: 'Mini-site de cours',
  project_descriptor: 'Apprenants et progression',
  project_color: '#2B5C8A',
  default_language: 'fr-FR',
};

export const folders = [
  { collection: 'suivi', label: 'Suivi', icon: 'groups', note: 'Les apprenants et ce qu’ils ont terminé.' },
  { collection: 'cours', label: 'Cours', icon: 'menu_book', note: 'Modules, séquences et grains, tels que le site les sert.' },
  { collection: 'moodle', label: 'Moodle', icon: 'hub', note: 'Les plateformes qui ouvrent le cours, et leurs activités.' },
];
