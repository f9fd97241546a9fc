import type { Curve } from "./figures.d.mts";

/** A whole SVG document. */
export function plot(curve: Curve): string;
