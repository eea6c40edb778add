// Deux questions posées au tableau de bord et aux vues enregistrées.

/** Commencé, pas fini, et rien depuis quatorze jours. */
export const stopped = (livingGrains) => ({
  _and: [
    { progress: { _some: { completed_at: { _nnull: true } } } },
    { progress: { _none: { completed_at: { _gte: '$NOW(-14 days)' } } } },
    { 'count(progress)': { _lt: livingGrains } },
  ],
});

/** Autant de grains terminés que le cours en a. */
export const finished = (livingGrains) => ({ 'count(progress)': { _gte: livingGrains } });
