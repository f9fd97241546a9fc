import type { Section } from "./figures.d.mts";

/** In the order in which they run and are printed. */
export const sections: readonly Section[];
