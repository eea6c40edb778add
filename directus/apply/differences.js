// Ce qui sépare ce que l’on veut de ce qui est. Seules les clés voulues comptent : Directus en ajoute d’autres.

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value) => {
  const text = JSON.stringify(value ?? null);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
};

/** Une phrase par différence, avec le chemin de ce qui diffère. */
export const differences = (want, got, path = '') => {
  if ((want ?? null) === null && (got ?? null) === null) return [];
  if (Array.isArray(want) && Array.isArray(got) && want.length === got.length) {
    return want.flatMap((each, index) => differences(each, got[index], `${path}[${index}]`));
  }
  if (isObject(want) && isObject(got)) {
    return Object.keys(want).flatMap((key) => differences(want[key], got[key], path ? `${path}.${key}` : key));
  }
  return want === got ? [] : [`${path} : ${shown(got)}, attendu ${shown(want)}`];
};
