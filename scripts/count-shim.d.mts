/** The committed counts: kind of call → instructions. */
export const tableFile: string;
export function hasValgrind(): boolean;
export function countInstructions(shim?: string): Readonly<Record<string, number>>;
