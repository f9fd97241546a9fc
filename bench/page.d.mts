import type { Figures } from "./figures.d.mts";

/** File name below docs/ → text. `reasons`: "section/row" or "section/row/tool" → why a goal is missed. */
export function pages(document: Figures, reasons: Readonly<Record<string, string>>): Record<string, string>;
