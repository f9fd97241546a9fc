export const seededVersions: readonly string[];
/** Fills a directory with tiny archives, their digests and an index; answers the directory. */
export function tinyArchives(directory: string, program: string, versions?: readonly string[]): Promise<string>;
/** Packed megabytes → version. */
export function sizedArchives(directory: string, program: string, sizes: readonly number[]): Promise<Record<string, string>>;
/** One gzip member of a head and of what follows it, which is packed once. */
export function gzipWithHead(rest: Buffer, level?: number): (head: Buffer) => Buffer;
