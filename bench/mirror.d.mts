export function startMirror(directory: string): Promise<{ url: string; port: number; stop(): Promise<void> }>;
