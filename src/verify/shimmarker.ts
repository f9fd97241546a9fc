import { readFileSync } from "node:fs";
import { naming } from "../fs.ts";

/** Every gox shim carries this text, native or sh, so that shims know each other by content (docs/selection.md). */
const marker = "gox-shim-marker";
/** Bytes; those that gox builds have a fifth of it, and no real cmd/go is as small. */
const largestShim = 1 << 19;

/**
 * Whether a program is a shim, of this gox or another one.
 * @param size the file's, in bytes: a large one is not read.
 * Throws the file system's error when the file can't be read.
 */
export function carriesShimMarker(path: string, size: number): boolean {
	return size < largestShim && naming(path, () => readFileSync(path)).includes(marker);
}
