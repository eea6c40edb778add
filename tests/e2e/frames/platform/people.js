// Who is enrolled in the only course, in the order of the platform's list.
/** A person as the platform knows them. */
export const learner = (id, username, given, family, idNumber = '') => ({
  id,
  username,
  given,
  family,
  idNumber,
  isTeacher: false,
  locale: 'fr',
  email: `${username}@example.test`,
});

export const NOEL = learner('5', 'eleve2', 'Noël', "D'Ornano");
export const ELODIE = learner('4', 'eleve1', 'Élodie', 'Lefèvre', 'E-0001');
export const HELENE = { ...learner('3', 'prof', 'Hélène', 'Marchand'), isTeacher: true, locale: 'en' };
export const ZOE = learner('6', 'eleve3', 'Zoé', 'Çelik & ');

export const people = [NOEL, ELODIE, HELENE, ZOE];

export const fullName = ({ given, family }) => `${given} ${family}`;

export const COURSE = { id: '2', label: 'FRA1', title: 'Français 1re année' };
