// What is looked for, in words.

import { FACETS, type Facet, type Query } from "../model/query";
import { spanOfTime, stateWord } from "../model/words";
import { labelOf } from "./breakdowns";

export function facetLabel(facet: Facet): string {
  return facet === "connection" ? "trunk" : facet;
}

export function valueLabel(facet: Facet, value: string): string {
  return facet === "state" ? stateWord(value) : labelOf(facet, value);
}

/** `state On hold or Answered, country Germany`. */
export function inWords(query: Query): string {
  const facets = FACETS.flatMap((facet) => {
    const values = (query.facets[facet] ?? []).map((value) => valueLabel(facet, value));
    return values.length > 0 ? [`${facetLabel(facet)} ${values.join(" or ")}`] : [];
  });
  const longer = query.longer > 0 ? [`a talk of over ${spanOfTime(query.longer)}`] : [];
  return [...facets, ...(query.suspect ? ["suspect"] : []), ...longer].join(", ");
}
