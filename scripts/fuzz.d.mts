/** The directory of the fuzzer's source, and that of its corpus. */
export const fuzzDir: string;
export const corpusDir: string;
export function buildFuzzer(directory: string): string | undefined;
